"""A store's file system behind fsspec, whose many libraries fail in as many ways."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from hagane.core.errors import InfrastructureError

READS = ("cat_file", "find", "get_file", "info", "isdir", "isfile", "rm", "ukey")
WRITES = ("makedirs", "pipe_file", "put_file")


class Remote:
    """The methods of ``disk.FileSystem``; what is not an answer becomes InfrastructureError."""

    def __init__(self, fs: Any, url: str) -> None:
        for name in READS:
            setattr(self, name, told(getattr(fs, name), url, (FileNotFoundError,)))
        for name in WRITES:
            setattr(self, name, told(getattr(fs, name), url, (FileExistsError,)))


def told(method: Callable[..., Any], url: str, answers: tuple[type[Exception], ...]) -> Callable[..., Any]:
    @wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return method(*arguments, **named)
        except answers:
            raise
        except Exception as error:
            raise InfrastructureError(f"the store {url} failed", fix=str(error) or type(error).__name__) from error

    return call
