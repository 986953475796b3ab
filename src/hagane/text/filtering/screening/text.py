"""A text with what several rules need of it, made once."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from hagane.scripts import code_points

CODES = 0x110000  # code points of Unicode
Found = tuple[int, int, int]  # first byte of a word in the text's UTF-8, the word's number, byte after the last
Members = npt.NDArray[np.bool_]  # (CODES,): a set of characters


class Text:
    words: list[list[Found]] | None = None  # by list of words, once WordLists has looked for them

    def __init__(self, string: str, points: npt.NDArray[np.uint32] | None = None) -> None:
        self.string = string
        if points is not None:
            self.points = points

    @cached_property
    def points(self) -> npt.NDArray[np.uint32]:
        """``(characters,)``; UnicodeEncodeError for lone surrogates."""
        return code_points(self.string)

    @cached_property
    def utf8(self) -> bytes:
        return self.string.encode()

    def count(self, members: Members) -> int:
        """How many of the characters are members."""
        return int(np.count_nonzero(members.take(self.points)))


def members(*parts: str) -> Members:
    """The set of single characters and ranges such as ``ぁ-ん``."""
    found = np.zeros(CODES, np.bool_)
    for part in parts:
        found[ord(part[0]) : ord(part[-1]) + 1] = True
    return found
