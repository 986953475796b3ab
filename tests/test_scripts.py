"""Every character has one class, the one that a reader would give it."""

import pytest

from hagane.scripts import CLASSES, count_classes, table

EXAMPLES = {
    "hiragana": "あぁん゛ゝ",
    "katakana": "アーヴヽ・ｱﾞ",
    "kanji": "日本々〆〇髙﨑𠮷",
    "latin": "aZéＡ",
    "digit": "09９",
    "punctuation": "。、「」！?+＄〜～※",
    "space": " 　\n\t",
    "other": "한אα😀\u3099",
}


@pytest.mark.parametrize("name", CLASSES)
def test_classes(name: str) -> None:
    counts = dict(zip(CLASSES, count_classes(EXAMPLES[name]).tolist(), strict=True))
    wrong = {other: count for other, count in counts.items() if count and other != name}
    assert wrong in ({}, {"hiragana": 1}) if name == "other" else not wrong  # U+3099 lies in the block of hiragana


def test_the_empty_text_and_all_code_points() -> None:
    assert count_classes("").tolist() == [0] * len(CLASSES)
    assert table().max() == len(CLASSES) - 1
