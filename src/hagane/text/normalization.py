"""NFKC by table, and by unicodedata for the few places where a character depends on its neighbours."""

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

from hagane.scripts import code_points
from hagane.text.filtering.screening.text import CODES, Text

IN_CONTEXT = CODES  # in the table: the character becomes none or several, or may join the one before it
LISTED = ((0, 0x3400), (0xA000, 0xAC00), (0xF900, 0x20000), (0x2F800, 0x2FA20))  # all that decomposes or combines
APART = 8  # characters for each one left to unicodedata, with fewer it is quicker over all of them (ours)
JAMO = ((0x1161, 0x1176), (0x11A8, 0x11C3))  # vowels and finals, which join by rule (Unicode, section 3.12)


def normalized(text: Text) -> Text:
    """The text in NFKC, as unicodedata has it."""
    if text.string.isascii():
        return text
    before = code_points(text.string.replace("…", "..."))  # the one of those in context that novels are full of
    after = table().take(before)
    if after.max() < IN_CONTEXT:
        return Text(after.tobytes().decode("utf-32-le"), after)
    left = np.flatnonzero(after == IN_CONTEXT)
    after[left] = before[left]
    return Text(mended(after.tobytes().decode("utf-32-le"), left))


def mended(string: str, left: npt.NDArray[np.int64]) -> str:
    """The text in NFKC if only the characters at the places ``left``, ``(characters left,)``, are not.

    If they are few, each run of them is normalized with the character before it, which it may join.
    """
    if len(string) < APART * len(left):
        return unicodedata.normalize("NFKC", string)
    ends = np.flatnonzero(np.diff(left, append=len(string) + 1) > 1)
    starts = np.concatenate(([0], ends[:-1] + 1))
    parts, done = [], 0
    for start, end in zip((left[starts] - 1).clip(0).tolist(), (left[ends] + 1).tolist(), strict=True):
        parts += [string[done:start], unicodedata.normalize("NFKC", string[start:end])]
        done = end
    return "".join([*parts, string[done:]])


@cache
def table() -> npt.NDArray[np.uint32]:
    """``(CODES,)``: the one character that each becomes wherever it stands, or IN_CONTEXT.

    A character may join the one before it if its full decomposition begins with a combining mark or with what ends
    another's canonical decomposition (UAX 15, section 9.1: NFC_Quick_Check=Maybe).
    """
    listed = [chr(code) for first, end in LISTED for code in range(first, end)]
    decomposed = [character for character in listed if unicodedata.decomposition(character)]
    joining = {chr(code) for first, end in JAMO for code in range(first, end)}
    joining.update(character for character in listed if unicodedata.combining(character))
    joining.update(*(unicodedata.normalize("NFD", character)[1:] for character in decomposed))
    found = np.arange(CODES, dtype=np.uint32)
    for character in decomposed:
        whole, first = unicodedata.normalize("NFKC", character), unicodedata.normalize("NFKD", character)[0]
        found[ord(character)] = ord(whole) if len(whole) == 1 and first not in joining else IN_CONTEXT
    found[[ord(character) for character in joining]] = IN_CONTEXT
    return found
