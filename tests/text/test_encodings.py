"""Decoding is strict: the text that was written, or an error that says where."""

import gzip
import json
from pathlib import Path

import pytest

from hagane.core.errors import UsageError
from hagane.text.ingestion.encodings import Undecodable, check_encoding, decode

NEKO = "吾輩は猫である。名前はまだ無い。どこで生れたか頓と見当がつかぬ。"
SAMPLE = Path(__file__).parents[2] / "samples" / "japanese.jsonl.gz"


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("utf-8", NEKO),
        ("utf-8-sig", NEKO),
        ("utf-16", NEKO),
        ("utf-32", NEKO),
        ("cp932", f"{NEKO}①㈱髙橋 ｱｲｳ"),
        ("shift_jisx0213", f"{NEKO}か\u309a森鷗外"),
        ("euc_jp", NEKO),
        ("euc_jp", f"{NEKO}丂補助漢字"),
        ("euc_jisx0213", f"{NEKO}①か\u309a"),
    ],
)
def test_the_text_comes_back(codec: str, text: str) -> None:
    assert decode(text.encode(codec)) == text
    assert decode(text.encode(codec), codec) == text


def test_euc_jp_that_also_reads_as_half_width_katakana() -> None:
    raw = "あいうえお、かきくけこ。".encode("euc_jp")
    assert "､" in raw.decode("cp932")
    assert decode(raw) == "あいうえお、かきくけこ。"


def test_every_japanese_line_of_real_text_in_every_encoding() -> None:
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as stream:
        text = "\n".join(json.loads(line)["text"] for line, _ in zip(stream, range(20), strict=False))
    lines = [line for line in text.split("\n") if any("ぁ" <= letter <= "ん" for letter in line)]
    assert len(lines) > 300
    for line in lines:
        for codec in ("cp932", "euc_jp"):
            try:
                raw = line.encode(codec)
            except UnicodeEncodeError:
                continue
            assert decode(raw) == raw.decode(codec)


def test_what_could_be_either_is_not_guessed() -> None:
    raw = "東京都庁".encode("euc_jp")
    with pytest.raises(Undecodable, match="neither"):
        decode(raw)
    assert decode(raw, "euc_jp") == "東京都庁"


@pytest.mark.parametrize(
    "raw", ["café, voilà".encode("latin-1"), NEKO.encode("iso2022_jp"), NEKO.encode("utf-16-le"), b"\xff\xfe\xfd"]
)
def test_other_text_is_refused(raw: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(raw)


def test_a_torn_character_is_refused_with_its_place() -> None:
    raw = NEKO.encode()
    with pytest.raises(Undecodable) as caught:
        decode(raw[:-1])
    assert caught.value.offset == len(raw) - 3
    with pytest.raises(Undecodable, match="not cp932 from byte 4"):
        decode("あい".encode("cp932") + b"\x82", "cp932")


def test_an_unknown_encoding_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"no such encoding, got 'sjiss'.*cp932"):
        check_encoding("sjiss")
    with pytest.raises(UsageError, match="rot13"):
        check_encoding("rot13")
    check_encoding("utf-16")
    check_encoding("auto")
