"""Classes of characters: what a Japanese text is written in."""

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

CLASSES = ("hiragana", "katakana", "kanji", "latin", "digit", "punctuation", "space", "other")
RANGES = (  # blocks of Unicode 17; the signs 々〆〇〻 count as kanji, ー and ・ between katakana as katakana
    ("hiragana", 0x3041, 0x309F),
    ("katakana", 0x30A0, 0x30FF),
    ("katakana", 0x31F0, 0x31FF),
    ("katakana", 0xFF66, 0xFF9F),
    ("katakana", 0x1AFF0, 0x1B16F),
    ("kanji", 0x3005, 0x3007),
    ("kanji", 0x303B, 0x303B),
    ("kanji", 0x3400, 0x4DBF),
    ("kanji", 0x4E00, 0x9FFF),
    ("kanji", 0xF900, 0xFAFF),
    ("kanji", 0x20000, 0x323AF),
)
NAMED_BELOW = 0x3400  # beyond it and the half-width forms no class but the ranges' is told apart
CATEGORIES = {"Nd": "digit", "P": "punctuation", "S": "punctuation", "Z": "space", "Cc": "space"}


@cache
def table() -> npt.NDArray[np.uint8]:
    """``(0x110000,)``: for each code point the number of its class."""
    numbers = np.full(0x110000, CLASSES.index("other"), np.uint8)
    for code in (*range(NAMED_BELOW), *range(0xFF00, 0xFFF0)):
        numbers[code] = CLASSES.index(class_of(chr(code)))
    for name, first, last in RANGES:
        numbers[first : last + 1] = CLASSES.index(name)
    return numbers


def class_of(character: str) -> str:
    category = unicodedata.category(character)
    if category.startswith("L"):
        return "latin" if "LATIN" in unicodedata.name(character, "") else "other"
    return CATEGORIES.get(category) or CATEGORIES.get(category[0]) or "other"


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """``(characters,)``; UnicodeEncodeError for lone surrogates."""
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def count_classes(text: str) -> npt.NDArray[np.int64]:
    """``(classes,)``: how many of the text's characters are of each of ``CLASSES``."""
    return np.bincount(table()[code_points(text)], minlength=len(CLASSES))
