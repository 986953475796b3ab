"""A store on S3 (moto's server on loopback): the same commands, keys and digests as on a disk."""

import os
from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer
from workbench import Workbench

PIPELINE = ("frequent-characters", "corpus=corpus.txt")


@pytest.fixture
def bucket(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    import boto3

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "XDG_CACHE_HOME": str(bench.root / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="models")
    yield "s3://models/store"
    server.stop()


def test_a_run_on_s3_is_reused_and_equals_a_run_on_disk(bench: Workbench, bucket: str) -> None:
    first = bench.run(*PIPELINE, "--store", bucket)
    assert {task["status"] for task in first["tasks"]} == {"done"}
    assert first["tasks"][2]["outputs"]["table"]["uri"].startswith("s3://models/store/v1/artifacts/")
    again = bench.run(*PIPELINE, "--store", bucket)
    assert {task["status"] for task in again["tasks"]} == {"hit"}
    found = [output["digest"] for task in again["tasks"] for output in task["outputs"].values()]
    assert found == bench.digests(*PIPELINE)
    lines = first["tasks"][0]["outputs"]["lines"]["uri"]
    alone = bench.run("keep-long", f"lines={lines}", "minimum=3", "--store", bucket)
    assert alone["tasks"][0]["status"] == "done"


def test_history_is_kept_there_too(bench: Workbench, bucket: str) -> None:
    run = bench.run(*PIPELINE, "--store", bucket)["run"]
    assert run in bench.call("runs", "--store", bucket).stdout
    assert bench.call("why", "keep-long", "--store", bucket).returncode == 0
    bench.edit("toylib/lines.py", "    lines = read(source)", "    print('こんにちは'); lines = read(source)")
    bench.run(*PIPELINE, "--store", bucket)
    assert "こんにちは" in bench.call("logs", "last", "keep-long", "--store", bucket).stdout


def test_an_unreachable_store_is_infrastructure(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    done = bench.call("run", *PIPELINE, "--store", "s3://models/store")
    assert done.returncode == 5 and "Traceback" not in done.stderr, done.stderr
    assert os.environ["AWS_ENDPOINT_URL"] in done.stderr
