"""Documents come back as they were written, in shards and row groups that depend on the rows alone."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hagane.core.errors import CorruptArtifact
from hagane.storage import documents
from hagane.storage.documents import (
    REJECTED,
    ShardWriter,
    batches,
    document,
    record_batches,
    schema_of,
    shards,
    with_verdict,
    write_shards,
)

NEKO = "吾輩は猫である。名前はまだ無い。\0\n"


def rows(count: int, text: str = NEKO) -> list[dict[str, object]]:
    return [document(f"{number} {text}", "neko", f"a.txt:{number}", "CC0-1.0") for number in range(count)]


def test_rows_come_back_in_shards(tmp_path: Path) -> None:
    written = rows(50, NEKO * 1_000)
    assert write_shards(tmp_path, written, megabytes=1) == 50
    assert len(shards(tmp_path)) == 3
    assert [row for shard in shards(tmp_path) for batch in batches(shard) for row in batch] == written
    first = next(batches(shards(tmp_path)[0], ("id",)))
    assert first[0] == {"id": written[0]["id"]}


def test_ids_differ_where_source_or_place_does() -> None:
    def identity(source: str, place: str) -> object:
        return document(NEKO, source, place, "MIT")["id"]

    assert len({identity("a", "b"), identity("a", "c"), identity("ab", ""), identity("", "ab")}) == 4
    assert identity("a", "b") == identity("a", "b")


def test_a_row_group_ends_by_rows_or_by_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "CHARACTERS", 10 * len(NEKO))
    with ShardWriter(tmp_path / "part-00000.parquet") as writer:
        writer.add(rows(25))
    sizes = [pq.ParquetFile(tmp_path / "part-00000.parquet").metadata.row_group(n).num_rows for n in range(3)]
    assert sizes == [9, 9, 7]
    assert [len(batch) for batch in batches(tmp_path / "part-00000.parquet")] == sizes


def test_bytes_depend_on_the_rows_alone(tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "one") as one, ShardWriter(tmp_path / "two") as two:
        one.add(rows(2_500))
        for row in rows(2_500):
            two.add([row])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_shard_without_rows_has_its_columns(tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "part-00000.parquet", REJECTED):
        pass
    assert list(batches(tmp_path / "part-00000.parquet")) == []
    assert schema_of(tmp_path / "part-00000.parquet") == REJECTED == with_verdict(REJECTED)


def test_a_folder_without_shards_is_corrupt(tmp_path: Path) -> None:
    with pytest.raises(CorruptArtifact, match="holds no part"):
        shards(tmp_path)


def test_arrow_batches_of_any_size_give_the_bytes_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "CHARACTERS", 5_000)
    written = rows(300, NEKO * 20) + rows(2, NEKO * 600) + rows(900, "短い")
    by_rows, by_batches = tmp_path / "rows.parquet", tmp_path / "batches.parquet"
    with ShardWriter(by_rows) as writer:
        writer.add(written)
    with ShardWriter(by_batches) as writer:
        writer.add(written[:7])
        for start, end in ((7, 8), (8, 450), (450, 450), (450, len(written))):
            writer.add_batch(pa.RecordBatch.from_pylist(written[start:end], documents.SCHEMA))
    assert by_rows.read_bytes() == by_batches.read_bytes()
    groups = pq.ParquetFile(by_rows).metadata
    assert groups.num_row_groups > 20
    assert [row for batch in record_batches(by_batches) for row in batch.to_pylist()] == written
