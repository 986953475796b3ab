"""The files of a source, a local path or any fsspec URL, opened for reading."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from hagane.core.errors import DISK_ERRORS, BadInput, HaganeError, InfrastructureError, UsageError
from hagane.storage.sources import MARKS
from hagane.text.ingestion.compression import CHUNK, kind

STAMP = ("size", "mtime", "LastModified", "last_modified", *MARKS)  # what changes when a file does
TOLD = 5  # names that an error message quotes (ours)


@dataclass(frozen=True)
class SourceFile:
    name: str  # relative to the source, never absolute; bytes that are not UTF-8 are escaped
    size: int  # bytes, as stored; 0 if the far side does not tell
    address: str  # as its file system knows it
    system: Any

    @property
    def own_name(self) -> str:
        return PurePosixPath(self.name).name

    @property
    def kind(self) -> str:
        return kind(self.name)

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The file as stored. BadInput if it changed while it was open, InfrastructureError if it cannot be reached."""
        before = self.stamp()
        with reached(self.name):
            stream = self.system.open(self.address, "rb")
        with stream:
            yield stream if isinstance(self.system, LocalFileSystem) else buffered(self.name, stream)
        if self.stamp() != before:
            raise BadInput("the file changed while it was read", self.name, "run again when nothing writes to it")

    def stamp(self) -> list[str]:
        with reached(self.name):
            self.system.invalidate_cache(self.address)
            info = self.system.info(self.address)
        return [str(info.get(mark)) for mark in STAMP]


def buffered(name: str, stream: Any) -> IO[bytes]:
    return io.BufferedReader(Remote(name, stream), CHUNK)


class Remote(io.RawIOBase):
    """A far file whose failures are told from damaged content: its libraries have errors of many kinds."""

    def __init__(self, name: str, stream: Any) -> None:
        self.source, self.stream = name, stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self.stream.seekable())

    def readinto(self, buffer: Any) -> int:
        with reached(self.source):
            piece = self.stream.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self.stream.seek(offset, whence))

    def tell(self) -> int:
        return int(self.stream.tell())


@contextmanager
def reached(name: str) -> Iterator[None]:
    """What goes wrong on the way to a file, told apart from what is wrong in it."""
    try:
        yield
    except HaganeError:
        raise
    except (FileNotFoundError, PermissionError) as error:
        raise BadInput("no such file, or it may not be read", name, str(error)) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno in DISK_ERRORS:
            raise
        raise InfrastructureError("cannot reach", name, str(error) or type(error).__name__) from error


def source_files(source: str, pattern: str = "*") -> list[SourceFile]:
    """The files of a file, folder or URL whose names match, sorted by name, hidden ones left out.

    Raises BadInput if there is none, UsageError for an unknown kind of address.
    """
    system, path = file_system(source)
    with reached(source):
        if not system.exists(path):
            raise BadInput("no such file or folder", source)
        if system.isfile(path) and not path.endswith("/"):  # every page of a web server is a file
            return [SourceFile(own_name(path), system.size(path) or 0, path, system)]
        found = system.find(path, detail=True)
    visible = {name: address for address in found if not hidden(name := relative(address, path))}
    if not visible:
        raise BadInput("the folder holds no file", source)
    matching = sorted(name for name in visible if fnmatchcase(name, pattern))
    if not matching:
        raise BadInput("no file's name matches", pattern, f"there are {', '.join(sorted(visible)[:TOLD])}")
    return [SourceFile(name, found[visible[name]]["size"] or 0, visible[name], system) for name in matching]


def file_system(source: str) -> tuple[Any, str]:
    """The file system of an address, and the address as it knows it."""
    try:
        system, path = fsspec.core.url_to_fs(source)
    except (ImportError, ValueError) as error:
        raise UsageError("no such kind of address", source, str(error)) from error
    return system, path


def own_name(address: str) -> str:
    """The last part of an address, without a URL's query: it may hold a secret, and hides the extension."""
    name = PurePosixPath(address).name
    return escaped(name.partition("?")[0] if "://" in address else name)


def relative(address: str, folder: str) -> str:
    return escaped(address.removeprefix(folder).lstrip("/"))


def escaped(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def hidden(name: str) -> bool:
    return any(part.startswith((".", "?")) for part in name.split("/"))  # "?": how a web server's listing is sorted
