"""Decisions and texts are HojiChar's own; what is rejected is kept with its rule."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from hojichar import Compose, Document
from hojichar.filters import document_filters as hoji

from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.events import listen
from hagane.storage.documents import REJECTED, SCHEMA, batches, digest, schema_of, shards
from hagane.text.filtering import filter_documents
from hagane.text.filters import DiscardRareKana
from hagane.text.names import ProfileName
from hagane.text.profiles import PROFILES

PROSE = (
    "吾輩は猫である。名前はまだ無い。どこで生れたか頓と見当がつかぬ。"
    "何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは記憶している。"
)


class Filtered:
    def __init__(self, home: Path, documents: Path, profile: str = "none", file: str = "", workers: int = 1) -> None:
        self.folders = (home / "kept", home / "rejected", home / "work")
        for folder in self.folders:
            folder.mkdir(parents=True)
        self.result: Result = filter_documents(documents, *self.folders, profile, file, workers)

    @property
    def kept(self) -> list[dict[str, Any]]:
        return read(self.folders[0])

    @property
    def rejected(self) -> list[dict[str, Any]]:
        return read(self.folders[1])

    @property
    def bytes(self) -> list[bytes]:
        return [file.read_bytes() for folder in self.folders[:2] for file in sorted(folder.iterdir())]


def read(folder: Path) -> list[dict[str, Any]]:
    return [row for shard in shards(folder) for batch in batches(shard) for row in batch]


class Heard:
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def emit(self, event: dict[str, Any]) -> None:
        if event["event"] == "warning":
            self.warnings.append(event["message"])


def sixteen_steps() -> Compose:
    """The profile as it is written for HojiChar's own command."""
    return Compose(
        [
            hoji.JSONLoader(),
            hoji.DocumentNormalizer(),
            hoji.DocumentLengthFilter(min_doc_len=200, max_doc_len=50_000),
            hoji.AcceptJapanese(),
            hoji.DiscardRareKuten(),
            hoji.DiscardAdultContentJa(),
            hoji.DiscardAdultContentEn(),
            hoji.DiscardDiscriminationContentJa(),
            hoji.DiscardViolenceContentJa(),
            hoji.DiscardBBSComments(),
            hoji.DiscardAds(),
            hoji.CharRepetitionRatioFilter(),
            hoji.DiscardTooManySpecialToken(),
            hoji.DiscardTooShortLines(),
            hoji.DiscardTooManyEndingEllipsis(),
            hoji.JSONDumper(dump_reason=True),
        ]
    )


def test_japanese_web_decides_as_plain_hojichar(tmp_path: Path, sample: list[str], make_documents: Any) -> None:
    prose = [f"{PROSE * 3}{number}" for number in range(5)]
    broken = [
        "短い。",
        "あ" * 60_000,
        f"{'=' * 200}。。。。",
        PROSE * 3 + "\nはい\nいいえ" * 40,
        "続く…\n" * 50 + PROSE * 2,
    ]
    texts = sample + prose + broken
    plain = sixteen_steps()
    expected = [json.loads(plain.apply(Document(json.dumps({"text": text}))).text) for text in texts]
    out = Filtered(tmp_path / "out", make_documents(texts, shards=3), "japanese-web")
    assert [row["text"] for row in out.kept] == [one["text"] for one in expected if not one["is_rejected"]]
    rules = [one["reason"]["name"].partition("-")[2] for one in expected if one["is_rejected"]]
    assert [row["rule"] for row in out.rejected] == rules
    assert len(set(rules)) >= 7 and len(out.kept) >= 5
    assert [row["text"] for row in out.rejected] == [
        t for t, one in zip(texts, expected, strict=True) if one["is_rejected"]
    ]


def test_kept_documents_carry_the_new_text_and_the_old_id(tmp_path: Path, make_documents: Any) -> None:
    out = Filtered(tmp_path / "out", make_documents([f"ＡＢＣ ｶﾞ {PROSE * 3}", "short"]), "japanese-technical")
    (row,), (gone,) = out.kept, out.rejected
    assert row["text"].startswith("ABC ガ 吾輩")
    assert (row["id"], row["text_digest"]) == (digest("sample", "0"), digest(row["text"]))
    assert (gone["rule"], json.loads(gone["detail"])) == (
        "DocumentLengthFilter",
        {"min_doc_len": 100, "max_doc_len": 2_000_000},
    )
    assert schema_of(shards(out.folders[0])[0]) == SCHEMA and schema_of(shards(out.folders[1])[0]) == REJECTED


def test_amounts_add_up(tmp_path: Path, sample: list[str], make_documents: Any) -> None:
    out = Filtered(tmp_path / "out", make_documents(sample, shards=2), "japanese-technical")
    metrics, (table,) = out.result.metrics, out.result.blocks
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    assert metrics["documents"] == len(sample) == rows[0]["input_num"]
    assert metrics["bytes"] == sum(len(text.encode()) for text in sample) == rows[0]["input_bytes"]
    assert metrics["kept_documents"] == len(out.kept)
    assert metrics["kept_bytes"] == sum(len(row["text"].encode()) for row in out.kept) == rows[-1]["output_bytes"]
    for before, after in pairwise(rows):
        assert after["input_num"] == before["input_num"] - before["discard_num"]
        assert after["input_bytes"] == before["output_bytes"]
    assert {r["filter"]: r["discard_num"] for r in rows if r["discard_num"]} == Counter(r["rule"] for r in out.rejected)


def test_japanese_technical_keeps_manuals_and_drops_the_rest(
    tmp_path: Path, sample: list[str], make_documents: Any
) -> None:
    out = Filtered(tmp_path / "out", make_documents(sample), "japanese-technical")
    japanese = [text for text in sample if not DiscardRareKana(0.1).apply(Document(text)).is_rejected]
    assert out.result.metrics["kept_bytes"] > 0.7 * sum(len(text.encode()) for text in japanese)
    for row in out.kept:
        assert "。" in row["text"] and sum("ぁ" <= c <= "ん" for c in row["text"]) > 10


def test_japanese_technical_drops_what_is_no_japanese_prose(tmp_path: Path, make_documents: Any) -> None:
    index = "\n".join(f"{number}. パッケージの一覧と設定ファイル {number}" for number in range(100))
    menu = "\n".join(["ファイル", "編集", "表示", "ヘルプ", "終了する。"] * 40)
    listing = "\n".join(f"for (int i = 0; i < {number}; i++) printf(i); // 表示する" for number in range(100))
    english = "This manual page has not been translated. " * 50 + "日本語版。"
    out = Filtered(tmp_path / "out", make_documents([index, menu, listing, english, PROSE * 3]), "japanese-technical")
    rules = ["DiscardRareKuten", "DiscardTooShortLines", "DiscardRareKana", "DiscardRareKana"]
    assert [row["rule"] for row in out.rejected] == rules
    assert [row["text"] for row in out.kept] == [PROSE * 3]


def test_none_keeps_every_byte(tmp_path: Path, sample: list[str], make_documents: Any) -> None:
    out = Filtered(tmp_path / "out", make_documents(sample[:50], shards=2))
    assert [row["text"] for row in out.kept] == sample[:50]
    assert out.rejected == [] and out.result.metrics["byte_yield"] == 1


def test_the_number_of_workers_does_not_show(tmp_path: Path, sample: list[str], make_documents: Any) -> None:
    documents = make_documents(sample[:60], shards=3)
    profile = tmp_path / "drop_some.py"
    profile.write_text("from hojichar import *\nFILTER = Compose([document_filters.DiscardAll(p=0.5)])\n")
    one = Filtered(tmp_path / "one", documents, file=str(profile), workers=1)
    two = Filtered(tmp_path / "two", documents, file=str(profile), workers=2)
    assert one.bytes == two.bytes
    assert 10 < len(one.kept) < 50


PROFILE = """
from hojichar import Compose, Filter, document_filters

class DiscardCats(Filter):
    def apply(self, document):
        document.is_rejected = "猫" in document.text
        return document

FILTER = Compose([document_filters.JSONLoader(), DiscardCats(), document_filters.JSONDumper()])
"""


def test_a_profile_of_hojichars_own_kind(tmp_path: Path, make_documents: Any) -> None:
    (tmp_path / "cats.py").write_text(PROFILE, encoding="utf-8")
    out = Filtered(tmp_path / "out", make_documents([PROSE, "犬である。"]), file=str(tmp_path / "cats.py"))
    assert ([row["text"] for row in out.kept], [row["rule"] for row in out.rejected]) == (
        ["犬である。"],
        ["DiscardCats"],
    )


def test_a_profile_with_a_factory(tmp_path: Path, make_documents: Any) -> None:
    text = PROFILE.replace("FILTER = ", "FACTORY = lambda: ")
    (tmp_path / "made.py").write_text(text, encoding="utf-8")
    assert len(Filtered(tmp_path / "out", make_documents([PROSE, "犬。"]), file=str(tmp_path / "made.py")).kept) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("FILTER = (", "SyntaxError"),
        ("x = 1", "FACTORY is not defined"),
        ("FILTER = 3", "must be Compose"),
        ("import hojichar\nFILTER = hojichar.AsyncCompose([])", "it is AsyncCompose"),
        (
            "from hojichar import document_filters as d\nFILTER = d.DiscardRareKutten()",
            "no attribute 'DiscardRareKutten'",
        ),
    ],
)
def test_a_profile_that_cannot_be_loaded(tmp_path: Path, make_documents: Any, text: str, told: str) -> None:
    (tmp_path / "wrong.py").write_text(text)
    with pytest.raises(BadInput, match=told):
        Filtered(tmp_path / "out", make_documents([PROSE]), file=str(tmp_path / "wrong.py"))


def test_a_profile_that_is_not_there(tmp_path: Path, make_documents: Any) -> None:
    documents = make_documents([PROSE])
    with pytest.raises(UsageError, match=r"no such profile, got 'japanese': choose from japanese-web, .*profile_file"):
        Filtered(tmp_path / "a", documents, "japanese")
    with pytest.raises(BadInput, match=r"missing\.py"):
        Filtered(tmp_path / "b", documents, file=str(tmp_path / "missing.py"))


def test_a_filter_that_raises_is_named(tmp_path: Path, make_documents: Any) -> None:
    text = PROFILE.replace('document.is_rejected = "猫" in document.text', "raise KeyError('tama')")
    (tmp_path / "raising.py").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=f"0-DiscardCats failed on document {digest('sample', '0')}.*tama"):
        Filtered(tmp_path / "out", make_documents([PROSE]), file=str(tmp_path / "raising.py"))


def test_a_low_yield_is_told_aloud(tmp_path: Path, make_documents: Any) -> None:
    heard = Heard()
    with listen(heard):
        Filtered(tmp_path / "out", make_documents([PROSE * 3, "English only. " * 500]), "japanese-technical")
    (warning,) = heard.warnings
    assert "japanese-technical keeps only" in warning and "DiscardRareKana (1)" in warning


def test_nothing_kept_is_an_error_that_names_the_rules(tmp_path: Path, make_documents: Any) -> None:
    with pytest.raises(BadInput, match=r"all 3 documents.*DiscardRareKana \(2\), DocumentLengthFilter \(1\)"):
        Filtered(tmp_path / "out", make_documents(["短い。", "a. " * 99, "b. " * 99]), "japanese-technical")


def test_every_name_has_its_profile() -> None:
    assert get_args(ProfileName) == tuple(PROFILES)
