"""The text by which documents are compared, as code points of whole batches."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from hagane.scripts import code_points
from hagane.text.normalization import IN_CONTEXT, table

SPACE = re.compile(r"\s+")
DROPPED, APART = 2**32 - 1, 2**32 - 2  # in the table: white space, and what `normalised` has to look at
FOLDED = 0x20000  # beyond it no character is white space or has a case
CHARACTERS = 2**16  # that are handled at once (ours): their arrays stay in the processor's cache

Codes = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]


def normalised(text: str) -> str:
    """The text by which documents are equal (ours): NFKC, without white space, case folded."""
    return SPACE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def letters(texts: Sequence[str]) -> tuple[Codes, Places]:
    """The characters of the normalised texts, one text after the other, and where each ends.

    Code points ``(characters,)`` and ends ``(documents,)``. Texts in which a character depends on its neighbours or
    becomes several are left to ``normalised``, the others go through a table.
    """
    texts = [text.replace("…", "...") for text in texts]  # the one such character that Japanese texts are full of
    codes = letter_table().take(code_points("".join(texts)))
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    apart = np.flatnonzero(codes == APART)
    if len(apart):
        parts = np.split(codes, ends[:-1])
        for number in np.unique(np.searchsorted(ends, apart, "right")).tolist():
            parts[number] = code_points(normalised(texts[number]))
        codes = np.concatenate(parts)
        ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    kept = np.flatnonzero(codes != DROPPED)
    return codes[kept], np.searchsorted(kept, ends)


@cache
def letter_table() -> Codes:
    """``(0x110000,)``: what each code point becomes wherever it stands, DROPPED or APART."""
    found = table().copy()
    single = 1 + np.flatnonzero(found[1:FOLDED] != IN_CONTEXT)
    characters = list(map(chr, found[single].tolist()))
    folded = "\0".join(characters).casefold().split("\0")
    changed = [(code, after) for code, before, after in zip(single, characters, folded, strict=True) if before != after]
    for code, after in changed:
        found[code] = ord(after) if len(after) == 1 else APART
    found[single[[character.isspace() for character in characters]]] = DROPPED
    found[found == IN_CONTEXT] = APART
    return found


def portions(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in order, as many at once as reach ``CHARACTERS``."""
    start = size = 0
    for number, text in enumerate(texts, 1):
        size += len(text)
        if size >= CHARACTERS or number == len(texts):
            yield texts[start:number]
            start, size = number, 0


def earlier_equals(keys: npt.NDArray[np.uint64]) -> tuple[Places, Places]:
    """Of each document the first with the same key, and the last before it: itself where there is none.

    Keys are ``(documents, words)``, the numbers ``(documents,)``.
    """
    order = np.lexsort(keys.T)  # stable: equal keys stay in the documents' order
    ordered = keys[order]
    starts = np.ones(len(keys), bool)
    starts[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    places = np.arange(len(keys))
    first, last = np.empty_like(places), np.empty_like(places)
    first[order] = order[np.maximum.accumulate(np.where(starts, places, 0))]
    last[order] = order[np.where(starts, places, places - 1)]
    return first, last
