"""The store: artifacts by reuse key, on a local disk or at any URL of fsspec."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from hagane.core.artifact import File, Manifest
from hagane.core.errors import DISK_ERRORS, CorruptArtifact, HaganeError, InfrastructureError, UsageError
from hagane.storage.disk import FileSystem, LocalDisk
from hagane.storage.files import files_in, sha256, write_whole
from hagane.storage.lease import lease
from hagane.storage.remote import Remote
from hagane.storage.sources import fingerprint

MANIFEST = "manifest.json"
COMMITTED = "committed.json"
PROBE = 1_000_000  # bytes that a store in order has room for


def open_store(url: str) -> "Store":
    """The store at a path or URL; UsageError if no file system of that name is installed."""
    scheme, mark, path = url.partition("://")
    if not mark or scheme == "file":
        return Store(LocalDisk(), os.path.abspath(path if mark else url))
    import fsspec

    try:
        fs, root = fsspec.core.url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        raise UsageError("no such kind of store", url, str(error)) from error
    name = hashlib.sha256(url.encode()).hexdigest()[:16]
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    remote = cast(FileSystem, Remote(fs, url))
    return Store(remote, root.rstrip("/"), f"{scheme}://", Path(home) / "hagane" / name)


class Store:
    """Laid out as README.md beside says; ``cache`` is where a remote one's files are worked on, None on a disk."""

    def __init__(self, fs: FileSystem, root: str, prefix: str = "", cache: Path | None = None) -> None:
        self.fs, self.root, self.prefix, self.cache = fs, root, prefix, cache
        self.v1 = f"{root}/v1"

    @property
    def url(self) -> str:
        return self.prefix + self.root

    def place(self, key: str, output: str = "") -> str:
        return f"{self.v1}/artifacts/{key[:2]}/{key}" + (f"/{output}" if output else "")

    def uri(self, key: str, output: str) -> str:
        return self.prefix + self.place(key, output)

    def local(self, name: str) -> Path:
        """Where a part of the store is worked on: the store itself, or its cache."""
        return (self.cache or Path(self.v1)) / name

    def find(self, key: str, outputs: tuple[str, ...]) -> dict[str, Manifest] | None:
        """None unless the key was committed; CorruptArtifact if a file is not as its manifest says."""
        place = self.place(key)
        if not self.fs.isfile(f"{place}/{COMMITTED}"):
            return None
        committed = self.read_whole(f"{place}/{COMMITTED}")
        if missing := [name for name in outputs if name not in committed]:
            raise CorruptArtifact(f"{place} has no output {missing[0]}")
        return {name: self.sound_manifest(f"{place}/{name}", committed[name]) for name in outputs}

    def sound_manifest(self, folder: str, digest: str) -> Manifest:
        """The manifest, if it has the digest and its files are still what it says."""
        manifest = self.manifest(folder)
        if manifest.digest != digest:
            raise CorruptArtifact(f"{folder} should have digest {digest}", manifest.digest, "its task runs again")
        if problem := self.change(f"{folder}/data", manifest.files):
            raise CorruptArtifact(f"{problem} after it was committed in {folder}", fix="its task runs again")
        return manifest

    def manifest(self, folder: str) -> Manifest:
        """The manifest in the folder; CorruptArtifact if it is missing, torn or edited."""
        try:
            content = self.fs.cat_file(f"{folder}/{MANIFEST}")
        except FileNotFoundError:
            raise CorruptArtifact(f"{folder} has no {MANIFEST}", fix="run its producer again") from None
        return Manifest.from_json(content, f"{folder}/{MANIFEST}")

    def record(self, uri: str) -> dict[str, Any]:
        """Where the artifact came from."""
        return self.manifest(uri.removeprefix(self.prefix)).record

    def change(self, data: str, files: tuple[File, ...]) -> str:
        """Which file is not as described; empty if all are. A touched file is read again."""
        there = {path.removeprefix(f"{data}/"): path for path in self.fs.find(data)}
        for file in files:
            if file.path not in there:
                return f"{file.path} is gone"
            path = there.pop(file.path)
            if self.fs.info(path)["size"] != file.size:
                return f"{file.path} was edited"
            if self.fs.ukey(path) != file.stamp and self.sha256(path) != file.sha256:
                return f"{file.path} was edited"
        return f"{min(there)} was added" if there else ""

    def sha256(self, path: str) -> str:
        if self.cache is None:
            return sha256(Path(path))
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            self.fs.get_file(path, f"{folder}/file")
            return sha256(Path(folder) / "file")

    def open(self, uri: str, digest: str) -> Path:
        """A local folder with the artifact's files, fetched if the store is elsewhere."""
        folder = uri.removeprefix(self.prefix)
        manifest = self.sound_manifest(folder, digest)
        if self.cache is None:
            return Path(folder) / "data"
        data = self.cache / "artifacts" / digest
        for file in manifest.files:
            fetched = data / file.path
            if not (fetched.is_file() and fetched.stat().st_size == file.size and sha256(fetched) == file.sha256):
                fetched.parent.mkdir(parents=True, exist_ok=True)
                self.fs.get_file(f"{folder}/data/{file.path}", str(fetched))
        return data

    @contextmanager
    def lease(self, key: str) -> Iterator[None]:
        with self.blamed(), lease(self.fs, f"{self.v1}/work/{key}/lease"):
            yield

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """An error that comes from the store's own trouble says so."""
        try:
            yield
        except HaganeError:
            raise
        except Exception as error:
            if trouble := self.trouble(error):
                raise InfrastructureError(trouble, fix=str(error)) from error
            raise

    @contextmanager
    def workspace(self, key: str) -> Iterator[tuple[Path, Path]]:
        """An empty folder for this attempt, and one that stays for the next until a commit."""
        home = self.local(f"work/{key}")
        kept = home / "kept"
        kept.mkdir(parents=True, exist_ok=True)
        for dead in home.glob("attempt-*"):
            shutil.rmtree(dead, ignore_errors=True)
        attempt = home / f"attempt-{os.urandom(4).hex()}"
        attempt.mkdir()
        try:
            with self.blamed():  # before the attempt is cleared away, which may leave room again on a full disk
                yield attempt, kept
        finally:
            shutil.rmtree(attempt, ignore_errors=True)
        shutil.rmtree(kept, ignore_errors=True)

    def commit(self, key: str, attempt: Path, drafts: dict[str, Manifest]) -> dict[str, Manifest]:
        """All outputs or none; the first commit stands unless its files have changed."""
        with suppress(CorruptArtifact):
            if found := self.find(key, tuple(drafts)):
                return found
        place = self.place(key)
        if self.fs.isdir(place):
            self.fs.rm(place, recursive=True)
        return self.move_in(place, attempt, drafts) if self.cache is None else self.upload(place, attempt, drafts)

    def move_in(self, place: str, attempt: Path, drafts: Mapping[str, Manifest]) -> dict[str, Manifest]:
        manifests = {
            name: replace(draft, files=self.describe(attempt / name / "data")) for name, draft in drafts.items()
        }
        for name, manifest in manifests.items():
            write_whole(attempt / name / MANIFEST, manifest.to_json())
        write_whole(attempt / COMMITTED, committed(manifests))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        attempt.rename(place)
        return manifests

    def upload(self, place: str, attempt: Path, drafts: Mapping[str, Manifest]) -> dict[str, Manifest]:
        """Files, then manifests, then the mark that makes them count."""
        manifests = {}
        for name, draft in drafts.items():
            files = []
            for file in self.describe(attempt / name / "data"):
                path = f"{place}/{name}/data/{file.path}"
                self.put(attempt / name / "data" / file.path, path)
                files.append(replace(file, stamp=self.fs.ukey(path)))
            manifests[name] = replace(draft, files=tuple(files))
            self.fs.pipe_file(f"{place}/{name}/{MANIFEST}", manifests[name].to_json().encode())
        self.fs.pipe_file(f"{place}/{COMMITTED}", committed(manifests).encode())
        return manifests

    def describe(self, folder: Path) -> tuple[File, ...]:
        """Every file of a local folder with its digest."""
        return tuple(
            File(path.relative_to(folder).as_posix(), stat.st_size, sha256(path), str(stat.st_mtime_ns))
            for path in files_in(folder)
            for stat in (path.stat(),)
        )

    def used(self, digest: str, key: str) -> None:
        self.fs.pipe_file(f"{self.v1}/uses/{digest}/{key}", b"")

    def users(self, digest: str) -> list[str]:
        return self.names(f"uses/{digest}")

    def fingerprint(self, source: str) -> str | None:
        memory = self.local("sources") / f"{hashlib.sha256(os.path.abspath(source).encode()).hexdigest()[:32]}.json"
        return fingerprint(source, memory)

    def trouble(self, error: Exception) -> str:
        """Why the store cannot be written to, if the error may come from that; empty if it can."""
        if isinstance(error, OSError) and error.errno in DISK_ERRORS:
            return f"the store {self.root} failed: {os.strerror(error.errno)}"
        if self.cache is None and not self.fs.isdir(self.v1):
            return f"the store {self.root} is gone"
        try:
            self.fs.pipe_file(f"{self.v1}/work/probe", bytes(PROBE))
            self.fs.rm(f"{self.v1}/work/probe")
        except OSError as trouble:
            return f"the store {self.root} cannot be written to: {trouble.strerror or trouble}"
        return ""

    def read_json(self, name: str) -> Any:
        """A run's or a pipeline's own file; None if it was never written."""
        try:
            return self.read_whole(f"{self.v1}/{name}")
        except FileNotFoundError:
            return None

    def read_whole(self, path: str) -> Any:
        try:
            return json.loads(self.fs.cat_file(path))
        except ValueError as error:
            raise CorruptArtifact(f"{path} is not JSON", fix=str(error)) from error

    def write_json(self, name: str, content: Any) -> None:
        try:
            self.fs.pipe_file(f"{self.v1}/{name}", json.dumps(content, ensure_ascii=False, indent=1).encode())
        except OSError as error:
            raise InfrastructureError(
                f"cannot write to the store {self.root}", fix=error.strerror or str(error)
            ) from error

    def names(self, folder: str) -> list[str]:
        """The names in a folder of the store, sorted."""
        path = f"{self.v1}/{folder}/"
        return sorted({file.partition(path)[2].partition("/")[0] for file in self.fs.find(path)})

    def locate(self, target: str) -> tuple[str, Manifest]:
        """URI and manifest of an artifact by its folder or the start of its digest; UsageError if there is none."""
        folder = target.removeprefix(self.prefix).rstrip("/").removesuffix("/data")
        if self.fs.isfile(f"{folder}/{MANIFEST}"):
            return self.prefix + os.path.abspath(folder) if self.cache is None else target, self.manifest(folder)
        found: dict[str, str] = {}
        for path in self.fs.find(f"{self.v1}/artifacts"):
            if path.endswith(f"/{COMMITTED}") and len(target) >= 6:
                digests = self.read_whole(path).items()
                found |= {d: f"{path.removesuffix(COMMITTED)}{name}" for name, d in digests if d.startswith(target)}
        if len(found) != 1:
            fix = "give its folder, or 6 digits or more of its digest (see hagane runs --json)"
            raise UsageError("no such artifact" if not found else f"{len(found)} artifacts start so", target, fix)
        return next((self.prefix + folder, self.manifest(folder)) for folder in found.values())

    def push(self, name: str) -> None:
        """Bring a folder that was worked on locally to where the store is."""
        if self.cache is not None:
            for file in files_in(self.cache / name):
                self.put(file, f"{self.v1}/{file.relative_to(self.cache).as_posix()}")

    def put(self, file: Path, path: str) -> None:
        self.fs.makedirs(os.path.dirname(path), exist_ok=True)
        self.fs.put_file(str(file), path)


def committed(manifests: Mapping[str, Manifest]) -> str:
    return json.dumps({name: manifest.digest for name, manifest in manifests.items()}, indent=1)
