"""Spellings of one number brought together, character for character, so that offsets stay those of the text."""

import unicodedata
from collections.abc import Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from hagane.scripts import code_points

HYPHENS = "‐‑‒–—―−─━ー－ｰ﹣－⁃"  # what stands between the digits of a number, the long vowel mark included
DOTS = "・･·．"
KANJI_DIGITS = "〇一二三四五六七八九"
COMPATIBLE = ((0x00A0, 0x00FF), (0x2000, 0x214F), (0x3000, 0x30FF), (0xFF00, 0xFFEF), (0x1D400, 0x1D7FF))


def narrow(text: str) -> str:
    """The text in ASCII width: characters that NFKC maps to one other, all hyphens as ``-``, middle dots as ``.``."""
    return text if text.isascii() else translate(text, narrowing())


def kanji_digits(narrowed: str) -> str:
    """A narrowed text with digits for positional kanji digits, and none for the digits that it had.

    No number mixes the two, and 一 is a word beside a number: ``03-1234-5678一覧``.
    """
    return translate(narrowed, digitizing())


def translate(text: str, table: npt.NDArray[np.uint32]) -> str:
    return table.take(code_points(text)).tobytes().decode("utf-32-le")


@cache
def narrowing() -> npt.NDArray[np.uint32]:
    """``(0x110000,)``: the code point that stands for each."""
    codes = (code for first, last in COMPATIBLE for code in range(first, last + 1))
    folded = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in codes}
    single = {old: new for old, new in folded.items() if len(new) == 1}
    return table_of(single | dict.fromkeys(HYPHENS, "-") | dict.fromkeys(DOTS, ".") | {"ヶ": "ケ"})


@cache
def digitizing() -> npt.NDArray[np.uint32]:
    """``(0x110000,)``: the code point that stands for each."""
    kanji = {character: str(value) for value, character in enumerate(KANJI_DIGITS)}
    return table_of(dict.fromkeys("0123456789", "_") | kanji | {"零": "0"})


def table_of(changes: Mapping[str, str]) -> npt.NDArray[np.uint32]:
    table = np.arange(0x110000, dtype=np.uint32)
    for old, new in changes.items():
        table[ord(old)] = ord(new)
    return table
