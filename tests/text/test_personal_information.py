"""What is found in labelled sentences, at which figures, and that a mask replaces exactly that."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import hagane.text.personal_information as package
from hagane.text.personal_information.detection import KINDS, Finding, find, mask, placeholder
from hagane.text.personal_information.folding import kanji_digits, narrow

LABELLED = Path(__file__).with_name("data") / "personal_information.jsonl"
README = Path(package.__path__[0]) / "README.md"
MARK = re.compile(r"《(\w+)\|([^》]*)》")
HEAD = "| kind | labelled | found | precision | recall |\n|---|---|---|---|---|\n"


@cache
def labelled() -> list[tuple[str, str, set[Finding]]]:
    """Script of the digits, text, and what is to be found in it."""
    lines = (json.loads(line) for line in LABELLED.read_text("utf-8").splitlines())
    return [(line["digits"], *parsed(line["marked"])) for line in lines]


def parsed(marked: str) -> tuple[str, set[Finding]]:
    text, spans, end = "", set(), 0
    for match in MARK.finditer(marked):
        text += marked[end : match.start()]
        (kind,) = (kind for kind in KINDS if kind == match[1])
        spans.add(Finding(len(text), len(text) + len(match[2]), kind))
        text, end = text + match[2], match.end()
    return text + marked[end:], spans


def scores() -> Iterator[tuple[str, int, int, int]]:
    """Kind, labelled, found, and found exactly as labelled."""
    wanted, found, right = Counter[str](), Counter[str](), Counter[str]()
    for _, text, spans in labelled():
        own = set(find(text, reserved=True))
        for counter, group in ((wanted, spans), (found, own), (right, spans & own)):
            counter.update(one.kind for one in group)
    return ((kind, wanted[kind], found[kind], right[kind]) for kind in KINDS)


def test_the_readme_has_the_figures_of_the_labelled_set() -> None:
    rows = [
        f"| {kind} | {wanted} | {found} | {right / found:.3f} | {right / wanted:.3f} |\n"
        for kind, wanted, found, right in scores()
    ]
    assert HEAD + "".join(rows) in README.read_text("utf-8")
    nothing = sum(not spans for _, _, spans in labelled())
    assert f"{len(labelled())} sentences, {nothing} of them" in README.read_text("utf-8")


def test_every_kind_is_found_and_little_else() -> None:
    for kind, wanted, found, right in scores():
        assert wanted >= 10 and right / found >= 0.95 and right / wanted >= 0.9, kind


def test_every_kind_is_labelled_in_every_script_it_is_written_in() -> None:
    seen = Counter((digits, one.kind) for digits, _, spans in labelled() for one in spans)
    scripts = {(digits, kind) for digits in ("half", "full", "kanji") for kind in KINDS} - {("kanji", "mail")}
    assert min(seen[pair] for pair in scripts) >= 2
    assert sum(not spans for _, _, spans in labelled()) >= 150


def test_a_mask_replaces_what_was_found_and_nothing_else() -> None:
    for _, text, _ in labelled():
        found = find(text, reserved=True)
        clean = mask(text, found)
        around = [
            text[a:b] for a, b in zip([0, *(f.end for f in found)], [*(f.start for f in found), None], strict=True)
        ]
        assert re.split("|".join({placeholder(f.kind) for f in found}) or "(?!)", clean) == around
        assert find(clean, reserved=True) == []


def test_all_sentences_as_one_text_are_found_as_each_alone() -> None:
    """Sentences apart by more than the context's reach keep their findings, at the places where they stand."""
    gap, joined, expected = "。\n" * 40, "", []
    for _, text, _ in labelled():
        expected += [Finding(f.start + len(joined), f.end + len(joined), f.kind) for f in find(text, reserved=True)]
        joined += text + gap
    assert find(joined, reserved=True) == expected


@pytest.mark.parametrize(
    "before",
    ["ｶﾞｷﾞ㈱℡㍿①", unicodedata.normalize("NFD", "がぎぐげご・ポ"), "葛󠄀城𠮷野家😀👨‍👩‍👧", "ﷺ½ﬃ", "\u0000\ufeff\u200b"],
)
def test_places_are_those_of_the_text_whatever_stands_before(before: str) -> None:
    """NFKC would make these longer or shorter."""
    text = f"{before}電話０３－１２３４－５６７８{before}"
    assert mask(text, find(text)) == f"{before}電話<TEL>{before}"


def test_narrowing_agrees_with_nfkc_where_that_keeps_one_character() -> None:
    text = "ＡＢＣｘｙｚ０１２３＠（）［］：／　ｱｲｳアイウ漢字かな"
    assert narrow(text) == unicodedata.normalize("NFKC", text)
    assert kanji_digits(narrow("〇一二三四五六七八九零")) == "01234567890"
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    assert len(narrow(everything)) == len(everything) == len(kanji_digits(everything))


def test_mail_at_reserved_names_is_found_only_when_asked_for() -> None:
    text = "user@example.com user@mail.example.co.jp user@example2.jp"
    assert find(text) == [] and len(find(text, reserved=True)) == 3
    # No address at a name that somebody could own stands in this file: the name is put together here.
    assert len(find("user@" + "example" + "s.co.jp")) == 1


def test_a_number_with_a_check_digit_needs_its_format_or_its_name() -> None:
    assert [f.kind for f in find("1234-5678-9018")] == ["my_number"]
    assert find("123456789018") == find("1234 5678 9018") == find("会員 123456789018") == []
    assert [f.kind for f in find("マイナンバー123456789018")] == ["my_number"]
    assert find("マイナンバー" + "、" * 40 + "123456789018") == []
    assert find("伝票 7000012050002") == [] != find("法人番号 7000012050002")
    assert find("4111111111111111") == [] != find("4111 1111 1111 1111")


def test_only_the_kinds_that_are_asked_for() -> None:
    text = "TEL 03-1234-5678 東京都港区芝公園4-2-8"
    assert [f.kind for f in find(text)] == ["phone", "address"]
    assert [f.kind for f in find(text, ["address"])] == ["address"] and find(text, ["mail"]) == []


@pytest.mark.parametrize("part", ["0", "1234567890", "@", "a@b.", "市", "港区芝1-", "〇一", "(", "0-", "[at]", "1丁目"])
def test_a_long_line_of_parts_ends(part: str) -> None:
    """A quadratic pattern would take minutes for these."""
    assert isinstance(find(part * (200_000 // len(part))), list)
