"""Of equal texts the first stays, whatever the shards and workers."""

import re
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np

from hagane.storage.documents import REJECTED, SCHEMA, batches, schema_of, shards
from hagane.text.deduplication import deduplicate, first_of_each

NEKO = "吾輩は猫である。名前はまだ無い。"


def run(
    home: Path, documents: Path, workers: int = 1
) -> tuple[dict[str, float], list[list[dict[str, Any]]], list[bytes]]:
    folders = (home / "unique", home / "duplicates", home / "work")
    for folder in folders:
        folder.mkdir(parents=True)
    result = deduplicate(documents, *folders, workers)
    read = [[row for shard in shards(f) for batch in batches(shard) for row in batch] for f in folders[:2]]
    return result.metrics, read, [file.read_bytes() for f in folders[:2] for file in sorted(f.iterdir())]


def test_against_a_plain_loop_on_real_text(tmp_path: Path, sample: list[str], make_documents: Any) -> None:
    texts = sample[:60] + [unicodedata.normalize("NFKC", text).upper() for text in sample[20:40]] + sample[10:30]
    documents = make_documents(texts, shards=4)
    seen: dict[str, str] = {}
    kept: list[tuple[str, str]] = []
    gone: list[tuple[str, str]] = []
    for row in (row for shard in shards(documents) for batch in batches(shard) for row in batch):
        key = re.sub(r"\s", "", unicodedata.normalize("NFKC", row["text"])).casefold()
        (gone if key in seen else kept).append((row["id"], seen.setdefault(key, row["id"])))
    metrics, (unique, duplicates), _ = run(tmp_path / "out", documents)
    assert [row["id"] for row in unique] == [id for id, _ in kept]
    assert [(row["id"], row["detail"]) for row in duplicates] == gone
    assert {row["rule"] for row in duplicates} == {"duplicate"}
    assert metrics["documents"] == 100 and metrics["duplicates"] == len(gone) >= 40
    assert metrics["kept_bytes"] == sum(len(row["text"].encode()) for row in unique)


def test_width_case_and_space_do_not_count_and_letters_do(tmp_path: Path, make_documents: Any) -> None:
    texts = ["Ｄｅｂｉａｎ　ガイド\n", "debianｶﾞｲﾄﾞ", NEKO, "吾輩は\n猫である。　名前はまだ無い。", NEKO[:-1]]
    _, (unique, duplicates), _ = run(tmp_path / "out", make_documents(texts))
    assert [row["text"] for row in unique] == [texts[0], texts[2], texts[4]]
    assert [row["detail"] for row in duplicates] == [unique[0]["id"], unique[1]["id"]]


def test_the_number_of_workers_does_not_show(tmp_path: Path, sample: list[str], make_documents: Any) -> None:
    documents = make_documents(sample[:30] * 2, shards=3)
    assert run(tmp_path / "one", documents, 1)[2] == run(tmp_path / "two", documents, 2)[2]


def test_schemas_and_shards_stay(tmp_path: Path, make_documents: Any) -> None:
    documents = make_documents([NEKO] * 4, shards=2)
    run(tmp_path / "out", documents)
    unique, duplicates = shards(tmp_path / "out" / "unique"), shards(tmp_path / "out" / "duplicates")
    assert (
        [shard.name for shard in unique]
        == [shard.name for shard in duplicates]
        == ["part-00000.parquet", "part-00001.parquet"]
    )
    assert schema_of(unique[1]) == SCHEMA and schema_of(duplicates[0]) == REJECTED


def test_first_of_each_against_a_loop() -> None:
    keys = np.random.default_rng(0).integers(0, 9, (500, 2), dtype=np.uint64)
    seen: dict[tuple[int, ...], int] = {}
    assert first_of_each(keys).tolist() == [seen.setdefault(tuple(key), n) for n, key in enumerate(keys.tolist())]
    assert first_of_each(keys[:0]).tolist() == []
