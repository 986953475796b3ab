"""Character n-grams of folded text: which passages recur in a document, however they are written."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from hagane.scripts import code_points

BASE = 0x9E3779B97F4A7C15  # of the polynomial hash: odd, 2^64 by the golden ratio
SPARSE = 32  # cells of the filter to an n-gram, so that 31 of 32 others go no further (ours)
COMPARED = 4_096  # n-grams that are compared letter by letter at once (ours)
SMALL = dict(zip("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ", strict=True))
LONG = "ー"
IN_CONTEXT = 1  # no letter
IDEOGRAPHS, BEYOND = 0x20000, 0xE0000  # between them only ideographs are assigned; beyond, nothing that is read
COMPATIBLE = range(0x2F800, 0x2FA20)  # ideographs that NFKC makes others
SELECTORS = range(0xFE00, 0xFE10)  # of variants, which join nothing
JAMO = range(0x1100, 0x1200)  # of which NFKC makes syllables; one that is left over is no letter here

Codes = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]


def folded(text: str) -> Codes:
    """``(letters,)``: the text's letters and digits as code points, those in one form that are written in several.

    NFKC (width), no case, katakana as hiragana, small kana as full ones; no white space, punctuation and symbols
    (as in appendix C of the GPT-4 report, arXiv 2303.08774), and no ー, which many leave out or type as a dash.
    """
    letters = fold_table()[code_points(text)]
    if (letters == IN_CONTEXT).any():
        letters = fold_table()[code_points(unicodedata.normalize("NFKC", text).casefold())]
    kept: Codes = letters[letters > IN_CONTEXT]
    return kept


def letter_places(text: str) -> Places:
    """Where in the text its folded letters stand: to a character, unless NFKC joined or split some before."""
    return np.flatnonzero(fold_table()[code_points(text)])


@cache
def fold_table() -> Codes:
    """``(0x110000,)``: each code point's letter, 0 for none, ``IN_CONTEXT`` if NFKC joins it to others or splits it."""
    letters = np.arange(0x110000, dtype=np.uint32)
    letters[BEYOND:] = 0
    for code in (*range(IDEOGRAPHS), *COMPATIBLE):
        forms = unicodedata.normalize("NFKC", chr(code)).casefold()
        found = [letter for each in forms if (letter := fold(each))]
        letters[code] = IN_CONTEXT if len(found) > 1 or any(map(joins, forms)) else sum(found)
    return letters


def joins(character: str) -> bool:
    """Whether NFKC may make one of the character and those before it."""
    if ord(character) in SELECTORS:
        return False
    return unicodedata.category(character) in ("Mn", "Mc") or ord(character) in JAMO


def fold(character: str) -> int:
    """The letter, or 0, of a character in NFKC and without case."""
    if unicodedata.category(character)[0] not in "LN" or character == LONG:
        return 0
    if "ァ" <= character <= "ヶ" or character in "ヽヾ":
        character = chr(ord(character) - ord("ァ") + ord("ぁ"))
    return ord(SMALL.get(character, character))


def hashes(codes: Codes, width: int) -> Hashes:
    """``(letters - width + 1,)``: a polynomial in ``BASE`` modulo 2^64 of every n-gram of ``width`` letters.

    By doubling: the hash of a + b letters is that of the first a times BASE^b and that of the next b.
    """
    if len(codes) < width:
        return np.empty(0, np.uint64)
    part, size = codes.astype(np.uint64), 1
    whole, covered = part, 0
    while covered < width:
        if width & size:
            whole = joined(whole, part[covered:], size) if covered else part
            covered += size
        part, size = joined(part, part[size:], size), 2 * size
    return whole


def joined(left: Hashes, right: Hashes, width: int) -> Hashes:
    length = min(len(left), len(right))
    return left[:length] * np.uint64(pow(BASE, width, 2**64)) + right[:length]


@dataclass(frozen=True)
class Table:
    """Pieces of passages, in the order of the hashes of their first ``width`` letters: arrays of ``(pieces,)``."""

    width: int
    hashes: Hashes
    places: Places  # in the passages' letters
    sizes: Places  # letters, ``width`` or more
    owners: Places  # the passages' numbers
    filter: npt.NDArray[np.bool_]  # ``(2^k,)``: whether the first k bits are those of some hash

    def hits(self, document: Codes, letters: Codes) -> tuple[Places, Places]:
        """The pieces that stand in the document, and where each does first; compared letter by letter."""
        seen = hashes(document, self.width)
        likely = np.flatnonzero(self.filter[seen >> np.uint64(65 - len(self.filter).bit_length())])
        starts = np.searchsorted(self.hashes, seen[likely])
        known = self.hashes.take(starts, mode="clip") == seen[likely]
        if not known.any():
            return starts[:0], likely[:0]
        likely, starts = likely[known], starts[known]
        ends = np.searchsorted(self.hashes, seen[likely], "right")
        found = []
        for first in range(0, len(likely), COMPARED):
            part = slice(first, first + COMPARED)
            pieces, counts = ranges(starts[part], ends[part])
            windows = np.repeat(likely[part], counts)
            same = equal(document, windows, letters, self.places[pieces], self.sizes[pieces])
            found.append(np.stack([pieces[same], windows[same]]))
        pieces, windows = np.concatenate(found, axis=1)
        pieces, first_of_each = np.unique(pieces, return_index=True)
        return pieces, windows[first_of_each]


def ranges(starts: Places, ends: Places) -> tuple[Places, Places]:
    """The numbers of all ranges one after the other, and how many are of each."""
    counts = ends - starts
    return np.arange(counts.sum()) + np.repeat(starts - np.cumsum(counts) + counts, counts), counts


def equal(a: Codes, in_a: Places, b: Codes, in_b: Places, sizes: Places) -> npt.NDArray[np.bool_]:
    """Whether as many letters of ``a`` from each place are those of ``b`` from the place beside it."""
    same = in_a + sizes <= len(a)
    for size in np.unique(sizes):
        letters, chosen = np.arange(size), np.flatnonzero(same & (sizes == size))
        for first in range(0, len(chosen), COMPARED):
            part = chosen[first : first + COMPARED, None]
            same[part[:, 0]] = (a[in_a[part] + letters] == b[in_b[part] + letters]).all(axis=1)
    return same


def table(letters: Codes, width: int, owners: Places, places: Places, sizes: Places) -> Table:
    found = hashes(letters, width)[places]
    order = np.argsort(found, kind="stable")
    bits = (SPARSE * len(found)).bit_length()
    filter = np.zeros(2**bits, bool)
    filter[found >> np.uint64(64 - bits)] = True
    return Table(width, found[order], places[order], sizes[order], owners[order], filter)


@dataclass(frozen=True)
class Matches:
    """The passages of which some n-gram stands in a document: arrays of ``(passages,)``."""

    passages: Places  # their numbers
    overlaps: npt.NDArray[np.float64]  # the share of each one's n-grams that the document holds
    places: Places  # of the first of them in the folded document


@dataclass(frozen=True)
class Index:
    """Folded passages by their n-grams. Takes some 100 bytes a letter of the passages."""

    letters: Codes
    ngrams: Places  # (passages,): how many each has
    tables: tuple[Table, ...]

    def matches(self, document: Codes) -> Iterator[Matches]:
        """Of which passages a folded document holds something: first the long ones, then the short ones."""
        for each in self.tables:
            pieces, windows = each.hits(document, self.letters)
            if len(pieces):
                order = np.lexsort((windows, each.owners[pieces]))
                owners, first, counts = np.unique(each.owners[pieces][order], return_index=True, return_counts=True)
                yield Matches(owners, counts / self.ngrams[owners], windows[order][first])


def index(passages: Sequence[Codes], ngram: int) -> Index:
    """Passages of fewer than ``ngram`` letters are one n-gram as a whole."""
    letters = np.concatenate([np.empty(0, np.uint32), *passages])
    sizes = np.array([len(passage) for passage in passages], np.int64)
    starts, numbers = np.cumsum(sizes) - sizes, np.arange(len(passages))
    ngrams = np.maximum(sizes - ngram + 1, 1)
    long = sizes >= ngram
    tables = []
    if long.any():
        places, counts = ranges(starts[long], (starts + ngrams)[long])
        tables.append(table(letters, ngram, np.repeat(numbers[long], counts), places, np.full(len(places), ngram)))
    if not long.all():
        tables.append(table(letters, int(sizes.min()), numbers[~long], starts[~long], sizes[~long]))
    return Index(letters, ngrams, tuple(tables))
