"""Texts compared by table are what they are one by one."""

import random
import unicodedata

import numpy as np
import pytest

from hagane.scripts import code_points
from hagane.text.deduplication.comparison import CHARACTERS, earlier_equals, letters, normalised, portions

HARD = (
    "",
    "　\n ",
    "か\u3099ﾞ",
    "ｶﾞｷﾞ",
    "①㈱ﷺ",
    "…‥",
    "Straße ΑΣ İı",
    "한국\u1112\u1161\u11ab",
    "e\u0301\u0323",
    "👨‍👩‍👧\ufe0f葛\U000e0100",
    "\0a\0",
    "\u0345",
)


def of(texts: list[str]) -> list[list[int]]:
    codes, ends = letters(texts)
    return [part.tolist() for part in np.split(codes, ends[:-1])]


def test_letters_are_those_of_the_normalised_text(sample: list[str]) -> None:
    texts = [*HARD, *sample, *HARD[::-1]]
    assert of(texts) == [code_points(normalised(text)).tolist() for text in texts]


def test_no_text_touches_its_neighbour() -> None:
    drawn = random.Random(0)
    texts = ["".join(drawn.choices("".join(HARD) + "あアｱA漢", k=drawn.randrange(4))) for _ in range(3_000)]
    assert of(texts) == [code_points(normalised(text)).tolist() for text in texts]


def test_every_character_alone_and_before_what_composes_with_it() -> None:
    blocks = (range(1, 0xD800), range(0xE000, 0x20000), range(0x2F800, 0x2FA20), range(0xE0000, 0xE0200))
    characters = [chr(code) for block in blocks for code in block]  # the others are ideographs or not assigned
    composing = {unicodedata.normalize("NFD", each)[1:2] for each in characters}
    texts = [*characters, *(f"あ{each}A" for each in sorted(composing))]
    codes, ends = letters(texts)
    wanted = [normalised(text) for text in texts]
    assert codes.tolist() == code_points("".join(wanted)).tolist()
    assert ends.tolist() == np.cumsum([len(text) for text in wanted]).tolist()


@pytest.mark.parametrize("count", [0, 1, 7])
def test_portions_leave_nothing_out(count: int) -> None:
    texts = ["あ" * (CHARACTERS // 3 + number) for number in range(count)]
    assert [text for part in portions(texts) for text in part] == texts


def test_earlier_equals_against_a_loop() -> None:
    keys = np.random.default_rng(0).integers(0, 9, (500, 2), dtype=np.uint64)
    seen: dict[tuple[int, ...], list[int]] = {}
    wanted = []
    for number, key in enumerate(keys.tolist()):
        before = seen.setdefault(tuple(key), [])
        wanted.append((before[0], before[-1]) if before else (number, number))
        before.append(number)
    first, last = earlier_equals(keys)
    assert list(zip(first.tolist(), last.tolist(), strict=True)) == wanted
    assert [found.tolist() for found in earlier_equals(keys[:0])] == [[], []]
