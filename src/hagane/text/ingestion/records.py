"""What reading a source yields: records, and faults where something cannot be read."""

from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, NamedTuple

from hagane.text.ingestion.encodings import Undecodable, decode

LARGEST = 64_000_000  # bytes of one document (ours): more is no document but a corpus in the wrong format, or a bomb
EXCERPT = 60  # bytes of what could not be read, for the quarantine (ours)
COLUMNS = ("id", "source", "url", "license", "language")  # of a row's own, beside its text


class Record(NamedTuple):
    """A row with its text and whatever it says of itself, and the line, row or byte of the file where it stood."""

    file: str
    row: Mapping[str, Any]
    offset: int = 0
    unit: str = "byte"


class Fault(NamedTuple):
    """What could not be read: the file or archive member, the line, row or byte, the reason, an escaped excerpt."""

    file: str
    offset: int
    unit: str
    reason: str
    excerpt: str = ""


Records = Iterator[Record | Fault]
Reader = Callable[[str, IO[bytes]], Records]  # of a file's name and its content, decompressed


def escaped(raw: bytes, start: int = 0) -> str:
    return raw[start : start + EXCERPT].decode("utf-8", "backslashreplace")


def unified(text: str) -> str:
    """The text with newlines for line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines with their ends; one over the limit is cut there, its rest dropped."""
    while line := stream.readline(LARGEST + 1):
        yield line
        while len(line) > LARGEST and not line.endswith(b"\n"):
            line = stream.readline(LARGEST + 1)


def whole_document(name: str, stream: IO[bytes], to_text: Callable[[bytes], str]) -> Record | Fault:
    """The one document that a stream is; ``to_text`` may raise ValueError, and Undecodable with its place."""
    raw = stream.read(LARGEST + 1)
    if len(raw) > LARGEST:
        return Fault(name, LARGEST, "byte", f"one document of over {LARGEST:,} bytes: split it, or make it JSONL")
    try:
        return Record(name, {"text": to_text(raw)})
    except ValueError as error:
        offset = error.offset if isinstance(error, Undecodable) else 0
        return Fault(name, offset, "byte", str(error), escaped(raw, offset))


def read_text(name: str, stream: IO[bytes], encoding: str, clean: Callable[[str], str]) -> Records:
    """One document a file; ``clean`` gets it with newlines for line ends."""
    yield whole_document(name, stream, lambda raw: clean(unified(decode(raw, encoding))))
