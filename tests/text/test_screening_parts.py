"""NFKC by table is unicodedata's, for every character and wherever it stands; so is what case ignored means re's."""

import random
import re
import string
import unicodedata

import numpy as np
import pytest
from hojichar.filters.document_filters import CharRepetitionRatioFilter

from hagane.scripts import code_points
from hagane.text.filtering.screening.repetition import repetition_ratio, run_lengths
from hagane.text.filtering.screening.rules import SPACES
from hagane.text.filtering.screening.text import CODES, Text, members
from hagane.text.filtering.screening.word_lists import CASELESS
from hagane.text.normalization import IN_CONTEXT, JAMO, normalized, table

CHARACTERS = [chr(code) for code in range(CODES) if not 0xD800 <= code < 0xE000]


def test_every_character_alone() -> None:
    text = "\n".join(CHARACTERS)
    assert normalized(Text(text)).string == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("neighbors", ["\nあ", "か\n", "e\n", "\u1100\n", "\uac00\n"])
def test_characters_beside_others(neighbors: str) -> None:
    text = neighbors.join(CHARACTERS[:0x20000])
    assert normalized(Text(text)).string == unicodedata.normalize("NFKC", text)


def test_characters_that_join_in_any_order() -> None:
    chance = random.Random(0)
    joining = [chr(code) for code in np.flatnonzero(table() == IN_CONTEXT)]
    starting = [*"かハｶe…가각ﷺ\0\n", *map(chr, range(0x1100, 0x1113))]
    jamo = [chr(code) for first, end in JAMO for code in range(first, end)]
    for _ in range(8_000):
        text = "".join(
            chance.choice(chance.choice((joining, starting, jamo, CHARACTERS))) for _ in range(chance.randrange(9))
        )
        found = normalized(Text(text))
        assert found.string == unicodedata.normalize("NFKC", text), ascii(text)
        assert found.points.tobytes() == code_points(found.string).tobytes()


def test_characters_equal_to_an_ascii_letter_in_another_case() -> None:
    letters = re.compile(f"[{string.ascii_letters}]", re.IGNORECASE)
    assert {each for each in CHARACTERS if letters.match(each) and not each.isascii()} == set(CASELESS)


def test_spaces_are_those_that_split() -> None:
    assert {each for each in CHARACTERS if not each.split()} == set(SPACES)


def test_members_are_counted() -> None:
    kana = members("ぁ-ん", "ー")
    assert Text("ぁんーァ-a").count(kana) == 3 and kana.sum() == ord("ん") - ord("ぁ") + 2


@pytest.mark.parametrize("size", [1, 2, 5, 9])
@pytest.mark.parametrize("alphabet", [1, 2, 300, 4_096, 4_097])
def test_the_repetition_ratio_is_hojichars(size: int, alphabet: int) -> None:
    chance = random.Random(alphabet)
    for length in (0, 1, 4, 5, 6, 50, 12_000):
        text = "".join(chr(0x4E00 + chance.randrange(alphabet)) for _ in range(length))
        text += text[: length // 3] + "".join(chr(0x4E00 + code) for code in range(min(alphabet, length)))
        expected = CharRepetitionRatioFilter.compute_character_repetition_ratio(text, size)
        assert repetition_ratio(Text(text), size) == expected


def test_run_lengths() -> None:
    assert run_lengths(np.array([7])).tolist() == [1]
    assert run_lengths(np.array([3, 3, 1, 3, 3, 3])).tolist() == [2, 1, 3]
