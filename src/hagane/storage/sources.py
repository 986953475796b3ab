"""What identifies foreign data: fingerprints of files, folders and URLs."""

import hashlib
import json
from contextlib import suppress
from pathlib import Path

from hagane.core.errors import BadInput, InfrastructureError, UsageError
from hagane.storage.files import files_in, sha256, write_whole

MARKS = ("ETag", "etag", "blob_id", "md5Hash", "content_md5", "checksum")  # S3, HTTP, Hugging Face, GCS, Azure


def fingerprint(source: str, memory: Path) -> str | None:
    """What identifies the content of a file, folder or URL; None if the far side names nothing that does.

    Only names relative to the source count, so it may move. ``memory`` spares a second reading of local files.
    Raises BadInput if there is nothing at the address.
    """
    if "://" in source and not source.startswith("file://"):
        return remote_fingerprint(source)
    path = Path(source.removeprefix("file://"))
    if not path.exists():
        raise BadInput("no such file or folder", source)
    known = recall(memory)
    base = path if path.is_dir() else path.parent
    seen: dict[str, list[object]] = {}
    for file in files_in(path) if path.is_dir() else [path]:
        stat = file.stat()
        stamp: list[object] = [stat.st_size, stat.st_mtime_ns]
        name = file.relative_to(base).as_posix()
        old = known.get(name)
        seen[name] = old if old and old[:2] == stamp else [*stamp, sha256(file)]
    if seen != known:
        with suppress(OSError):  # only a shortcut: a read-only store may still be planned on
            write_whole(memory, json.dumps(seen))
    return combined([[name, digest] for name, (_, _, digest) in seen.items()])


def recall(memory: Path) -> dict[str, list[object]]:
    try:
        known: dict[str, list[object]] = json.loads(memory.read_bytes())
    except (OSError, ValueError):
        return {}
    return known


def remote_fingerprint(source: str) -> str | None:
    import fsspec

    try:
        fs, path = fsspec.core.url_to_fs(source)
        infos = fs.find(path, detail=True) or {path: fs.info(path)}
    except (ImportError, ValueError) as error:
        raise UsageError("no such kind of address", source, str(error)) from error
    except FileNotFoundError:
        raise BadInput("nothing at this address", source) from None
    except Exception as error:  # each file system's client has errors of its own
        raise InfrastructureError("cannot reach", source, str(error) or repr(error)) from error
    marks = []
    for name, info in infos.items():
        mark = next((str(info[key]) for key in MARKS if info.get(key)), None)
        if mark is None:
            return None
        marks.append([name.removeprefix(path.rpartition("/")[0]), info.get("size"), mark])
    return combined(marks)


def combined(marks: list[list[object]]) -> str:
    return hashlib.sha256(json.dumps(sorted(marks, key=str)).encode()).hexdigest()
