"""A store that is full, read-only or gone; real file systems, since root may write anywhere else."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from workbench import Workbench

PIPELINE = ("frequent-characters", "corpus=corpus.txt", "minimum=1")


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    folder.mkdir(exist_ok=True)
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
    if mount.returncode:
        pytest.skip(f"mounting a tmpfs needs root with CAP_SYS_ADMIN: {mount.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
def test_a_full_store_is_infrastructure_and_heals(bench: Workbench) -> None:
    (bench.root / "corpus.txt").write_text("吾輩は猫である。名前はまだ無い。\n" * 60_000, encoding="utf-8")
    with mounted(bench.root / "small", "size=5m") as small:
        done = bench.call("run", *PIPELINE, "--store", str(small / "store"), "--json")
        report = json.loads(done.stdout)
        assert done.returncode == 5 and "No space left on device" in report["tasks"][1]["reason"]
        assert [task["status"] for task in report["tasks"]] == ["done", "failed", "skipped"]
        assert not list((small / "store").glob("v1/artifacts/*/*/kept")) and not list(
            small.glob("store/v1/work/*/attempt-*")
        )
        subprocess.run(["mount", "-o", "remount,size=50m", small], check=True)
        assert bench.statuses(*PIPELINE, "--store", str(small / "store"))["read-lines"] == "hit"


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
def test_a_read_only_store_is_infrastructure_but_may_be_planned_on(bench: Workbench) -> None:
    with mounted(bench.root / "frozen", "size=5m") as frozen:
        bench.run(*PIPELINE, "--store", str(frozen / "store"))
        subprocess.run(["mount", "-o", "remount,ro", frozen], check=True)
        done = bench.call("run", *PIPELINE, "--store", str(frozen / "store"))
        assert done.returncode == 5 and "Read-only file system" in done.stderr and "Traceback" not in done.stderr
        planned = json.loads(bench.call("plan", *PIPELINE, "--store", str(frozen / "store"), "--json").stdout)
        assert {task["status"] for task in planned} == {"hit"}


def test_a_store_that_vanishes_is_infrastructure(bench: Workbench) -> None:
    bench.edit(
        "toylib/lines.py",
        "    lines = read(source)",
        "    import shutil; lines = read(source); shutil.rmtree(source.parents[5])",
    )
    done = bench.call("run", *PIPELINE)
    assert done.returncode == 5 and "is gone" in done.stderr + done.stdout, done.stderr
    assert "Traceback" not in done.stderr
    shutil.rmtree(bench.store, ignore_errors=True)
