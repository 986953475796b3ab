"""Duplicates: of documents with the same or nearly the same text, the first stays."""

import hashlib
from collections.abc import Sequence
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hagane.core.component import Result
from hagane.core.errors import UsageError
from hagane.storage.documents import SHARD, ShardWriter, record_batches, schema_of, shards, with_columns, with_verdict
from hagane.storage.shards import Shard, gather, map_shards
from hagane.text.deduplication.comparison import Codes, Places, earlier_equals, letters, portions
from hagane.text.deduplication.near_duplicates import DECISION, Corpus, Decisions, Signer, near_duplicates
from hagane.text.deduplication.report import (
    CLUSTERS,
    EXACT,
    KINDS,
    LARGEST,
    NEAR,
    SIMILARITY,
    UNIQUE,
    VERDICT,
    Digests,
    Tally,
    Verdicts,
    cluster_sizes,
    hexadecimal,
    report,
    write_clusters,
)
from hagane.text.deduplication.signatures import Similarity
from hagane.text.names import DeduplicationMethod

KEYS, IDS, VERDICTS = "keys.npy", "ids.npy", "verdicts.npy"
KEPT, DUPLICATES = "kept.parquet", "duplicates.parquet"


def deduplicate(
    corpora: Sequence[Path],
    unique: Path,
    duplicates: Path,
    clusters: Path,
    work: Path,
    method: DeduplicationMethod = "near",
    threshold: float = 0.8,
    ngram: int = 5,
    workers: int = 0,
) -> Result:
    """Write the documents that stay to ``unique``, in order, the others to ``duplicates``, and who stays for whom.

    First is by corpus, shard and row. Texts are read a batch at a time. Memory: 50 bytes a document and some 60 more
    while digests are sorted, so 11 GB for a hundred million documents, and what ``near_duplicates`` says. Two texts
    fall together by accident with a chance of n^2 / 2^129. Raises UsageError for a threshold or n-gram out of range
    and for a corpus that is given twice.
    """
    similarity = Similarity(threshold, ngram)
    if twice := [str(corpus) for number, corpus in enumerate(corpora) if corpus in corpora[:number]]:
        raise UsageError("corpora wants each of them once", twice[0])
    files = [shard for corpus in corpora for shard in shards(corpus)]
    sign = partial(sign_shard, similarity=similarity if method == "near" else None)
    counts = [result["documents"] for result in map_shards(sign, files, work / "signed", workers, "shards signed")]
    corpus = Corpus(files, list(accumulate(counts)), work / "signed")
    first, _ = earlier_equals(joined(corpus, KEYS))
    decisions = np.empty(0, DECISION)
    if method == "near":
        decisions = near_duplicates(corpus, first == np.arange(len(first)), similarity, work, workers)
    verdicts, ids = verdicts_of(first, decisions), joined(corpus, IDS)
    np.save(work / VERDICTS, verdicts)
    np.save(work / IDS, ids)
    sizes = cluster_sizes(verdicts)
    split = partial(split_shard, work=work, corpus=corpus, largest=tuple(sizes)[:LARGEST])
    results = map_shards(split, files, work / "split", workers, "shards written")
    gather(work / "split", KEPT, unique, SHARD)
    gather(work / "split", DUPLICATES, duplicates, SHARD)
    write_clusters(clusters / CLUSTERS, verdicts, ids)
    return report(results, sizes, decisions["similarity"], threshold)


def sign_shard(shard: Path, folder: Path, similarity: Similarity | None) -> Shard:
    """Save every document's id and the digest of its text, 16 bytes each, and for near-duplicates its signature."""
    keys, ids = bytearray(), bytearray()
    signer = Signer(similarity) if similarity else None
    for batch in record_batches(shard, ("id", "text")):
        ids += b"".join(map(bytes.fromhex, batch.column("id").to_pylist()))
        for texts in portions(batch.column("text").to_pylist()):
            codes, ends = letters(texts)
            keys += digests(codes, ends)
            if signer:
                signer.add(codes, ends)
    np.save(folder / KEYS, halves(keys))
    np.save(folder / IDS, halves(ids))
    if signer:
        signer.save(folder)
    return {"documents": len(keys) // 16}


def digests(codes: Codes, ends: Places) -> bytes:
    """16 bytes for each text of the code points that end there."""
    spans = pairwise((0, *ends.tolist()))
    return b"".join(hashlib.blake2b(codes[start:end].data, digest_size=16).digest() for start, end in spans)


def halves(sixteens: bytearray) -> Digests:
    return np.frombuffer(sixteens, np.uint64).reshape(-1, 2)


def joined(corpus: Corpus, name: str) -> Digests:
    """The digests that every shard's file of that name holds."""
    return np.concatenate([np.load(folder / name) for folder in corpus.signed])


def verdicts_of(first: Places, decisions: Decisions) -> Verdicts:
    """Who stays for each document: the ``first`` of its text, or the one for which that was removed."""
    numbers, near = np.arange(len(first)), decisions["document"]
    verdicts = np.zeros(len(first), VERDICT)
    verdicts["survivor"], verdicts["similarity"], verdicts["kind"] = numbers, 1, UNIQUE
    verdicts["survivor"][near], verdicts["similarity"][near] = decisions["survivor"], decisions["similarity"]
    verdicts["kind"][near] = NEAR
    verdicts = verdicts[first]
    verdicts["kind"][(verdicts["kind"] == UNIQUE) & (first != numbers)] = EXACT
    return verdicts


def split_shard(shard: Path, folder: Path, work: Path, corpus: Corpus, largest: Sequence[int]) -> Shard:
    """Write one shard's documents that stay, and the others each with the one that stays for it."""
    verdicts: Verdicts = np.load(work / VERDICTS, mmap_mode="r")
    ids: Digests = np.load(work / IDS, mmap_mode="r")
    schema, tally = schema_of(shard), Tally(largest)
    start, _ = corpus.span(shard)
    with (
        ShardWriter(folder / KEPT, schema) as kept,
        ShardWriter(folder / DUPLICATES, with_similarity(schema)) as duplicates,
    ):
        for batch in record_batches(shard):
            own = verdicts[start : start + len(batch)]
            stays = own["kind"] == UNIQUE
            kept.add_batch(batch.filter(pa.array(stays)))
            gone = batch.filter(pa.array(~stays))
            duplicates.add_batch(with_columns(gone, duplicates.schema, **columns(own[~stays], ids)))
            tally.add(batch, start, own["kind"])
            start += len(batch)
    return tally.result()


def with_similarity(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field for field in with_verdict(schema) if field.name != SIMILARITY.name] + [SIMILARITY])


def columns(gone: Verdicts, ids: Digests) -> dict[str, list[Any]]:
    return {
        "rule": [KINDS[kind] for kind in gone["kind"].tolist()],
        "detail": hexadecimal(ids[gone["survivor"]]),
        SIMILARITY.name: gone["similarity"].tolist(),
    }
