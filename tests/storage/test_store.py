"""One store, on a disk and behind fsspec: the same promises."""

import json
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from hagane.core.artifact import Manifest
from hagane.core.errors import BadInput, CorruptArtifact, UsageError
from hagane.storage.store import Store, open_store

KEY = "ab" + "0" * 30
DRAFTS = {"kept": Manifest("documents", 1, (), {"component": "test"}), "rejected": Manifest("documents", 1, ())}


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    memory = fsspec.filesystem("memory")
    yield open_store(str(tmp_path / "store") if request.param == "disk" else f"memory://{tmp_path}/store")
    if request.param == "memory":
        memory.store.clear()
        memory.pseudo_dirs[:] = [""]


def commit(store: Store, text: str = "吾輩は猫である") -> dict[str, Manifest]:
    with store.workspace(KEY) as (attempt, _):
        for output in DRAFTS:
            (attempt / output / "data" / "inner").mkdir(parents=True)
            (attempt / output / "data" / "inner" / "a.txt").write_text(text, encoding="utf-8")
        return store.commit(KEY, attempt, DRAFTS)


def test_what_was_committed_is_found_and_opened(store: Store) -> None:
    assert store.find(KEY, ("kept",)) is None
    manifests = commit(store)
    assert store.find(KEY, ("kept", "rejected")) == manifests
    folder = store.open(store.uri(KEY, "kept"), manifests["kept"].digest)
    assert (folder / "inner" / "a.txt").read_text(encoding="utf-8") == "吾輩は猫である"
    assert store.record(store.uri(KEY, "kept")) == {"component": "test"}


def test_the_digest_is_the_contents_alone(store: Store, tmp_path: Path) -> None:
    elsewhere = open_store(str(tmp_path / "elsewhere"))
    assert commit(store)["kept"].digest == commit(elsewhere)["kept"].digest


def test_another_digest_or_a_missing_output_is_refused(store: Store) -> None:
    commit(store)
    with pytest.raises(CorruptArtifact, match="should have digest 0123, got"):
        store.open(store.uri(KEY, "kept"), "0123")
    with pytest.raises(CorruptArtifact, match="has no output lost"):
        store.find(KEY, ("kept", "lost"))


def test_a_changed_file_is_found_and_the_next_commit_replaces_it(store: Store) -> None:
    manifests = commit(store)
    file = f"{store.place(KEY)}/kept/data/inner/a.txt"
    store.fs.pipe_file(file, "我輩は犬である".encode())
    with pytest.raises(CorruptArtifact, match=r"inner/a\.txt was edited"):
        store.find(KEY, ("kept", "rejected"))
    assert commit(store) == store.find(KEY, ("kept", "rejected"))
    assert store.find(KEY, ("kept",))["kept"].digest == manifests["kept"].digest  # type: ignore[index]


def test_the_first_commit_stands(store: Store) -> None:
    first = commit(store)
    assert commit(store, "別の本文")["kept"].digest == first["kept"].digest


def test_an_upload_counts_only_with_its_mark(store: Store) -> None:
    commit(store)
    store.fs.rm(f"{store.place(KEY)}/committed.json")
    assert store.find(KEY, ("kept",)) is None
    assert commit(store) == store.find(KEY, ("kept", "rejected"))


def test_work_is_kept_until_a_commit(store: Store) -> None:
    with pytest.raises(RuntimeError), store.workspace(KEY) as (attempt, kept):
        (kept / "shard").write_text("done")
        (attempt / "half").write_text("half")
        raise RuntimeError
    with store.workspace(KEY) as (attempt, kept):
        assert (kept / "shard").read_text() == "done" and not list(attempt.iterdir())
    with store.workspace(KEY) as (_, kept):
        assert not list(kept.iterdir())


def test_an_artifact_is_located_by_folder_and_by_digest(store: Store) -> None:
    digest = commit(store)["kept"].digest
    uri = store.uri(KEY, "kept")
    assert store.locate(uri)[1].digest == store.locate(f"{uri}/data")[1].digest == digest
    assert store.locate(digest[:10])[1].digest == digest, "kept and rejected hold the same bytes"
    with pytest.raises(UsageError, match="no such artifact"):
        store.locate("f" * 12)


def test_names_and_json_of_runs(store: Store) -> None:
    assert store.names("runs") == [] and store.read_json("runs/a/run.json") is None
    for run in ("b", "a"):
        store.write_json(f"runs/{run}/run.json", {"name": "日本語"})
    assert store.names("runs") == ["a", "b"] and store.read_json("runs/a/run.json") == {"name": "日本語"}
    store.local("runs/c").mkdir(parents=True)
    (store.local("runs/c") / "log").write_text("text")
    store.push("runs/c")
    assert store.fs.cat_file(f"{store.v1}/runs/c/log") == b"text"


def test_a_lease_is_held_and_given_back(store: Store) -> None:
    with store.lease(KEY):
        assert json.loads(store.fs.cat_file(f"{store.v1}/work/{KEY}/lease"))["pid"]
    assert not store.fs.isfile(f"{store.v1}/work/{KEY}/lease")


def test_a_file_is_created_once_and_whole(store: Store) -> None:
    place = f"{store.v1}/work/{KEY}/lease"
    store.fs.pipe_file(place, b"first", mode="create")
    with pytest.raises(FileExistsError):
        store.fs.pipe_file(place, b"second", mode="create")
    assert store.fs.cat_file(place) == b"first" and store.names(f"work/{KEY}") == ["lease"]


def test_a_dead_holders_lease_is_broken(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from hagane.storage import lease

    gone = lease.whoami() | {"token": "other", "started": "1"}  # the same process number, but an older process
    store.fs.pipe_file(f"{store.v1}/work/{KEY}/lease", lease.written(gone))
    with store.lease(KEY):
        pass
    monkeypatch.setattr(lease, "EXPIRY", 0.3)
    store.fs.pipe_file(f"{store.v1}/work/{KEY}/lease", lease.written(gone | {"machine": "another"}))
    with store.lease(KEY):
        pass


def test_sources_are_known_by_content_and_relative_name(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / "a.txt").write_text("本文", encoding="utf-8")
    assert store.fingerprint(str(one)) == store.fingerprint(str(other))
    before = store.fingerprint(str(one))
    (one / "a.txt").rename(one / "b.txt")
    assert store.fingerprint(str(one)) != before
    with pytest.raises(BadInput, match="no such file or folder, got"):
        store.fingerprint(str(tmp_path / "missing"))


def test_a_remote_source_has_a_fingerprint_only_if_its_side_names_one(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/corpus/a.txt", b"text")
    assert store.fingerprint("memory://corpus/a.txt") is None, "no ETag: such a task always runs"
    with pytest.raises(BadInput, match="nothing at this address"):
        store.fingerprint("memory://corpus/missing.txt")
    with pytest.raises(UsageError, match="no such kind of address"):
        store.fingerprint("nowhere://corpus")
    memory.rm("/corpus", recursive=True)
