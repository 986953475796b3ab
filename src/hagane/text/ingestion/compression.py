"""Compressed files as streams of their content, which end in ``BrokenStream`` where the file is damaged or a bomb."""

import bz2
import io
import lzma
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import IO, Any, Protocol

import zstandard
from isal import igzip_lib

CHUNK = 1 << 17  # bytes that are read or decompressed at once (ours)
BOMB = 1_000_000_000  # bytes of content from which a file must not hold over RATIO times its size (ours)
RATIO = 500  # text reaches 20; deflate ends at 1,032, zstandard and xz hold whole disks of zeros in a kilobyte (ours)
DICTIONARY = 1 << 30  # bytes of memory that an xz file may ask for (ours): its own presets stop at 65 MiB
PADDING = b"\0"  # after a member, as tapes and tar leave it
BROKEN: tuple[Any, ...] = (igzip_lib.IsalError, lzma.LZMAError, zstandard.ZstdError, EOFError)


class BrokenStream(Exception):
    """A compressed file that is damaged, breaks off, or decompresses without end."""


class Decompressor(Protocol):
    """What gzip, bzip2 and xz have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Zstandard:
    """One frame: zstandard's own reader takes a truncated frame for a whole one, and its other has no limit."""

    SLICE = 1 << 11  # compressed bytes at once: at most 128 KiB of content for every four (RFC 8878, RLE blocks)

    def __init__(self) -> None:
        self.frame = zstandard.ZstdDecompressor().decompressobj()
        self.rest = self.unused_data = b""
        self.eof = False

    @property
    def needs_input(self) -> bool:
        return not self.rest

    def decompress(self, data: bytes, max_length: int) -> bytes:
        data = self.rest + data if self.rest else data
        content: bytes = self.frame.decompress(data[: self.SLICE])
        self.eof, self.rest = self.frame.eof, data[self.SLICE :]
        if self.eof:
            self.unused_data = self.frame.unused_data + self.rest
        return content


DECOMPRESSORS: dict[str, Callable[[], Decompressor]] = {
    ".gz": lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP),
    ".zst": Zstandard,
    ".xz": lambda: lzma.LZMADecompressor(memlimit=DICTIONARY),
    ".bz2": bz2.BZ2Decompressor,
}


def compression(name: str) -> str:
    """The extension of the compression that a file's name tells, or ""."""
    suffix = PurePosixPath(name.lower()).suffix
    return suffix if suffix in DECOMPRESSORS else ""


def kind(name: str) -> str:
    """The extension under a compression's: ".jsonl" of a.jsonl.gz."""
    path = PurePosixPath(name.lower())
    return (path.with_suffix("") if path.suffix in DECOMPRESSORS else path).suffix


def decompressed(name: str, stream: IO[bytes]) -> IO[bytes]:
    """The content of an opened file, by the file's name."""
    suffix = compression(name)
    return io.BufferedReader(Content(content(stream, DECOMPRESSORS[suffix])), CHUNK) if suffix else stream


class Content(io.RawIOBase):
    """A raw stream of pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.rest:
            piece = next(self.pieces, None)
            if piece is None:
                return 0
            self.rest = memoryview(piece)
        count = min(len(buffer), len(self.rest))
        buffer[:count], self.rest = self.rest[:count], self.rest[count:]
        return count


def content(stream: IO[bytes], new: Callable[[], Decompressor]) -> Iterator[bytes]:
    """Pieces of the content of gzip members, zstandard frames or xz streams, one after the other."""
    taken = given = 0
    try:
        for piece, size in pieces(stream, new):
            taken, given = taken + size, given + len(piece)
            if given > BOMB and given > RATIO * taken:
                raise BrokenStream(f"a decompression bomb: {taken:,} bytes hold over {given:,}")
            yield piece
    except BROKEN as error:
        raise BrokenStream(str(error)) from error
    except OSError as error:  # as bzip2 tells damage
        if error.errno is not None:
            raise
        raise BrokenStream(str(error)) from error


def pieces(stream: IO[bytes], new: Callable[[], Decompressor]) -> Iterator[tuple[bytes, int]]:
    """Pieces of the content, and how many compressed bytes were read for each."""
    member: Decompressor | None = None
    while chunk := stream.read(CHUNK):
        size = len(chunk)
        chunk = chunk if member else chunk.lstrip(PADDING)
        while chunk or not (member is None or member.needs_input):
            member = member or new()
            yield member.decompress(chunk, CHUNK), size
            chunk, size = b"", 0
            if member.eof:
                chunk, member = member.unused_data.lstrip(PADDING), None
    if member is not None:
        raise EOFError("the file ends inside its compressed content")
