"""Documents by columns into shards of a size."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import pyarrow as pa

from hagane.storage.documents import CHARACTERS, ROWS, SCHEMA, SHARD, ShardWriter


class Document(NamedTuple):
    """A row of the documents' schema, and its text once more as the bytes that are written."""

    id: str
    text_digest: str
    content: bytes
    source: str
    url: str | None
    license: str
    language: str
    text: str


class DocumentShards:
    """Writes ``part-00000.parquet``, ... into a folder: a new shard once one holds ``limit`` bytes of text.

    ``count`` is told each batch that is written.
    """

    def __init__(self, folder: Path, limit: int, count: Callable[[Sequence[Document]], None]) -> None:
        self.folder, self.limit, self.count = folder, limit, count
        self.waiting: list[Document] = []
        self.characters = 0  # that wait
        self.room = limit  # bytes for which the shard has room
        self.shards = 0
        self.open = ExitStack()
        self.writer: ShardWriter | None = None

    def add(self, document: Document) -> None:
        self.waiting.append(document)
        self.characters += len(document.text)
        self.room -= len(document.content)
        if len(self.waiting) == ROWS or self.characters >= CHARACTERS or self.room <= 0:
            self.flush()

    def flush(self) -> None:
        if self.waiting:
            self.count(self.waiting)
            self.shard().add_batch(batch(self.waiting))
            self.waiting, self.characters = [], 0
        if self.room <= 0:
            self.open.close()
            self.writer, self.room = None, self.limit

    def shard(self) -> ShardWriter:
        if self.writer is None:
            self.writer = self.open.enter_context(ShardWriter(self.folder / SHARD.format(self.shards)))
            self.shards += 1
        return self.writer

    def __enter__(self) -> "DocumentShards":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()
        self.open.__exit__(kind, error, trace)


def batch(documents: Sequence[Document]) -> pa.RecordBatch:
    ids, digests, contents, *others, _ = zip(*documents, strict=True)
    texts = pa.array(contents, pa.large_binary()).view(pa.large_string())
    columns = [pa.array(column, pa.large_string()) for column in (ids, digests, *others)]
    return pa.RecordBatch.from_arrays([*columns[:2], texts, *columns[2:]], schema=SCHEMA)
