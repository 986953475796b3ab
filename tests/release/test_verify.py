"""Checksums and the offline check of a release or a store's artifact."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from hagane.core.artifact import File, Manifest
from hagane.core.errors import BadInput, CorruptArtifact
from hagane.release.verify import verify, write_sums
from hagane.storage.files import sha256


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "README.md").write_text("# 日本語モデル\n", encoding="utf-8")
    (folder / "model.safetensors").write_bytes(bytes(range(256)))
    write_sums(folder)
    return folder


def artifact(folder: Path) -> Path:
    """The release as it lies in a store."""
    place = folder.with_name("artifact")
    shutil.copytree(folder, place / "data")
    files = [File(f.name, f.stat().st_size, sha256(f), "") for f in (place / "data").iterdir()]
    (place / "manifest.json").write_text(Manifest("release", 1, tuple(files)).to_json(), encoding="utf-8")
    return place


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs coreutils")
def test_sha256sum_checks_a_release(release: Path) -> None:
    done = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=release, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout == "README.md: OK\nmodel.safetensors: OK\n"


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs coreutils")
def test_the_sums_are_those_of_sha256sum(release: Path) -> None:
    files = ["README.md", "model.safetensors"]
    assert (release / "SHA256SUMS").read_bytes() == subprocess.check_output(["sha256sum", *files], cwd=release)


def test_a_sound_folder_passes(release: Path) -> None:
    assert verify(release) == "all 2 files are as SHA256SUMS says"
    assert verify(artifact(release)) == "all 3 files are as manifest.json says"


@pytest.mark.parametrize("kind", ["release", "artifact"])
def test_missing_changed_and_extra_files_are_named(release: Path, kind: str) -> None:
    folder = release if kind == "release" else artifact(release)
    data = release if kind == "release" else folder / "data"
    (data / "README.md").unlink()
    (data / "model.safetensors").write_bytes(bytes(256))
    (data / "深い").mkdir()
    (data / "深い" / "extra.bin").touch()
    with pytest.raises(CorruptArtifact) as corrupt:
        verify(folder)
    for problem in ("missing: README.md", "changed: model.safetensors", "not listed: 深い/extra.bin"):
        assert problem in str(corrupt.value)


def test_a_flipped_bit_is_found_although_size_and_time_agree(release: Path) -> None:
    file = release / "model.safetensors"
    before = file.stat()
    file.write_bytes(bytes([1]) + file.read_bytes()[1:])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(CorruptArtifact, match=r"changed: model\.safetensors"):
        verify(release)


@pytest.mark.parametrize("sums", ["", "nonsense\n", "abc  README.md\n", "\xff\n"])
def test_broken_sums_are_corrupt(release: Path, sums: str) -> None:
    (release / "SHA256SUMS").write_text(sums, encoding="latin-1")
    with pytest.raises(CorruptArtifact, match="SHA256SUMS wants"):
        verify(release)


def test_an_edited_manifest_is_corrupt(release: Path) -> None:
    place = artifact(release)
    manifest = Manifest.from_json((place / "manifest.json").read_bytes(), "")
    edited = (
        replace(manifest, files=manifest.files[1:])
        .to_json()
        .replace(replace(manifest, files=manifest.files[1:]).digest, manifest.digest)
    )
    (place / "manifest.json").write_text(edited)
    with pytest.raises(CorruptArtifact, match="was edited"):
        verify(place)


@pytest.mark.parametrize("name", ["empty", "nowhere"])
def test_a_folder_that_is_neither_is_bad_input(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="verify wants a release"):
        verify(tmp_path / name)
