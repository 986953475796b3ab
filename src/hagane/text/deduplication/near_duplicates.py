"""Near-duplicates across all shards: candidates by signature, decisions by exact Jaccard similarity.

A document is removed if it is similar to an earlier one that stays. Where a band of their signatures is the same, a
document is compared with the first and with the last two before it; one that was removed is represented by the one
that stays for it. So the work grows with the documents, not with their pairs, however many are alike.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hagane.storage.documents import record_batches
from hagane.storage.shards import Shard, map_shards
from hagane.text.deduplication.comparison import Codes, Places, earlier_equals, letters, portions
from hagane.text.deduplication.signatures import BINS, Similarity, band_keys, grams, jaccard, signatures
from hagane.text.ngrams import Hashes

BANDS, FRAGMENTS = "bands.npy", "fragments.npy"  # of a shard's documents: (bands, documents), (documents, BINS)
PAIRS, NEEDED, DECISIONS = "pairs.npy", "needed.npy", "decisions.npy"
GRAMS, ENDS = "grams.bin", "ends.npy"  # of a shard's documents that are needed: sets in order, and where each ends
CANDIDATES = 16  # earlier documents, the likest by signature, with which one is compared at most (ours)
BLOCK = 10_000  # signatures that are compared at once (ours): 5 MB
BUCKET = 100_000  # pairs that one process decides in a row (ours): some seconds
OPEN = 100  # files that a process maps at once (ours): a system allows 1,024

HALF = np.uint64(32)  # bits of a pair's code: the later document above, the earlier one below
EARLIER = np.uint64(2**32 - 1)
DECISION = np.dtype([("document", np.int64), ("survivor", np.int64), ("similarity", np.float64)])

Pairs = npt.NDArray[np.uint64]  # (pairs,): codes
Decisions = npt.NDArray[np.void]  # (removed documents,) of DECISION
Flags = npt.NDArray[np.bool_]  # (documents,)


@dataclass(frozen=True)
class Corpus:
    """The documents of all shards by one running number, and for each shard a folder of files about its own."""

    shards: Sequence[Path]
    ends: Sequence[int]  # where each shard's numbers end
    folder: Path

    @property
    def signed(self) -> list[Path]:
        return [self.folder / f"{number:05}" for number in range(len(self.shards))]

    def start(self, shard: int) -> int:
        return self.ends[shard - 1] if shard else 0

    def span(self, shard: Path) -> tuple[int, int]:
        """The first number of a shard and that after its last."""
        number = self.shards.index(shard)
        return self.start(number), self.ends[number]


class Signer:
    """Signatures of one shard's documents; 800 bytes a document."""

    def __init__(self, similarity: Similarity) -> None:
        none = np.empty((0, BINS), np.uint32)
        self.similarity = similarity
        self.bands, self.fragments = [band_keys(none, similarity)], [none.astype(np.uint8)]

    def add(self, codes: Codes, ends: Places) -> None:
        found = signatures(grams(codes, ends, self.similarity.ngram))
        self.bands.append(band_keys(found, self.similarity))
        self.fragments.append(found.astype(np.uint8))

    def save(self, folder: Path) -> None:
        np.save(folder / BANDS, np.concatenate(self.bands, axis=1))
        np.save(folder / FRAGMENTS, np.concatenate(self.fragments))


def near_duplicates(corpus: Corpus, distinct: Flags, similarity: Similarity, work: Path, workers: int) -> Decisions:
    """The documents that are similar to an earlier one that stays, as ``DECISION``; only distinct ones are compared.

    Memory: some 60 bytes a document while a band is sorted, and some 40 a pair while these are ordered, of which a
    document has ``CANDIDATES`` at most and most have none. In each worker 800 bytes a document of one shard, and 200
    a document of one bucket that is removed. In the work folder: 512 bytes a document, 24 for each band that it
    shares with an earlier one, and 8 an n-gram of those that are compared. 2^32 documents are the most.
    """
    link_bands(corpus, distinct, similarity.bands, work / "links")
    compare = partial(compare_shard, corpus=corpus, links=work / "links", least=similarity.least)
    map_shards(
        compare, corpus.shards, work / "compared", 1, "shards compared"
    )  # less work than to start more processes
    pairs = np.concatenate([np.load(file) for file in sorted((work / "compared").glob(f"[0-9]*/{PAIRS}"))])
    np.save(work / NEEDED, needed(pairs, corpus.ends[-1]))
    read = partial(read_shard, corpus=corpus, needed=work / NEEDED, ngram=similarity.ngram)
    map_shards(read, corpus.shards, work / "read", workers, "shards read")
    buckets = write_buckets(pairs, corpus.ends[-1], work / "buckets")
    decide = partial(decide_bucket, corpus=corpus, read=work / "read", threshold=similarity.threshold)
    map_shards(decide, buckets, work / "decided", workers, "buckets of pairs")
    decided = sorted((work / "decided").glob(f"[0-9]*/{DECISIONS}"))
    return np.concatenate([np.empty(0, DECISION), *map(np.load, decided)])


def link_bands(corpus: Corpus, distinct: Flags, bands: int, folder: Path) -> None:
    """Write for each band pairs that share its key: each document with the first one and the last two before it."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = np.flatnonzero(distinct).astype(np.uint64)
    for band in range(bands):
        keys = np.concatenate([np.load(signed / BANDS, mmap_mode="r")[band] for signed in corpus.signed])[distinct]
        first, last = earlier_equals(keys[:, None])
        later = np.flatnonzero(first < np.arange(len(first)))
        earlier = np.stack([numbers[places[later]] for places in (first, last[last], last)], axis=1)
        np.save(folder / f"{band:03}.npy", (numbers[later, None] << HALF | earlier).ravel())  # in order


def compare_shard(shard: Path, folder: Path, corpus: Corpus, links: Path, least: float) -> Shard:
    """Keep the pairs of a shard's documents whose signatures agree in ``least`` bins, the likest first."""
    start, end = (np.uint64(number) << HALF for number in corpus.span(shard))
    linked = (np.load(file, mmap_mode="r") for file in sorted(links.iterdir()))
    pairs = np.unique(np.concatenate([each[slice(*np.searchsorted(each, (start, end)))] for each in linked]))
    fragments = fragments_of(corpus)
    blocks = (pairs[place : place + BLOCK] for place in range(0, len(pairs), BLOCK))
    counts = [(fragments(block >> HALF) == fragments(block & EARLIER)).sum(axis=1) for block in blocks]
    agreeing = np.concatenate([np.empty(0, np.int64), *counts])
    pairs, agreeing = pairs[agreeing >= least], agreeing[agreeing >= least]
    pairs = pairs[np.lexsort((pairs, -agreeing, pairs >> HALF))]
    rank = np.arange(len(pairs)) - np.searchsorted(pairs >> HALF, pairs >> HALF)
    np.save(folder / PAIRS, pairs[rank < CANDIDATES])
    return {}


def fragments_of(corpus: Corpus) -> Callable[[Pairs], npt.NDArray[np.uint8]]:
    """A function from documents' numbers to the fragments of their signatures, ``(documents, BINS)``."""

    @lru_cache(OPEN)
    def of_shard(number: int) -> npt.NDArray[np.uint8]:
        mapped: npt.NDArray[np.uint8] = np.load(corpus.signed[number] / FRAGMENTS, mmap_mode="r")
        return mapped

    def of(documents: Pairs) -> npt.NDArray[np.uint8]:
        found = np.empty((len(documents), BINS), np.uint8)
        owners = np.searchsorted(corpus.ends, documents, "right")
        for number in np.unique(owners).tolist():
            own = owners == number
            found[own] = of_shard(number)[documents[own].astype(np.int64) - corpus.start(number)]
        return found

    return of


def needed(pairs: Pairs, documents: int) -> Flags:
    flags = np.zeros(documents, bool)
    flags[pairs >> HALF] = flags[pairs & EARLIER] = True
    return flags


def read_shard(shard: Path, folder: Path, corpus: Corpus, needed: Path, ngram: int) -> Shard:
    """Write the sets of n-grams of a shard's documents that are compared."""
    start, end = corpus.span(shard)
    flags: Flags = np.load(needed, mmap_mode="r")[start:end]
    sizes, row = np.zeros(end - start, np.int64), 0
    with (folder / GRAMS).open("wb") as stream:
        for batch in record_batches(shard, ("text",)):
            chosen = np.flatnonzero(flags[row : row + len(batch)])
            numbers = iter((chosen + row).tolist())
            for texts in portions(batch.column("text").take(pa.array(chosen)).to_pylist()):
                found = grams(*letters(texts), ngram)
                for place in range(len(texts)):
                    distinct = found.distinct(place)
                    sizes[next(numbers)] = len(distinct)
                    stream.write(distinct.data)
            row += len(batch)
    np.save(folder / ENDS, np.cumsum(sizes))
    return {}


def write_buckets(pairs: Pairs, documents: int, folder: Path) -> list[Path]:
    """Write the pairs so that documents that are linked, through whatever others, lie in one file, in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    components = connected(pairs, documents)[pairs >> HALF]
    order = np.argsort(components, kind="stable")
    starts = np.flatnonzero(np.diff(components[order], prepend=-1))
    full = np.searchsorted(starts, np.arange(BUCKET, len(pairs), BUCKET))
    cuts = np.unique(np.append(starts, len(pairs))[full])
    files = []
    for number, bucket in enumerate(np.split(pairs[order], cuts)):
        files.append(folder / f"{number:05}.npy")
        np.save(files[-1], bucket)
    return files


def connected(pairs: Pairs, documents: int) -> Places:
    """For each document the least number of those with which pairs connect it: ``(documents,)``."""
    later, earlier = pairs >> HALF, pairs & EARLIER
    least = np.arange(documents)
    while (least[later] != least[earlier]).any():
        lesser = np.minimum(least[later], least[earlier])
        np.minimum.at(least, least[later], lesser)
        np.minimum.at(least, least[earlier], lesser)
        while (least[least] != least).any():
            least = least[least]
    return least


def decide_bucket(bucket: Path, folder: Path, corpus: Corpus, read: Path, threshold: float) -> Shard:
    """Decide in the documents' order which of them are similar to one that stays."""
    sets = sets_of(corpus, read)
    decided: dict[int, tuple[int, float]] = {}
    for document, own in groupby(both_numbers(np.load(bucket, mmap_mode="r")), itemgetter(0)):
        for survivor in dict.fromkeys(decided[earlier][0] if earlier in decided else earlier for _, earlier in own):
            similarity = similarity_of(sets(document), sets(survivor), threshold)
            if similarity >= threshold:
                decided[document] = survivor, similarity
                break
    rows = [(document, survivor, similarity) for document, (survivor, similarity) in decided.items()]
    np.save(folder / DECISIONS, np.array(rows, DECISION))
    return {}


def both_numbers(pairs: Pairs) -> Iterator[tuple[int, int]]:
    for start in range(0, len(pairs), BLOCK):
        block = pairs[start : start + BLOCK]
        yield from zip((block >> HALF).tolist(), (block & EARLIER).tolist(), strict=True)


def similarity_of(a: Hashes, b: Hashes, threshold: float) -> float:
    """Their Jaccard similarity, or 0 where their sizes alone keep it below the threshold."""
    least, most = sorted((len(a), len(b)))
    return jaccard(a, b) if least / most >= threshold else 0.0


def sets_of(corpus: Corpus, read: Path) -> Callable[[int], Hashes]:
    """A function from a document's number to its set of n-grams."""

    @lru_cache(OPEN)
    def of_shard(number: int) -> tuple[Places, Hashes]:
        folder = read / f"{number:05}"
        return np.load(folder / ENDS, mmap_mode="r"), np.memmap(folder / GRAMS, np.uint64, "r")

    def of(document: int) -> Hashes:
        number = bisect_right(corpus.ends, document)
        ends, sets = of_shard(number)
        place = document - corpus.start(number)
        return sets[ends[place - 1] if place else 0 : ends[place]]

    return of
