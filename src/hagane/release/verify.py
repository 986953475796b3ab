"""Checksums of a release, and the offline check of a release or of an artifact in a store."""

import re
from collections.abc import Mapping
from pathlib import Path

from hagane.core.artifact import Manifest
from hagane.core.errors import BadInput, CorruptArtifact
from hagane.storage.files import files_in, sha256

SUMS = "SHA256SUMS"
MANIFEST = "manifest.json"


def write_sums(folder: Path) -> None:
    """``SHA256SUMS`` of every other file, sorted, as ``sha256sum`` writes it and ``sha256sum -c`` reads it."""
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(hashed(folder).items()) if name != SUMS)
    (folder / SUMS).write_text(text, encoding="utf-8")


def read_sums(text: str, where: str) -> dict[str, str]:
    """Digest by file name; CorruptArtifact for what ``sha256sum`` would not have written."""
    lines = [re.fullmatch(r"([0-9a-f]{64}) [ *](.+)", line) for line in text.splitlines()]
    if not lines or None in lines:
        raise CorruptArtifact(f"{where} wants a sha256, two spaces and a file name in every line", text[:200])
    return {line[2]: line[1] for line in lines if line}


def verify(folder: Path) -> str:
    """What was checked, in words: a release by its SHA256SUMS, an artifact of a store by manifest.json beside data/.

    CorruptArtifact names every missing, changed and extra file; BadInput if the folder is neither.
    """
    if (folder / SUMS).is_file():
        listing = SUMS
        expected = read_sums((folder / SUMS).read_text(encoding="utf-8", errors="replace"), str(folder / SUMS))
        found = hashed(folder)
        found.pop(SUMS)
    elif (folder / MANIFEST).is_file():
        listing = MANIFEST
        manifest = Manifest.from_json((folder / MANIFEST).read_bytes(), str(folder / MANIFEST))
        expected = {file.path: file.sha256 for file in manifest.files}
        found = hashed(folder / "data")
    else:
        raise BadInput(f"verify wants a release (with {SUMS}) or an artifact of a store (with {MANIFEST})", str(folder))
    if problems := differences(expected, found):
        raise CorruptArtifact(f"{folder} is not what was written: {'; '.join(problems)}", fix="make it again")
    return f"all {len(expected)} files are as {listing} says"


def hashed(folder: Path) -> dict[str, str]:
    """The sha256 of every file, by its path in the folder."""
    return {file.relative_to(folder).as_posix(): sha256(file) for file in files_in(folder)}


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    kinds = {
        "missing": expected.keys() - found.keys(),
        "changed": {name for name in expected.keys() & found.keys() if expected[name] != found[name]},
        "not listed": found.keys() - expected.keys(),
    }
    return [f"{kind}: {', '.join(sorted(names))}" for kind, names in kinds.items() if names]
