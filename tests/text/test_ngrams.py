"""Folded letters against their definition, and n-grams against a plain search."""

import random
import unicodedata
from collections import Counter

import numpy as np
import pytest

from hagane.text.ngrams import folded, hashes, index

SMALL = str.maketrans("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ")
KATAKANA = {code: code - 0x60 for code in (*range(ord("ァ"), ord("ヶ") + 1), ord("ヽ"), ord("ヾ"))}


def plainly_folded(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().translate(KATAKANA).translate(SMALL)
    return "".join(c for c in text if unicodedata.category(c)[0] in "LN" and c != "ー" and not "\u1100" <= c < "\u1200")


def word(text: str) -> str:
    return folded(text).tobytes().decode("utf-32-le")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("コンピューター", "ｺﾝﾋﾟｭｰﾀ"),
        ("ＷＩＮＤＯＷＳ　１０", "windows10"),
        ("「あっ、ヴァイオリン！」", "あつゔあいおりん"),
        ("か\u3099っこう", "ガッコウ"),
        ("㈱①㍑", "株1リットル"),
        ("一ヶ月", "一ケ月"),
        ("Straße ﬁn", "STRASSEFIN"),
        ("葛\U000e0100城", "葛城"),
        ("吾輩は、猫である。\n", "吾輩は猫である"),
    ],
)
def test_what_is_written_in_several_forms_is_one(one: str, other: str) -> None:
    assert word(one) == word(other) != ""


@pytest.mark.parametrize("other", ["吾輩は猫でない", "吾輩わ猫である", "吾輩は大である"])
def test_what_differs_stays_different(other: str) -> None:
    assert word("吾輩は猫である") != word(other)


def test_folding_is_its_definition_on_every_character_and_on_mixtures(sample: list[str]) -> None:
    dice = random.Random(0)
    blocks = (range(0x3500), range(0xA000, 0xAD00), range(0xF900, 0x10200), range(0x1D400, 0x1F300), [0x20BB7, 0x2F800])
    every = [chr(code) for block in blocks for code in block]
    assert [c for c in every if word(c) != plainly_folded(c)] == []
    mixed = ["".join(dice.choices(every, k=20)) for _ in range(2_000)]
    assert [text for text in mixed if word(text) != plainly_folded(text)] == []
    assert [text for text in sample if word(text) != plainly_folded(text)] == []


@pytest.mark.parametrize("width", [1, 2, 3, 7, 13, 20, 50])
def test_the_hash_is_its_polynomial(width: int) -> None:
    codes = np.random.default_rng(0).integers(0, 0x110000, 60, dtype=np.uint32)
    expected = []
    for start in range(60 - width + 1):
        value = 0
        for code in codes[start : start + width].tolist():
            value = (value * 0x9E3779B97F4A7C15 + code) % 2**64
        expected.append(value)
    assert hashes(codes, width).tolist() == expected


@pytest.mark.parametrize("ngram", [2, 5, 13])
def test_overlaps_are_those_of_a_plain_search(ngram: int) -> None:
    dice = random.Random(1)
    texts = ["".join(dice.choices("あいう", k=dice.randint(2, 12))) for _ in range(60)]
    known = index([folded(text) for text in texts], ngram)
    for _ in range(40):
        document = "".join(dice.choices("あいう", k=dice.randint(0, 60)))
        found = {}
        for matches in known.matches(folded(document)):
            for passage, overlap, place in zip(matches.passages, matches.overlaps, matches.places, strict=True):
                found[int(passage)] = (float(overlap), int(place))
        assert found == {n: held for n, text in enumerate(texts) if (held := plainly_held(text, document, ngram))}


def plainly_held(text: str, document: str, ngram: int) -> tuple[float, int] | None:
    width = min(ngram, len(text))
    pieces = Counter(text[start : start + width] for start in range(len(text) - width + 1))
    held = [piece for piece in pieces if piece in document]
    if not held:
        return None
    return sum(pieces[piece] for piece in held) / pieces.total(), min(document.index(piece) for piece in held)


def test_a_collision_of_the_hash_is_no_hit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hagane.text.ngrams.BASE", 1)  # the hash of an n-gram is the sum of its letters
    known = index([folded("かきくけこ")], 5)
    assert [len(m.passages) for m in known.matches(folded("こけくきか"))] == []
    assert [m.overlaps.tolist() for m in known.matches(folded("こけくきかきくけこ"))] == [[1.0]]
