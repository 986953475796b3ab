"""Exact duplicates: of documents with the same text, the first stays."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hagane.core.component import Result
from hagane.storage.documents import SHARD, ShardWriter, batches, schema_of, shards, with_verdict
from hagane.storage.shards import Shard, gather, map_shards

KEYS, IDS, FIRST = "keys.npy", "ids.npy", "first.npy"
KEPT, DUPLICATES = "kept.parquet", "duplicates.parquet"
SPACE = re.compile(r"\s+")

AMOUNTS = ("documents", "bytes", "kept_documents", "kept_bytes")

Halves = npt.NDArray[np.uint64]  # (documents, 2): 16 bytes a document, so that numpy can sort them


def normalised(text: str) -> str:
    """The text by which documents are equal (ours): NFKC, without white space, case folded."""
    return SPACE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def deduplicate(documents: Path, kept: Path, duplicates: Path, work: Path, workers: int = 0) -> Result:
    """Write the first document of each normalised text to ``kept``, in order, and the others to ``duplicates``.

    First is by shard and row. Memory: 16 bytes of digest a document, and some 60 more while they are sorted, so 8 GB
    for a hundred million documents; texts are read a batch at a time. Two texts fall together by accident with a
    chance of n^2 / 2^129.
    """
    files = shards(documents)
    counts = [result["documents"] for result in map_shards(digest_shard, files, work / "digests", workers)]
    ends = list(accumulate(counts))
    starts = {file.name: end - count for file, end, count in zip(files, ends, counts, strict=True)}
    digests = [work / "digests" / f"{number:05}" for number in range(len(files))]
    np.save(work / FIRST, first_of_each(np.concatenate([np.load(folder / KEYS) for folder in digests])))
    np.save(work / IDS, np.concatenate([np.load(folder / IDS) for folder in digests]))
    results = map_shards(partial(split_shard, work=work, starts=starts), files, work / "shards", workers)
    gather(work / "shards", KEPT, kept, SHARD)
    gather(work / "shards", DUPLICATES, duplicates, SHARD)
    return report(results)


def digest_shard(shard: Path, folder: Path) -> Shard:
    """Save the digest of every document's normalised text, and every id, as 16 bytes each."""
    keys, ids = bytearray(), bytearray()
    for batch in batches(shard, ("id", "text")):
        keys += b"".join(hashlib.blake2b(normalised(row["text"]).encode(), digest_size=16).digest() for row in batch)
        ids += b"".join(bytes.fromhex(row["id"]) for row in batch)
    np.save(folder / KEYS, halves(keys))
    np.save(folder / IDS, halves(ids))
    return {"documents": len(keys) // 16}


def halves(sixteens: bytearray) -> Halves:
    return np.frombuffer(sixteens, np.uint64).reshape(-1, 2)


def first_of_each(keys: Halves) -> npt.NDArray[np.int64]:
    """For each document the number of the first one with the same key: ``(documents,)``."""
    order = np.lexsort((keys[:, 0], keys[:, 1]))  # stable: equal keys stay in the documents' order
    ordered = keys[order]
    starts = np.ones(len(keys), bool)
    starts[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    groups = np.maximum.accumulate(np.where(starts, np.arange(len(keys)), 0))
    first = np.empty(len(keys), np.int64)
    first[order] = order[groups]
    return first


def split_shard(shard: Path, folder: Path, work: Path, starts: dict[str, int]) -> Shard:
    """Write one shard's first documents and its duplicates, each of these with the id of the one that stays."""
    first: npt.NDArray[np.int64] = np.load(work / FIRST, mmap_mode="r")
    ids: Halves = np.load(work / IDS, mmap_mode="r")
    amounts = dict.fromkeys(AMOUNTS, 0)
    schema = schema_of(shard)
    with (
        ShardWriter(folder / KEPT, schema) as kept,
        ShardWriter(folder / DUPLICATES, with_verdict(schema)) as duplicates,
    ):
        rows = (row for batch in batches(shard) for row in batch)
        for number, row in enumerate(rows, starts[shard.name]):
            size = len(row["text"].encode())
            count(amounts, "", size)
            if first[number] == number:
                count(amounts, "kept_", size)
                kept.add([row])
            else:
                duplicates.add([row | {"rule": "duplicate", "detail": ids[first[number]].tobytes().hex()}])
    return amounts


def count(amounts: dict[str, int], which: str, size: int) -> None:
    amounts[f"{which}documents"] += 1
    amounts[f"{which}bytes"] += size


def report(results: Sequence[Shard]) -> Result:
    amounts = {name: float(sum(result[name] for result in results)) for name in AMOUNTS}
    duplicates = amounts["documents"] - amounts["kept_documents"]
    return Result(amounts | {"duplicates": duplicates})
