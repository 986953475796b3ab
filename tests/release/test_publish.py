"""Publishing to a folder, to another file system, and what it refuses."""

import errno
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from hagane.core.errors import HaganeError, InfrastructureError, UsageError
from hagane.release.publish import publish
from hagane.release.verify import verify, write_sums


def make_release(folder: Path, card: str, **more: str) -> Path:
    folder.mkdir()
    files = {"README.md": card, "config.json": "{}", "model.safetensors": "重み"} | more
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    write_sums(folder)
    return folder


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return make_release(tmp_path / "release", "# 日本語モデル\n")


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    return make_release(tmp_path / "earlier", "# 前の版\n", **{"merges.txt": "古い"})


@pytest.fixture(params=["folder", "file", "memory"])
def destination(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    place = tmp_path / "公開" / "models" / "japanese-gpt"
    places = {"folder": str(place), "file": f"file://{place}", "memory": f"memory://{uuid.uuid4()}/japanese-gpt"}
    return places[request.param]


def contents(destination: str) -> dict[str, bytes]:
    filesystem, place = fsspec.url_to_fs(destination)
    found = filesystem.find(place) if filesystem.exists(place) else []
    return {path.removeprefix(place).lstrip("/"): filesystem.cat_file(path) for path in found}


def in_folder(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_every_file_arrives(release: Path, destination: str) -> None:
    publish(release, destination)
    assert contents(destination) == in_folder(release)


def test_publishing_again_changes_nothing(release: Path, destination: str) -> None:
    publish(release, destination)
    publish(release, destination)
    assert contents(destination) == in_folder(release)


def test_an_earlier_release_is_replaced_whole(release: Path, earlier: Path, destination: str) -> None:
    publish(earlier, destination)
    publish(release, destination)
    assert contents(destination) == in_folder(release)


def test_an_interrupted_upload_is_finished(release: Path, destination: str) -> None:
    filesystem, place = fsspec.url_to_fs(destination)
    filesystem.makedirs(place)
    filesystem.put_file(str(release / "README.md"), f"{place}/README.md")
    publish(release, destination)
    assert contents(destination) == in_folder(release)


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("name", ["README.md", "日記.txt"])
def test_a_users_files_are_never_touched(release: Path, destination: str, name: str, published: bool) -> None:
    if published:
        publish(release, destination)
    filesystem, place = fsspec.url_to_fs(destination)
    filesystem.makedirs(f"{place}/mine", exist_ok=True)
    own = f"mine/{name}" if published else name
    filesystem.pipe_file(f"{place}/{own}", "大事".encode())
    before = contents(destination)
    with pytest.raises(UsageError, match=re.escape(own)):
        publish(release, destination)
    assert contents(destination) == before


@pytest.mark.parametrize("sums", [None, "MD5 (README.md) = 0\n"])
def test_a_folder_with_sums_of_its_own_is_no_release(release: Path, tmp_path: Path, sums: str | None) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "README.md").write_text("大事")
    write_sums(own)
    if sums:
        (own / "SHA256SUMS").write_text(sums)
    before = in_folder(own)
    with pytest.raises(UsageError, match=r"README\.md, SHA256SUMS would be overwritten"):
        publish(release, str(own))
    assert in_folder(own) == before


def test_a_local_release_leaves_nothing_beside_it(release: Path, tmp_path: Path) -> None:
    place = tmp_path / "out" / "japanese-gpt"
    (tmp_path / "out" / ".japanese-gpt.new-release").mkdir(parents=True)  # of a killed attempt
    (tmp_path / "out" / ".japanese-gpt.new-release" / "half").touch()
    publish(release, str(place))
    publish(release, str(place))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["japanese-gpt"]
    assert verify(place)


def test_a_file_in_the_place_is_refused(release: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("大事")
    with pytest.raises(UsageError, match="wants a folder"):
        publish(release, str(tmp_path / "taken"))
    assert (tmp_path / "taken").read_text() == "大事"


def test_a_full_disk_keeps_its_error_and_the_earlier_release(
    release: Path, earlier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "out" / "japanese-gpt"
    publish(earlier, str(place))

    def full(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(target))

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        publish(release, str(place))
    assert in_folder(place) == in_folder(earlier)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["japanese-gpt"]


def test_an_unknown_protocol_names_the_choices(release: Path) -> None:
    with pytest.raises(UsageError, match=r"got 'carrier-pigeon://coop': protocols are .*memory.*s3"):
        publish(release, "carrier-pigeon://coop")


def test_what_arrives_changed_is_an_error(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A destination that drops the last byte of each file, as a torn upload does."""
    memory = fsspec.filesystem("memory")
    whole = type(memory).put_file

    def torn(self: Any, local: str, remote: str, **options: Any) -> None:
        whole(self, local, remote, **options)
        self.pipe_file(remote, self.cat_file(remote)[:-1])

    monkeypatch.setattr(type(memory), "put_file", torn)
    with pytest.raises(InfrastructureError, match=r"changed: README\.md, SHA256SUMS, config\.json, model\.safetensors"):
        publish(release, f"memory://{uuid.uuid4()}")


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, Any]]:
    """An S3 service on loopback, with one bucket."""
    pytest.importorskip("s3fs")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    options = {"key": "k", "secret": "s", "client_kwargs": {"endpoint_url": f"http://{host}:{port}"}}
    fsspec.filesystem("s3", **options).mkdir("models")
    yield options
    server.stop()


@pytest.fixture
def s3(bucket: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fsspec.config.conf, "s3", bucket)


@pytest.mark.usefixtures("s3")
def test_publishing_to_s3(release: Path, earlier: Path) -> None:
    publish(earlier, "s3://models/ja/gpt")
    publish(release, "s3://models/ja/gpt")
    assert contents("s3://models/ja/gpt") == in_folder(release)


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_does_not_exist_is_not_made(release: Path) -> None:
    with pytest.raises(HaganeError, match=r"s3://no-such-bucket/gpt.*does it exist") as error:
        publish(release, "s3://no-such-bucket/gpt")
    assert error.value.exit_code == InfrastructureError.exit_code
    assert not fsspec.filesystem("s3", **fsspec.config.conf["s3"]).exists("no-such-bucket")
