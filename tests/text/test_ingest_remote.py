"""Sources on a web server, S3 and the Hugging Face hub, each spoken to by its own client."""

import functools
import gzip
import http.server
import io
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ingest_inputs import BOTCHAN, NEKO, SANSHIRO, Ingested, texts

from hagane.core.errors import BadInput, InfrastructureError


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A web server of files."""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An address and the folder behind it."""
    folder = tmp_path / "served"
    folder.mkdir()
    with running(functools.partial(Quiet, directory=str(folder))) as address:
        yield address, folder


class running:
    def __init__(self, handler: Any) -> None:
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_a_file_on_a_web_server(served: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = served
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(texts(NEKO, BOTCHAN)))
    here = Ingested(tmp_path / "here", folder / "a.jsonl.gz")
    there = Ingested(tmp_path / "there", f"{address}/a.jsonl.gz?token=secret")
    assert there.files == here.files


def test_a_folder_on_a_web_server(served: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = served
    (folder / "corpus" / "deep").mkdir(parents=True)
    (folder / "corpus" / "a.jsonl").write_bytes(texts(NEKO))
    (folder / "corpus" / "deep" / "b.jsonl").write_bytes(texts(BOTCHAN) + b"{\n")
    out = Ingested(tmp_path / "out", f"{address}/corpus/")
    assert (out.texts, out.places) == ([NEKO, BOTCHAN], [("deep/b.jsonl", 2, "line")])


def test_what_is_not_there_and_who_does_not_answer(served: tuple[str, Path], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        Ingested(tmp_path / "a", f"{served[0]}/a.jsonl")
    with pytest.raises((InfrastructureError, BadInput), match=r"127\.0\.0\.1:9"):
        Ingested(tmp_path / "b", "http://127.0.0.1:9/a.jsonl")


class Breaking(Quiet):
    """Promises a file and hangs up in its middle."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(texts(NEKO))

    do_HEAD = do_GET


def test_a_connection_that_breaks_is_no_damaged_file(tmp_path: Path) -> None:
    with running(Breaking) as address, pytest.raises(InfrastructureError, match=r"cannot reach.*a\.jsonl"):
        Ingested(tmp_path / "out", f"{address}/a.jsonl")


def test_s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    try:
        client = boto3.client("s3")
        client.create_bucket(Bucket="corpora")
        client.put_object(Bucket="corpora", Key="ja/a.jsonl.gz", Body=gzip.compress(texts(NEKO)))
        client.put_object(Bucket="corpora", Key="ja/deep/b.parquet", Body=parquet(BOTCHAN))
        out = Ingested(tmp_path / "out", "s3://corpora/ja")
        assert (out.texts, out.faults) == ([NEKO, BOTCHAN], [])
        assert Ingested(tmp_path / "two", "s3://corpora/ja", workers=2).files == out.files
        with pytest.raises(BadInput, match="no such file or folder"):
            Ingested(tmp_path / "none", "s3://corpora/en")
    finally:
        server.stop()


def parquet(*them: str) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"text": list(them)}), out)
    return out.getvalue()


class Hub(Quiet):
    """The part of the hub's protocol by which datasets are read: revisions, trees, paths and files in ranges."""

    commit = "0123456789abcdef0123456789abcdef01234567"
    files: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path.startswith("/api/datasets/neko/natsume/tree/"):
            folder = "/".join(path.split("/")[7:])
            below = [entry for entry in self.entries() if entry["path"].startswith(f"{folder}/" if folder else "")]
            deep = "recursive=true" in query.lower()
            self.answer([entry for entry in below if deep or "/" not in entry["path"].removeprefix(f"{folder}/")])
        elif re.fullmatch("/api/datasets/neko/natsume(/revision/(main|v1))?", path):
            self.answer({"id": "neko/natsume", "sha": self.commit, "siblings": []})
        elif found := re.fullmatch("/datasets/neko/natsume/resolve/[^/]+/(.+)", path):
            self.content(self.files.get(found[1]))
        else:
            self.missing()

    do_HEAD = do_GET

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer([entry for entry in self.entries() if entry["path"] in asked["paths"]])

    def entries(self) -> list[dict[str, Any]]:
        folders = {path.rpartition("/")[0] for path in self.files} - {""}
        return [{"type": "directory", "path": path, "size": 0, "oid": f"{0:040x}"} for path in sorted(folders)] + [
            {"type": "file", "path": path, "size": len(raw), "oid": f"{len(raw):040x}"}
            for path, raw in sorted(self.files.items())
        ]

    def answer(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def missing(self) -> None:
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def content(self, raw: bytes | None) -> None:
        if raw is None:
            self.missing()
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start, end = (int(wanted[1]), int(wanted[2] or len(raw) - 1) + 1) if wanted else (0, len(raw))
        piece = raw[start:end]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Range", f"bytes {start}-{start + len(piece) - 1}/{len(raw)}")
        self.send_header("Content-Length", str(len(piece)))
        self.send_header("ETag", f'"{len(raw):040x}"')
        self.send_header("X-Repo-Commit", self.commit)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(piece)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    from huggingface_hub import HfFileSystem, constants

    Hub.files = {
        "README.md": b"# Natsume",
        "data/train-00000.parquet": parquet(NEKO, BOTCHAN),
        "data/train-00001.parquet": parquet(SANSHIRO),
        "data/test.jsonl.gz": gzip.compress(texts(*(f"{number} {NEKO}" for number in range(20_000)))),
    }
    with running(Hub) as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        template = address + "/{repo_id}/resolve/{revision}/{filename}"  # what HF_ENDPOINT makes of it at start
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setenv("HF_ENDPOINT", address)
        HfFileSystem.clear_instance_cache()
        yield Hub
    HfFileSystem.clear_instance_cache()


def test_a_dataset_of_the_hub(hub: type[Hub], tmp_path: Path) -> None:
    out = Ingested(tmp_path / "out", "hf://datasets/neko/natsume", files="data/*", megabytes=10)
    assert out.texts[-3:] == [NEKO, BOTCHAN, SANSHIRO]
    assert (len(out.texts), out.faults) == (20_003, [])
    train = Ingested(tmp_path / "train", "hf://datasets/neko/natsume@v1/data", files="train-*")
    assert train.texts == [NEKO, BOTCHAN, SANSHIRO]
    one = Ingested(tmp_path / "one", "hf://datasets/neko/natsume/data/train-00001.parquet")
    assert one.texts == [SANSHIRO]


def test_a_dataset_that_the_hub_does_not_have(hub: type[Hub], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file or folder"):
        Ingested(tmp_path / "out", "hf://datasets/neko/soseki")
