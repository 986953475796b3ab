"""Of equal texts the first stays, whatever the shards and workers."""

import re
import unicodedata
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hagane.storage.documents import REJECTED, SCHEMA, ShardWriter, batches, document, schema_of, shards
from hagane.text.deduplication.corpus import deduplicate
from hagane.text.deduplication.report import LARGEST, SIMILARITY

NEKO = "吾輩は猫である。名前はまだ無い。"
Run = tuple[dict[str, float], list[list[dict[str, Any]]], list[bytes]]


def run(home: Path, documents: Path, workers: int = 1) -> Run:
    """Metrics, the rows of what stays and of what does not, and the bytes of all outputs."""
    folders = [home / name for name in ("unique", "duplicates", "clusters", "work")]
    for folder in folders:
        folder.mkdir(parents=True)
    result = deduplicate([documents], *folders, method="exact", workers=workers)
    read = [[row for shard in shards(f) for batch in batches(shard) for row in batch] for f in folders[:2]]
    return result.metrics, read, [file.read_bytes() for f in folders[:3] for file in sorted(f.iterdir())]


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
    assert {(row["rule"], row["similarity"]) for row in duplicates} == {("exact_duplicate", 1.0)}
    assert metrics["documents"] == 100 and metrics["duplicates"] == metrics["exact_duplicates"] == len(gone) >= 40
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
    assert schema_of(unique[1]) == SCHEMA and schema_of(duplicates[0]) == pa.schema([*REJECTED, SIMILARITY])


def test_columns_of_a_corpus_stay_and_earlier_verdicts_are_replaced(tmp_path: Path, make_documents: Any) -> None:
    documents = make_documents([NEKO, NEKO])
    run(tmp_path / "out", documents)
    again = tmp_path / "again"
    again.mkdir()
    schema = pa.schema([*schema_of(shards(tmp_path / "out" / "duplicates")[0]), pa.field("score", pa.float64())])
    with ShardWriter(again / "part-00000.parquet", schema) as writer:
        row = document(NEKO, "sample", "0", "MIT") | {"score": 0.5}
        writer.add([row, row | {"rule": "other", "detail": "x", "similarity": 0.1, "score": 0.25}])
    _, (unique, (duplicate,)), _ = run(tmp_path / "second", again)
    assert unique[0]["score"] == 0.5 and unique[0]["rule"] is None
    assert (duplicate["score"], duplicate["rule"], duplicate["similarity"]) == (0.25, "exact_duplicate", 1.0)


def test_clusters_and_report(tmp_path: Path, make_documents: Any) -> None:
    texts = ["猫", "犬", "猫 ", "鳥", "鳥", "猫", *(f"魚{number // 2}" for number in range(2 * LARGEST))]
    documents = make_documents(texts, shards=2)
    ids = [row["id"] for shard in shards(documents) for batch in batches(shard) for row in batch]
    for name in ("unique", "duplicates", "clusters", "work"):
        (tmp_path / name).mkdir()
    outputs = [tmp_path / name for name in ("unique", "duplicates", "clusters")]
    result = deduplicate([documents], *outputs, tmp_path / "work", method="exact", workers=1)
    members = pq.read_table(outputs[2] / "clusters.parquet").to_pylist()
    wanted = [(0, 2), (0, 5), (3, 4), *((number, number + 1) for number in range(6, len(texts), 2))]
    assert [(row["survivor"], row["document"]) for row in members] == [(ids[a], ids[b]) for a, b in wanted]
    assert {row["similarity"] for row in members} == {1.0}
    amounts, sizes, largest = result.blocks
    size = len("猫".encode())
    fish = sum(len(text.encode()) for text in texts[6::2])
    assert amounts["rows"] == [
        ["unique", 3 + LARGEST, 3 * size + fish],
        ["exact_duplicate", 3 + LARGEST, 3 * size + 1 + fish],
        ["near_duplicate", 0, 0],
    ]
    assert (sizes["edges"], sizes["counts"]) == ([2, 4], [2 + LARGEST])
    assert len(largest["samples"]) == LARGEST and result.metrics["clusters"] == 2 + LARGEST
    assert largest["samples"][:2] == [{"label": "3 documents", "text": "猫"}, {"label": "2 documents", "text": "鳥"}]
