"""Whole corpora: what is written, counted and told, and that it does not depend on workers or kills."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.storage.documents import SCHEMA, SHARD, ShardWriter, batches, digest, document, schema_of, shards
from hagane.text.personal_information.corpus import Settings, detect_personal_information
from hagane.text.personal_information.detection import KINDS

TEXTS = [
    "電話は03-1234-5678か０９０－１２３４－５６７８へ。",
    "個人の情報はない。",
    "東京都港区芝公園4-2-8に住む。",
    "吾輩は猫である。",
]
MASKED = ["電話は<TEL>か<TEL>へ。", TEXTS[1], "<ADDRESS>に住む。", TEXTS[3]]


class Treated:
    def __init__(self, home: Path, documents: Path, workers: int = 1, **settings: Any) -> None:
        self.folders = (home / "kept", home / "rejected", home / "work")
        for folder in self.folders:
            folder.mkdir(parents=True, exist_ok=True)
        self.result: Result = detect_personal_information(
            documents, *self.folders, Settings(**{"kinds": KINDS} | settings), workers
        )
        self.kept, self.rejected = (
            [row for shard in shards(folder) for batch in batches(shard) for row in batch]
            for folder in self.folders[:2]
        )

    @property
    def bytes(self) -> list[bytes]:
        return [shard.read_bytes() for folder in self.folders[:2] for shard in shards(folder)]

    @property
    def told(self) -> str:
        """Everything that leaves the component beside the documents that it keeps."""
        details = [row["detail"] for row in self.rejected]
        return json.dumps([self.result.metrics, self.result.blocks, details], ensure_ascii=False)


def test_masked_documents_keep_their_id_and_get_a_new_digest(tmp_path: Path, make_documents: Any) -> None:
    out = Treated(tmp_path / "out", make_documents(TEXTS))
    assert [row["text"] for row in out.kept] == MASKED and out.rejected == []
    assert [row["id"] for row in out.kept] == [digest("sample", str(n)) for n in range(4)]
    assert [row["text_digest"] for row in out.kept] == [digest(text) for text in MASKED]


def test_dropped_documents_say_how_much_of_what_they_hold(tmp_path: Path, make_documents: Any) -> None:
    out = Treated(tmp_path / "out", make_documents(TEXTS), action="drop")
    assert [row["text"] for row in out.kept] == TEXTS[1::2]
    assert [row["text"] for row in out.rejected] == TEXTS[::2]
    assert {row["rule"] for row in out.rejected} == {"personal_information"}
    assert [json.loads(row["detail"]) for row in out.rejected] == [{"phone": 2}, {"address": 1}]


def test_a_report_changes_nothing(tmp_path: Path, make_documents: Any) -> None:
    documents = make_documents(TEXTS)
    out = Treated(tmp_path / "out", documents, action="report")
    assert out.bytes[0] == (documents / SHARD.format(0)).read_bytes() and out.rejected == []
    assert out.result.metrics["phone_findings"] == 2


@pytest.mark.parametrize("action", ["mask", "drop", "report"])
def test_amounts_and_shapes_but_no_value_are_told(tmp_path: Path, make_documents: Any, action: str) -> None:
    out = Treated(tmp_path / "out", make_documents(TEXTS, shards=2), action=action)
    metrics, (found, shapes) = out.result.metrics, out.result.blocks
    assert (metrics["documents"], metrics["documents_with_findings"]) == (4, 2)
    rows = {row[0]: row[1:] for row in found["rows"]}
    assert rows["phone"] == ["<TEL>", 2, 1] and rows["address"] == ["<ADDRESS>", 1, 1] and rows["mail"][1:] == [0, 0]
    assert shapes["rows"] == [
        ["phone", "99-9999-9999", 1],
        ["phone", "999－9999－9999", 1],
        ["address", "a9-9-9", 1],
    ]
    assert not any(secret in out.told for secret in ("1234", "１２３４", "芝", "港区"))


def test_only_chosen_kinds(tmp_path: Path, make_documents: Any) -> None:
    out = Treated(tmp_path / "out", make_documents(TEXTS), kinds=("address",))
    assert [row["text"] for row in out.kept] == [TEXTS[0], TEXTS[1], MASKED[2], TEXTS[3]]
    assert "phone_findings" not in out.result.metrics


def test_columns_that_components_added_stay(tmp_path: Path) -> None:
    schema = pa.schema([*SCHEMA, pa.field("copy", pa.int32())])
    with ShardWriter(tmp_path / SHARD.format(0), schema) as writer:
        writer.add(document(text, "sample", text, "MIT") | {"copy": n} for n, text in enumerate(TEXTS))
    for action in ("mask", "drop"):
        out = Treated(tmp_path / action, tmp_path, action=action)
        assert schema_of(shards(out.folders[0])[0]) == schema
        assert sorted(row["copy"] for row in [*out.kept, *out.rejected]) == [0, 1, 2, 3]


@pytest.mark.parametrize("action", ["mask", "drop"])
def test_the_bytes_do_not_depend_on_workers_or_kills(
    tmp_path: Path, sample: list[str], make_documents: Any, action: str
) -> None:
    documents = make_documents([*sample, *TEXTS], shards=4)
    one = Treated(tmp_path / "one", documents, action=action)
    two = Treated(tmp_path / "two", documents, workers=2, action=action)
    work = tmp_path / "two" / "work" / "shards"
    shutil.rmtree(work / "00002")  # as a run leaves it that was killed while it did this shard
    (work / "00002.half").mkdir()
    resumed = Treated(tmp_path / "resumed", documents, action=action)
    for folder in (tmp_path / "two" / name for name in ("kept", "rejected")):
        shutil.rmtree(folder)
    again = Treated(tmp_path / "two", documents, action=action)
    assert one.bytes == two.bytes == resumed.bytes == again.bytes
    assert one.result.metrics == two.result.metrics == again.result.metrics


def test_masking_what_is_masked_changes_nothing(tmp_path: Path, sample: list[str], make_documents: Any) -> None:
    once = Treated(tmp_path / "once", make_documents([*sample, *TEXTS]), reserved=True)
    twice = Treated(tmp_path / "twice", once.folders[0], reserved=True)
    assert once.bytes == twice.bytes and twice.result.metrics["documents_with_findings"] == 0


def test_nothing_to_look_for_and_nothing_left_are_errors(tmp_path: Path, make_documents: Any) -> None:
    documents = make_documents(TEXTS[::2])
    with pytest.raises(UsageError, match=r"kinds wants one or more, got \[\]"):
        Treated(tmp_path / "a", documents, kinds=())
    with pytest.raises(BadInput, match=r"all 2 documents hold personal information, got \['phone', .*mask it"):
        Treated(tmp_path / "b", documents, action="drop")


def test_documents_without_a_row_or_a_character(tmp_path: Path, make_documents: Any) -> None:
    assert [row["text"] for row in Treated(tmp_path / "out", make_documents([""], shards=1)).kept] == [""]
    with ShardWriter(tmp_path / "documents" / SHARD.format(0)):
        pass
    for action in ("mask", "drop"):
        assert Treated(tmp_path / action, tmp_path / "documents", action=action).kept == []
