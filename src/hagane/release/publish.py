"""Publish a release to a folder or to any URL that fsspec knows, and read it back."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from hagane.core.errors import DISK_ERRORS, CorruptArtifact, HaganeError, InfrastructureError, UsageError
from hagane.events import progress
from hagane.release.verify import SUMS, differences, hashed, read_sums

EVERY_RELEASE = {"README.md", "config.json", "model.safetensors"}  # what the SHA256SUMS of any other folder lacks
CHUNK = 1 << 20  # bytes read at a time


def publish(folder: Path, destination: str) -> None:
    """Copy a release to ``destination``, replacing an earlier release but nothing else.

    A local folder appears by one rename; elsewhere SHA256SUMS goes last. Then every file is read back and compared.
    UsageError for an unknown protocol or a destination with files that no release wrote; InfrastructureError if the
    other side fails or holds something else afterwards.
    """
    filesystem, place = opened(destination)
    with publishing(destination):
        if isinstance(filesystem, LocalFileSystem):
            replace_folder(folder, filesystem, Path(place), destination)
        else:
            upload(folder, filesystem, place, destination)


def opened(destination: str) -> tuple[Any, str]:
    try:
        filesystem, place = url_to_fs(destination)
    except ValueError as error:
        choices = ", ".join(sorted(fsspec.available_protocols()))
        raise UsageError("destination wants a folder or a URL", destination, f"protocols are {choices}") from error
    except ImportError as error:
        raise UsageError("the destination's protocol needs a package", destination, str(error)) from error
    except OSError as error:
        raise InfrastructureError("cannot reach the destination", destination, str(error)) from error
    return filesystem, place.rstrip("/")


@contextmanager
def publishing(destination: str) -> Iterator[None]:
    """Whatever the other side raises as one error, but for a full or failing disk, which has its own exit code."""
    try:
        yield
    except HaganeError:
        raise
    except Exception as error:  # each file system has its own kinds: OSError, botocore's, aiohttp's
        if isinstance(error, OSError) and error.errno in DISK_ERRORS:
            raise
        reason = str(error) or type(error).__name__
        raise InfrastructureError("cannot publish", destination, f"{reason}; does it exist, may you write?") from error


def replace_folder(folder: Path, filesystem: Any, place: Path, destination: str) -> None:
    if place.is_file():
        raise UsageError("destination wants a folder, not a file", destination)
    wanted = hashed(folder)
    refuse_foreign(wanted, filesystem, str(place), destination)
    new, old = (place.with_name(f".{place.name}.{which}-release") for which in ("new", "old"))
    shutil.rmtree(new, ignore_errors=True)  # of a killed attempt
    try:
        for name in wanted:
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, new / name)
        compare(wanted, filesystem, str(new), destination)
        if place.exists():
            shutil.rmtree(old, ignore_errors=True)
            place.rename(old)
        new.rename(place)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def upload(folder: Path, filesystem: Any, place: str, destination: str) -> None:
    wanted = hashed(folder)
    stale = refuse_foreign(wanted, filesystem, place, destination)
    names = sorted(wanted, key=lambda name: (name == SUMS, name))
    for done, name in enumerate(names, 1):
        filesystem.put_file(str(folder / name), f"{place}/{name}")
        progress(done, len(names), "files", name)
    for name in stale:
        filesystem.rm_file(f"{place}/{name}")
    compare(wanted, filesystem, place, destination)


def refuse_foreign(wanted: dict[str, str], filesystem: Any, place: str, destination: str) -> set[str]:
    """The files of an earlier release that this one no longer has; UsageError for files that no release wrote."""
    there = present(filesystem, place)
    unlisted = there - (of_release(filesystem, place) if SUMS in there else set())
    foreign = sorted(name for name in unlisted if read_back(filesystem, f"{place}/{name}") != wanted.get(name))
    if foreign:
        files = ", ".join(foreign[:5]) + (", ..." if len(foreign) > 5 else "")
        fix = f"{files} would be overwritten or left among its files; choose an empty place"
        raise UsageError("the destination holds files that no release of hagane wrote", destination, fix)
    return there - wanted.keys()


def of_release(filesystem: Any, place: str) -> set[str]:
    """The files that SHA256SUMS lists, if it is a release's."""
    try:
        listed = read_sums(filesystem.cat_file(f"{place}/{SUMS}").decode("utf-8"), place).keys()
    except (CorruptArtifact, UnicodeDecodeError):
        return set()
    return {*listed, SUMS} if listed >= EVERY_RELEASE else set()


def present(filesystem: Any, place: str) -> set[str]:
    filesystem.invalidate_cache()
    found = filesystem.find(place) if filesystem.exists(place) else []
    return {str(PurePosixPath(path).relative_to(place)) for path in found}


def compare(wanted: dict[str, str], filesystem: Any, place: str, destination: str) -> None:
    found = {name: read_back(filesystem, f"{place}/{name}") for name in present(filesystem, place)}
    if problems := differences(wanted, found):
        raise InfrastructureError("what was published reads back differently", destination, "; ".join(problems))


def read_back(filesystem: Any, path: str) -> str:
    """The sha256 of a file as the destination gives it back."""
    digest = hashlib.sha256()
    with filesystem.open(path, "rb", block_size=CHUNK) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
