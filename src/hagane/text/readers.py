"""Records of a source file by its format: what can be read, and where and why the rest cannot."""

import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from hagane.text.aozora import plain_text
from hagane.text.encodings import Undecodable, decode
from hagane.text.source_files import SourceFile

LARGEST = 256_000_000  # bytes of one document (ours): more is no document but a corpus in the wrong format
EXCERPT = 60  # bytes of what could not be read, for the quarantine (ours)
COLUMNS = ("id", "source", "url", "license", "language")  # of a row's own, beside its text
BROKEN_STREAM = (EOFError, zlib.error, zstandard.ZstdError, zipfile.BadZipFile)  # and OSErrors without an errno


@dataclass(frozen=True)
class Record:
    """A row with its text and whatever it says of itself, and the line or row of the file where it stood."""

    file: str
    row: Mapping[str, Any]
    offset: int = 0
    unit: str = "byte"


@dataclass(frozen=True)
class Fault:
    """What could not be read: the file or archive member, the line, row or byte, the reason, an escaped excerpt."""

    file: str
    offset: int
    unit: str
    reason: str
    excerpt: str = ""


Reader = Callable[[SourceFile, IO[bytes]], Iterator[Record | Fault]]


def escaped(raw: bytes, start: int = 0) -> str:
    return raw[start : start + EXCERPT].decode("utf-8", "backslashreplace")


def reader(file: SourceFile, format: str, encoding: str, text_field: str) -> Reader | None:
    """How to read the file; None if "auto" does not know its extension."""
    if format == "auto":
        kinds = {".txt": "text", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".zip": "aozora"}
        format = kinds.get(file.kind, "")
    readers: dict[str, Reader] = {
        "text": partial(read_text, encoding=encoding, clean=str),
        "jsonl": partial(read_jsonl, encoding=encoding, text_field=text_field),
        "parquet": partial(read_parquet, text_field=text_field),
        "aozora": partial(read_aozora, encoding=encoding),
    }
    return readers.get(format)


def read(file: SourceFile, stream: IO[bytes], how: Reader) -> Iterator[Record | Fault]:
    """The file's records in order; a file that breaks off ends with a Fault, and what came before it stays."""
    try:
        yield from how(file, stream)
    except BROKEN_STREAM as error:
        yield Fault(file.name, stream.tell(), "byte", f"broken or truncated file: {error}")
    except OSError as error:  # gzip.BadGzipFile, and pyarrow's errors of form
        if error.errno is not None:
            raise
        yield Fault(file.name, stream.tell(), "byte", f"broken file: {error}")


def read_text(
    file: SourceFile, stream: IO[bytes], encoding: str, clean: Callable[[str], str]
) -> Iterator[Record | Fault]:
    """One document a file; its line ends become newlines."""
    yield whole_document(file.name, file.decompressed(stream), encoding, clean)


def whole_document(name: str, stream: IO[bytes], encoding: str, clean: Callable[[str], str]) -> Record | Fault:
    raw = stream.read(LARGEST + 1)
    if len(raw) > LARGEST:
        return Fault(name, LARGEST, "byte", f"one document of over {LARGEST:,} bytes: split it, or make it JSONL")
    try:
        text = decode(raw, encoding)
    except Undecodable as error:
        return Fault(name, error.offset, "byte", str(error), escaped(raw, error.offset))
    return Record(name, {"text": clean(text.replace("\r\n", "\n").replace("\r", "\n"))})


def read_jsonl(file: SourceFile, stream: IO[bytes], encoding: str, text_field: str) -> Iterator[Record | Fault]:
    """One document a line. JSON is UTF-8 (RFC 8259) unless an encoding is named."""
    encoding = "utf-8" if encoding == "auto" else encoding
    for number, line in enumerate(lines(file.decompressed(stream)), 1):
        try:
            if len(line) > LARGEST:
                raise ValueError(f"a line of over {LARGEST:,} bytes")
            if line.strip():
                yield Record(file.name, json_row(decode(line, encoding), text_field), number, "line")
        except (ValueError, RecursionError) as error:
            yield Fault(file.name, number, "line", str(error), escaped(line))


def lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines with their ends; one over the limit is cut there, its rest dropped."""
    while line := stream.readline(LARGEST + 1):
        yield line
        while len(line) > LARGEST and not line.endswith(b"\n"):
            line = stream.readline(LARGEST + 1)


def json_row(line: str, text_field: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ValueError(f"no JSON: {error}") from None
    if not isinstance(row, dict):
        raise ValueError(f"no JSON object but {type(row).__name__}")
    if text_field not in row:
        raise ValueError(f"no field {text_field}; it has {', '.join(row)}")
    return {name: row[name] for name in COLUMNS if name in row} | {"text": row[text_field]}


def read_parquet(file: SourceFile, stream: IO[bytes], text_field: str) -> Iterator[Record | Fault]:
    """One document a row, row group by row group, so that a broken one spoils no other."""
    try:
        table = pq.ParquetFile(stream)
    except pa.ArrowInvalid as error:
        yield Fault(file.name, 0, "byte", f"no parquet: {error}")
        return
    names = table.schema_arrow.names
    if text_field not in names:
        yield Fault(file.name, 0, "row", f"no column {text_field}; it has {', '.join(names)}")
        return
    columns = [text_field, *(name for name in COLUMNS if name in names and name != text_field)]
    row = 0
    for group in range(table.num_row_groups):
        end = row + table.metadata.row_group(group).num_rows
        try:
            for batch in table.iter_batches(1_000, [group], columns):
                yield from batch_records(file, batch, text_field, row)
                row += len(batch)
        except (pa.ArrowInvalid, OSError) as error:
            if getattr(error, "errno", None) is not None:
                raise
            yield Fault(file.name, row, "row", f"rows {row} to {end - 1} are broken: {error}")
        row = end


def batch_records(file: SourceFile, batch: pa.RecordBatch, text_field: str, start: int) -> Iterator[Record | Fault]:
    """The rows of a batch; Arrow does not check that its strings are UTF-8, so this does."""
    for index in range(len(batch)):
        place = start + index
        try:
            row = {name: batch.column(name)[index].as_py() for name in batch.schema.names}
            yield Record(file.name, {**row, "text": row[text_field]}, place, "row")
        except UnicodeDecodeError as error:
            reason, excerpt = f"not UTF-8 from byte {error.start}", escaped(error.object, error.start)
            yield Fault(file.name, place, "row", reason, excerpt)


def read_aozora(file: SourceFile, stream: IO[bytes], encoding: str) -> Iterator[Record | Fault]:
    """One work a member of a zip, or a file of its own."""
    if file.kind != ".zip":
        yield from read_text(file, stream, encoding, plain_text)
        return
    with zipfile.ZipFile(stream) as archive:
        for member in sorted(archive.infolist(), key=lambda member: member.filename):
            if not member.is_dir():
                yield read_member(file, archive, member, encoding)


def read_member(file: SourceFile, archive: zipfile.ZipFile, member: zipfile.ZipInfo, encoding: str) -> Record | Fault:
    name = f"{file.name}/{member.filename}"
    if not member.filename.lower().endswith(".txt"):
        return Fault(name, 0, "byte", "no .txt")
    try:
        with archive.open(member) as stream:
            return whole_document(name, stream, encoding, plain_text)
    except (*BROKEN_STREAM, RuntimeError, NotImplementedError) as error:  # encrypted, or packed in an unknown way
        return Fault(name, 0, "byte", f"broken member of the archive: {error}")
