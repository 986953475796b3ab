"""Character n-grams as 64-bit hashes, and signatures in which similar sets of them agree."""

import math
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from hagane.core.errors import UsageError
from hagane.text.deduplication.comparison import Codes, Places
from hagane.text.ngrams import Hashes, hashes

BINS = 256  # hashes in a signature (ours)
LONGEST = 100  # characters of an n-gram (ours)
FOUND = 0.99  # of the pairs at the threshold that share a band, at least (ours)
DEVIATIONS = 3  # by which agreeing bins may fall short of the threshold (ours): 1 pair in 700 falls shorter
PADDING = 0x110000  # no character: makes one n-gram of a text that is shorter
EMPTY = np.uint32(2**32 - 1)  # a bin without an n-gram
ODD = np.uint64(0xC2B2AE3D27D4EB4F)  # a prime of xxHash

Signatures = npt.NDArray[np.uint32]  # (documents, BINS)


@dataclass(frozen=True)
class Similarity:
    """When two documents are near-duplicates: at ``threshold`` of Jaccard on their sets of character n-grams.

    Raises UsageError unless 0 < threshold <= 1 and 1 <= ngram <= LONGEST.
    """

    threshold: float
    ngram: int

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise UsageError("threshold wants a Jaccard similarity above 0 and at most 1", self.threshold)
        if not 1 <= self.ngram <= LONGEST:
            raise UsageError(f"ngram wants 1 to {LONGEST} characters", self.ngram)

    @cached_property
    def rows(self) -> int:
        """Bins in a band: as many as still find ``FOUND`` of the pairs at the threshold.

        A pair of similarity s shares one of b bands of r rows with a chance of 1 - (1 - s^r)^b (Leskovec, Rajaraman,
        Ullman: Mining of Massive Datasets, section 3.4.2): at 0.8 that gives 32 bands of 8 rows, which find 99.7 %.
        """
        enough = (r for r in range(1, BINS + 1) if 1 - (1 - self.threshold**r) ** (BINS // r) >= FOUND)
        return max(enough, default=1)

    @property
    def bands(self) -> int:
        return BINS // self.rows

    @property
    def least(self) -> float:
        """Bins in which the fragments of a pair worth a comparison agree: by chance 1 in 256 of the others do, too."""
        agreeing = self.threshold + (1 - self.threshold) / 256
        return BINS * agreeing - DEVIATIONS * math.sqrt(BINS * agreeing * (1 - agreeing))


@dataclass(frozen=True)
class Grams:
    """Every n-gram of some documents, as often as it stands there, and between the documents what is none."""

    hashes: Hashes
    starts: Places  # (documents,): where in ``hashes`` each document's n-grams start
    counts: Places  # (documents,)

    def distinct(self, number: int) -> Hashes:
        """One document's set of n-grams, in order.

        Two n-grams fall together with a chance of 2^-64, and so do some two of a pair of long pages with one of 10^-11.
        """
        start = self.starts[number]
        ordered: Hashes = np.sort(self.hashes[start : start + self.counts[number]])
        new: npt.NDArray[np.bool_] = np.append(True, ordered[1:] != ordered[:-1])
        return ordered[new]


def grams(codes: Codes, ends: Places, ngram: int) -> Grams:
    """The n-grams of documents that stand one after the other; a shorter document is one n-gram as a whole."""
    lengths = np.diff(ends, prepend=0)
    missing = np.maximum(ngram - lengths, 0)
    if missing.any():
        codes = np.insert(codes, np.repeat(ends, missing), PADDING)
        lengths += missing
    counts = lengths - ngram + 1
    return Grams(mixed(hashes(codes, ngram)), np.cumsum(lengths) - lengths, counts)


def mixed(hashed: Hashes) -> Hashes:
    """Changes the hashes in place, so that every bit of them depends on all."""
    hashed ^= hashed >> np.uint64(32)
    hashed *= ODD
    hashed ^= hashed >> np.uint64(29)
    return hashed


def signatures(grams: Grams) -> Signatures:
    """The least hash in each of the bins that the first bits name: one permutation hashing (Li, Owen, Zhang 2012).

    Two signatures agree in as many bins as the sets of n-grams are similar, but for chance.
    """
    documents, tops = len(grams.counts), (grams.hashes >> np.uint64(32)).astype(np.uint32)
    rows = np.full((documents, 2), documents * BINS)  # what is between the documents goes to a row of its own
    rows[:, 0] = np.arange(documents) * BINS
    between = np.diff(grams.starts, append=len(tops)) - grams.counts
    bins = np.repeat(rows.ravel(), np.stack((grams.counts, between), axis=1).ravel())
    bins += tops >> np.uint32(24)
    least = np.full((documents + 1) * BINS, EMPTY)
    np.minimum.at(least, bins, tops)
    return densified(least[: documents * BINS].reshape(documents, BINS))


def densified(sparse: Signatures) -> Signatures:
    """Give each empty bin the value of another bin, chosen alike in all signatures (Shrivastava 2017)."""
    full = sparse.copy()
    rows, bins = np.nonzero(sparse == EMPTY)
    for choice in donors():
        if not len(rows):
            break
        values = sparse[rows, choice[bins]]
        full[rows, bins] = values
        empty = values == EMPTY
        rows, bins = rows[empty], bins[empty]
    return full


@cache
def donors() -> npt.NDArray[np.intp]:
    """``(BINS, BINS)``: for each bin, in its column, all bins in an order of its own."""
    return np.argsort(mixed(np.arange(BINS * BINS, dtype=np.uint64) * ODD).reshape(BINS, BINS), axis=0)


def band_keys(signatures: Signatures, similarity: Similarity) -> Hashes:
    """``(bands, documents)``: a hash of each band's rows, equal where they all are."""
    bands, rows = similarity.bands, similarity.rows
    banded = signatures[:, : bands * rows].reshape(-1, bands, rows)
    return (banded @ (mixed(np.arange(1, rows + 1, dtype=np.uint64) * ODD) | np.uint64(1))).T


def jaccard(a: Hashes, b: Hashes) -> float:
    """Of two sets in order."""
    both = np.sort(np.concatenate([a, b]), kind="stable")  # merges the two
    shared = int(np.count_nonzero(both[1:] == both[:-1]))
    return shared / (len(both) - shared)
