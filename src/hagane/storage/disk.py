"""A local disk with the few methods of fsspec that a store needs.

fsspec itself takes a quarter of a second to import, more than all of a task's own cost, so the local disk goes
without it; every other URL is fsspec's own file system, used through these same methods.
"""

import os
import shutil
from pathlib import Path
from typing import Any, Literal, Protocol

from hagane.storage.files import files_in, write_whole


class FileSystem(Protocol):
    """The part of fsspec's AbstractFileSystem that a store uses; paths are absolute within it."""

    def cat_file(self, path: str) -> bytes: ...
    def pipe_file(self, path: str, value: bytes, mode: Literal["overwrite", "create"] = "overwrite") -> Any: ...
    def isfile(self, path: str) -> bool: ...
    def isdir(self, path: str) -> bool: ...
    def find(self, path: str) -> Any: ...
    def info(self, path: str) -> Any: ...
    def ukey(self, path: str) -> str: ...
    def put_file(self, lpath: str, rpath: str) -> Any: ...
    def get_file(self, rpath: str, lpath: str) -> Any: ...
    def makedirs(self, path: str, exist_ok: bool = False) -> Any: ...
    def rm(self, path: str, recursive: bool = False) -> Any: ...


class LocalDisk:
    """Writes are whole or absent; ``ukey`` is the modification time in ns."""

    def cat_file(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def pipe_file(self, path: str, value: bytes, mode: Literal["overwrite", "create"] = "overwrite") -> None:
        if mode == "overwrite":
            return write_whole(Path(path), value)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        half = f"{path}.{os.getpid()}.new"
        Path(half).write_bytes(value)
        try:
            os.link(half, path)  # a file opened to be made would be seen empty, and stay so if its maker is killed
        finally:
            os.unlink(half)

    def isfile(self, path: str) -> bool:
        return os.path.isfile(path)

    def isdir(self, path: str) -> bool:
        return os.path.isdir(path)

    def find(self, path: str) -> list[str]:
        return [str(file) for file in files_in(Path(path))]

    def info(self, path: str) -> dict[str, Any]:
        return {"size": os.stat(path).st_size}

    def ukey(self, path: str) -> str:
        return str(os.stat(path).st_mtime_ns)

    def put_file(self, lpath: str, rpath: str) -> None:
        self.makedirs(os.path.dirname(rpath), exist_ok=True)
        shutil.copyfile(lpath, rpath)

    def get_file(self, rpath: str, lpath: str) -> None:
        shutil.copyfile(rpath, lpath)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        os.makedirs(path, exist_ok=exist_ok)

    def rm(self, path: str, recursive: bool = False) -> None:
        if recursive:
            shutil.rmtree(path)
        else:
            os.unlink(path)
