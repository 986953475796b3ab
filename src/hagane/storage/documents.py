"""Documents on disk: parquet shards of one schema, written and read by batches."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hagane.core.errors import CorruptArtifact

SHARD = "part-{:05}.parquet"
ROWS = 1_000  # documents in a batch and in a row group, at most (ours): a few MB of Japanese web pages
CHARACTERS = 8_000_000  # after which a row group ends all the same (ours): books are longer than web pages
SCHEMA = pa.schema(
    [
        pa.field("id", pa.large_string(), nullable=False),  # blake2b-128 of source and locator
        pa.field("text_digest", pa.large_string(), nullable=False),  # blake2b-128 of the text
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("source", pa.large_string(), nullable=False),  # the corpus, as cards name it
        pa.field("url", pa.large_string()),
        pa.field("license", pa.large_string(), nullable=False),  # SPDX id, or "unknown"
        pa.field("language", pa.large_string(), nullable=False),  # BCP 47
    ]
)
UNIQUE = ("id", "text_digest", "text")  # columns for which neither a dictionary nor extremes are worth their time
COPY = pa.field("copy", pa.int32())  # of a document that a mixture repeats: 0, 1, ...; without the column all are 0
VERDICT = [pa.field("rule", pa.large_string()), pa.field("detail", pa.large_string())]
REJECTED = pa.schema([*SCHEMA, *VERDICT])

Row = Mapping[str, Any]


def digest(*parts: str) -> str:
    """blake2b-128 of the parts, which cannot run into each other."""
    return content_digest("\0".join(parts).encode("utf-8"))


def content_digest(content: bytes) -> str:
    """The digest of a text that is encoded already."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def document(
    text: str, source: str, locator: str, license: str, language: str = "ja", url: str | None = None
) -> dict[str, Any]:
    """A row of the schema; the locator says where in the source the text stood."""
    return {
        "id": digest(source, locator),
        "text_digest": digest(text),
        "text": text,
        "source": source,
        "url": url,
        "license": license,
        "language": language,
    }


def shards(folder: Path) -> list[Path]:
    """The parquet files of a documents artifact, in order; CorruptArtifact if there is none."""
    found = sorted(folder.glob("part-*.parquet"))
    if not found:
        raise CorruptArtifact(f"{folder} holds no part-*.parquet", fix="run its producer again")
    return found


def schema_of(shard: Path) -> pa.Schema:
    """The columns of a shard: those of ``SCHEMA`` and what components added."""
    return pq.read_schema(shard).remove_metadata()


def with_verdict(schema: pa.Schema) -> pa.Schema:
    """The schema and columns for the rule that rejected a document, and its detail."""
    return pa.schema([field for field in schema if field.name not in ("rule", "detail")] + VERDICT)


def with_columns(batch: pa.RecordBatch, schema: pa.Schema, **columns: list[Any]) -> pa.RecordBatch:
    """The batch in another schema, with its own columns but for those given."""
    arrays = [
        pa.array(columns[field.name], field.type) if field.name in columns else batch.column(field.name)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def record_batches(shard: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a shard as Arrow holds them, at most ``ROWS`` and at most a row group at a time."""
    with pq.ParquetFile(shard) as file:
        for group in range(file.num_row_groups):
            yield from file.iter_batches(ROWS, [group], columns=list(columns) if columns else None)


def batches(shard: Path, columns: Sequence[str] | None = None) -> Iterator[list[dict[str, Any]]]:
    """The rows of a shard, at most ``ROWS`` and at most a row group at a time."""
    return (batch.to_pylist() for batch in record_batches(shard, columns))


class ShardWriter:
    """One parquet shard whose row groups depend on the rows alone, so that equal rows give equal bytes."""

    def __init__(self, file: Path, schema: pa.Schema = SCHEMA) -> None:
        self.schema = schema
        self.rows: list[Row] = []  # not yet in Arrow
        self.row_characters = 0
        self.group: list[pa.RecordBatch] = []  # the row group that is growing
        self.group_rows = self.group_characters = 0
        repeating = [name for name in schema.names if name not in UNIQUE]
        settings = {"use_dictionary": repeating, "write_statistics": repeating}
        self.writer = pq.ParquetWriter(file, schema, compression="zstd", compression_level=3, **settings)

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.rows.append(row)
            self.row_characters += len(row["text"])
            if len(self.rows) == ROWS or self.row_characters >= CHARACTERS:
                self.settle()

    def settle(self) -> None:
        batch = pa.RecordBatch.from_pylist(self.rows, self.schema)
        self.rows, self.row_characters = [], 0
        self.add_batch(batch)

    def add_batch(self, batch: pa.RecordBatch) -> None:
        """Rows of the schema, after those that were added before."""
        if self.rows:
            self.settle()
        characters = np.cumsum(pc.utf8_length(batch.column("text")).to_numpy(zero_copy_only=False))
        start, before = 0, 0
        while start < len(batch):
            full = int(np.searchsorted(characters, before + CHARACTERS - self.group_characters)) + 1
            end = min(start + ROWS - self.group_rows, full, len(batch))
            self.group.append(batch.slice(start, end - start))
            self.group_rows += end - start
            self.group_characters += int(characters[end - 1]) - before
            start, before = end, int(characters[end - 1])
            if self.group_rows == ROWS or self.group_characters >= CHARACTERS:
                self.flush()

    def flush(self) -> None:
        if self.rows:
            self.settle()
        if self.group:
            self.writer.write_table(pa.Table.from_batches(self.group, self.schema), row_group_size=ROWS)
            self.group, self.group_rows, self.group_characters = [], 0, 0

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()
        self.writer.close()


def write_shards(folder: Path, rows: Iterable[Row], megabytes: int, schema: pa.Schema = SCHEMA) -> int:
    """Write rows as ``part-00000.parquet``, ...: a new shard once one holds ``megabytes`` (10^6 bytes) of text."""
    limit, size, number, count = megabytes * 1_000_000, 0, 0, 0
    with ExitStack() as stack:
        writer: ShardWriter | None = None
        for row in rows:
            writer = writer or stack.enter_context(ShardWriter(folder / SHARD.format(number), schema))
            writer.add([row])
            size += len(row["text"].encode("utf-8"))
            count += 1
            if size >= limit:
                stack.close()
                writer, size, number = None, 0, number + 1
    return count
