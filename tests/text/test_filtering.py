"""Decisions and texts are HojiChar's own; what is rejected is kept with its rule."""

import json
from collections import Counter
from collections.abc import Sequence
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
from hagane.text.filtering.corpus import filter_documents
from hagane.text.filtering.filters import DiscardRareKana
from hagane.text.filtering.profiles import PROFILES
from hagane.text.names import ProfileName

PROSE = (
    "吾輩は猫である。名前はまだ無い。どこで生れたか頓と見当がつかぬ。"
    "何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは記憶している。"
)


class Filtered:
    def __init__(
        self,
        home: Path,
        documents: Path,
        profile: str = "none",
        file: str = "",
        thresholds: Sequence[str] = (),
        earlier: "Filtered | None" = None,
        workers: int = 1,
    ) -> None:
        self.folders = (home / "kept", home / "rejected", home / "scores", home / "work")
        for folder in self.folders:
            folder.mkdir(parents=True)
        self.result: Result = filter_documents(
            documents, *self.folders, profile, file, thresholds, earlier and earlier.folders[2], workers
        )

    @property
    def kept(self) -> list[dict[str, Any]]:
        return read(self.folders[0])

    @property
    def rejected(self) -> list[dict[str, Any]]:
        return read(self.folders[1])

    @property
    def bytes(self) -> list[bytes]:
        return [file.read_bytes() for folder in self.folders[:3] for file in sorted(folder.iterdir())]


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
        {"score": 5, "min_doc_len": 100, "max_doc_len": 2_000_000},
    )
    assert schema_of(shards(out.folders[0])[0]) == SCHEMA and schema_of(shards(out.folders[1])[0]) == REJECTED


def test_amounts_add_up(tmp_path: Path, sample: list[str], make_documents: Any) -> None:
    out = Filtered(tmp_path / "out", make_documents(sample, shards=2), "japanese-technical")
    metrics, table = out.result.metrics, out.result.blocks[0]
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    assert metrics["documents"] == len(sample) == rows[0]["documents"]
    assert metrics["bytes"] == sum(len(text.encode()) for text in sample) == rows[0]["bytes"]
    assert metrics["kept_documents"] == len(out.kept) == rows[-1]["documents"] - rows[-1]["rejected documents"]
    assert metrics["kept_bytes"] == sum(len(row["text"].encode()) for row in out.kept)
    for before, after in pairwise(rows):
        assert after["documents"] == before["documents"] - before["rejected documents"]
        assert after["bytes"] == before["bytes"] - before["rejected bytes"]
    rejected = {row["filter"]: row["rejected documents"] for row in rows if row["rejected documents"]}
    assert rejected == Counter(row["rule"] for row in out.rejected)
    histogram = next(block for block in out.result.blocks if "DiscardTooShortLines" in block["title"])
    assert sum(histogram["counts"]) == next(r["documents"] for r in rows if r["filter"] == "DiscardTooShortLines")
    shown = [s for block in out.result.blocks if block["type"] == "texts" for s in block["samples"]]
    assert {sample["label"].split()[0] for sample in shown} <= {row["id"] for row in out.rejected}


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


WEB = ("DocumentLengthFilter.min_doc_len=30", "CharRepetitionRatioFilter.threshold=0.2", "DiscardAds.max_allow_num=3")


@pytest.mark.parametrize("profile", ["japanese-web", "japanese-technical"])
def test_other_thresholds_replay_to_the_same_bytes(
    tmp_path: Path, sample: list[str], make_documents: Any, profile: str
) -> None:
    prose = [f"{PROSE * 3}{number}" for number in range(5)]
    documents = make_documents([*sample[:150], *prose, PROSE, PROSE * 30], shards=3)
    thresholds = (
        WEB if profile == "japanese-web" else ("DiscardRareKana.threshold=0.5", "DiscardTooShortLines.threshold=0.9")
    )
    first = Filtered(tmp_path / "first", documents, profile)
    fresh = Filtered(tmp_path / "fresh", documents, profile, thresholds=thresholds)
    replayed = Filtered(tmp_path / "replayed", documents, profile, thresholds=thresholds, earlier=first)
    back = Filtered(tmp_path / "back", documents, profile, earlier=replayed)
    assert replayed.bytes == fresh.bytes != first.bytes and back.bytes == first.bytes
    assert fresh.result.metrics["replayed_documents"] == 0 < replayed.result.metrics["replayed_documents"]


def test_stricter_thresholds_read_no_text(tmp_path: Path, sample: list[str], make_documents: Any) -> None:
    documents = make_documents(sample[:100])
    first = Filtered(tmp_path / "first", documents, "japanese-technical")
    stricter = Filtered(
        tmp_path / "stricter",
        documents,
        "japanese-technical",
        thresholds=["DiscardRareKana.threshold=0.4"],
        earlier=first,
    )
    assert stricter.result.metrics["replayed_documents"] == 100
    assert len(stricter.kept) < len(first.kept)


OWN = PROFILE.replace("DiscardCats(),", "DiscardCats(), document_filters.DocumentLengthFilter(20, 50),")


@pytest.mark.parametrize(
    "text", [OWN, OWN.replace("DiscardCats(),", "DiscardCats(p=0.5),"), OWN.replace("document.is_rejected = ", "_ = ")]
)
def test_own_filters_replay_too(tmp_path: Path, make_documents: Any, text: str) -> None:
    (tmp_path / "own.py").write_text(text, encoding="utf-8")
    documents = make_documents([PROSE, "犬である。", "犬" * 30, "犬" * 60, "猫" * 30] * 20)
    settings: dict[str, Any] = {"file": str(tmp_path / "own.py")}
    first = Filtered(tmp_path / "first", documents, **settings)
    settings["thresholds"] = ["DocumentLengthFilter.max_doc_len=60"]
    fresh = Filtered(tmp_path / "fresh", documents, **settings)
    assert Filtered(tmp_path / "replayed", documents, **settings, earlier=first).bytes == fresh.bytes != first.bytes


def test_a_filter_that_raises_in_a_replay_names_its_document(tmp_path: Path, make_documents: Any) -> None:
    text = OWN.replace("document.is_rejected = ", "assert '狐' not in document.text; document.is_rejected = ")
    (tmp_path / "own.py").write_text(text, encoding="utf-8")
    documents = make_documents(["犬" * 60, "犬" * 30, "狐" * 70])
    with pytest.raises(BadInput, match=f"DiscardCats failed on document {digest('sample', '2')}"):
        Filtered(tmp_path / "first", documents, file=str(tmp_path / "own.py"))
    text = OWN.replace("DiscardCats(), document_filters.DocumentLengthFilter(20, 50),", "")
    limits = "document_filters.DocumentLengthFilter(20, 50), DiscardCats(), "
    text = text.replace("Compose([document_filters.JSONLoader(), ", f"Compose([{limits}")
    text = text.replace("document.is_rejected = ", "assert '狐' not in document.text; document.is_rejected = ")
    (tmp_path / "later.py").write_text(text, encoding="utf-8")
    first = Filtered(tmp_path / "later", documents, file=str(tmp_path / "later.py"))
    assert len(first.kept) == 1
    with pytest.raises(BadInput, match=f"DiscardCats failed on document {digest('sample', '2')}"):
        Filtered(
            tmp_path / "replayed",
            documents,
            file=str(tmp_path / "later.py"),
            thresholds=["DocumentLengthFilter.max_doc_len=80"],
            earlier=first,
        )


@pytest.mark.parametrize(
    ("threshold", "told"),
    [
        (
            "DiscardCats.threshold=1",
            r"no such threshold, got 'DiscardCats\.threshold=1': the profile has DocumentLength",
        ),
        ("DocumentLengthFilter.threshold=1", r"DocumentLengthFilter\.min_doc_len=100"),
        ("DocumentLengthFilter.min_doc_len=ten", "FILTER.LIMIT=NUMBER, got 'DocumentLengthFilter.min_doc_len=ten'"),
        ("DocumentLengthFilter.min_doc_len=nan", "FILTER.LIMIT=NUMBER"),
        ("DocumentLengthFilter.min_doc_len", "FILTER.LIMIT=NUMBER"),
    ],
)
def test_a_threshold_that_is_none(tmp_path: Path, make_documents: Any, threshold: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Filtered(tmp_path / "out", make_documents([PROSE]), "japanese-technical", thresholds=[threshold])
