"""The files of a source, a local path or any fsspec URL, opened for reading and decompressed."""

import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any, cast

import fsspec
import zstandard

from hagane.core.errors import BadInput, UsageError

COMPRESSIONS = (".gz", ".zst")
CHUNK = 1 << 16  # bytes of a compressed file that are read at once (ours)


@dataclass(frozen=True)
class SourceFile:
    name: str  # relative to the source, never absolute; bytes that are not UTF-8 are escaped
    size: int  # bytes, as stored
    address: str  # as its file system knows it
    system: Any

    @property
    def own_name(self) -> str:
        return PurePosixPath(self.name).name

    @property
    def kind(self) -> str:
        """The extension under a compression's: ".jsonl" of a.jsonl.gz."""
        path = PurePosixPath(self.name.lower())
        return (path.with_suffix("") if path.suffix in COMPRESSIONS else path).suffix

    def open(self) -> IO[bytes]:
        stream: IO[bytes] = self.system.open(self.address, "rb")
        return stream

    def decompressed(self, stream: IO[bytes]) -> IO[bytes]:
        """The content of an opened file; a truncated one raises EOFError where it ends."""
        suffix = PurePosixPath(self.name.lower()).suffix
        if suffix == ".gz":
            return cast(IO[bytes], gzip.GzipFile(fileobj=stream))
        return io.BufferedReader(Zstandard(stream), CHUNK) if suffix == ".zst" else stream


def source_files(source: str) -> list[SourceFile]:
    """The files of a file, folder or URL, sorted by name, hidden ones left out; BadInput if there is none."""
    try:
        system, path = fsspec.core.url_to_fs(source)
    except (ImportError, ValueError) as error:
        raise UsageError("no such kind of address", source, str(error)) from error
    if not system.exists(path):
        raise BadInput("no such file or folder", source)
    if system.isfile(path):
        return [SourceFile(escaped(PurePosixPath(path).name), system.size(path) or 0, path, system)]
    found = system.find(path, detail=True)
    names = {address: escaped(address.removeprefix(path).lstrip("/")) for address in found}
    visible = {name: address for address, name in names.items() if not hidden(name)}
    if not visible:
        raise BadInput("the folder holds no file", source)
    return [SourceFile(name, found[address]["size"] or 0, address, system) for name, address in sorted(visible.items())]


def escaped(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


class Zstandard(io.RawIOBase):
    """Zstandard frames, one after the other; zstandard's own reader takes a truncated frame for a whole one."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.chunks = decompress(stream)
        self.rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.rest:
            chunk = next(self.chunks, None)
            if chunk is None:
                return 0
            self.rest = memoryview(chunk)
        room = memoryview(buffer)
        count = min(len(room), len(self.rest))
        room[:count], self.rest = self.rest[:count], self.rest[count:]
        return count


def decompress(stream: IO[bytes]) -> Iterator[bytes]:
    frame = None
    while chunk := stream.read(CHUNK):
        while chunk:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            yield frame.decompress(chunk)
            chunk, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
    if frame is not None:
        raise EOFError("the file ended inside a zstandard frame")
