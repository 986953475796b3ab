"""How much of a text its most frequent character n-grams make up."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from hojichar.filters.document_filters import CharRepetitionRatioFilter

from hagane.text.filtering.screening.text import Text

BITS = 64  # of the integer that holds an n-gram


def repetition_ratio(text: Text, size: int) -> float:
    """HojiChar's character repetition ratio: the sqrt(distinct) most frequent n-grams that repeat, of all n-grams."""
    total = len(text.points) - size + 1
    if total <= 0:
        return 0.0
    ranks, bits = ranked(text.points)
    if bits * size > BITS:
        return float(CharRepetitionRatioFilter.compute_character_repetition_ratio(text.string, size))
    counts = run_lengths(np.sort(packed(ranks, bits, size)))
    repeated = np.sort(counts[counts > 1])
    most = min(math.isqrt(len(counts)), len(repeated))
    return int(repeated[len(repeated) - most :].sum()) / total


def ranked(points: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.uint64], int]:
    """``(characters,)``: each one's rank among the distinct ones, and the bits that a rank takes."""
    ordered = np.sort(points)  # np.unique's hashing takes ten times as long
    distinct = ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))]
    ranks = np.empty(int(distinct[-1]) + 1, np.uint64)  # by code point; only those of the text are set, and read
    ranks[distinct] = np.arange(len(distinct), dtype=np.uint64)
    return ranks.take(points), (len(distinct) - 1).bit_length()


def packed(ranks: npt.NDArray[np.uint64], bits: int, size: int) -> npt.NDArray[np.uint64]:
    """``(characters - size + 1,)``: an integer for each n-gram."""
    total = len(ranks) - size + 1
    grams = ranks[:total].copy()
    for place in range(1, size):
        grams <<= np.uint64(bits)
        grams |= ranks[place : place + total]
    return grams


def run_lengths(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """``(runs,)``: how often each of at least one value stands in a row."""
    return np.diff(np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1], [True]))))
