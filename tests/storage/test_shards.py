"""Shards: the same bytes for any number of workers, and a killed run goes on where it was."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hagane.core.errors import BadInput, OutOfMemory, UsageError
from hagane.storage.shards import gather, map_shards


def upper(journal: Path, shard: Path, folder: Path) -> dict[str, Any]:
    with journal.open("a") as stream:
        stream.write(f"{shard.name} {os.getpid()}\n")
    text = shard.read_text(encoding="utf-8").upper()
    if text.startswith("BAD"):
        raise BadInput("a bad shard", shard.name)
    if text.startswith("KILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    if text.startswith("SLOW"):
        time.sleep(60)
    (folder / "upper.txt").write_text(text, encoding="utf-8")
    return {"characters": len(text)}


def shards_of(folder: Path, *texts: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"part-{number}.txt" for number, _ in enumerate(texts)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    return files


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_and_files_are_in_the_shards_order(tmp_path: Path, workers: int) -> None:
    shards = shards_of(tmp_path / "in", "aあ", "bb", "ccc", "d")
    results = map_shards(partial(upper, tmp_path / "journal"), shards, tmp_path / "work", workers)
    assert results == [{"characters": n} for n in (2, 2, 3, 1)]
    gathered = gather(tmp_path / "work", "upper.txt", tmp_path / "out", "part-{:05}.txt")
    assert [file.name for file in gathered] == [f"part-{n:05}.txt" for n in range(4)]
    assert [file.read_text(encoding="utf-8") for file in gathered] == ["Aあ", "BB", "CCC", "D"]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failed_shard_fails_the_task_and_finished_ones_are_not_done_again(tmp_path: Path, workers: int) -> None:
    shards = shards_of(tmp_path / "in", "a", "b", "bad")
    task = partial(upper, tmp_path / "journal")
    with pytest.raises(BadInput, match=r"a bad shard, got 'part-2\.txt'"):
        map_shards(task, shards, tmp_path / "work", workers)
    shards[2].write_text("good", encoding="utf-8")
    (tmp_path / "journal").unlink()
    assert [r["characters"] for r in map_shards(task, shards, tmp_path / "work", workers)] == [1, 1, 4]
    assert [line.split()[0] for line in (tmp_path / "journal").read_text().splitlines()] == ["part-2.txt"]


def test_a_killed_worker_is_told(tmp_path: Path) -> None:
    shards = shards_of(tmp_path / "in", "kill", "b")
    with pytest.raises(OutOfMemory, match="a worker process was killed"):
        map_shards(partial(upper, tmp_path / "journal"), shards, tmp_path / "work", 2)


def test_workers_die_with_their_parent(tmp_path: Path) -> None:
    shards_of(tmp_path / "in", "slow", "slow")
    code = (
        "from functools import partial; from pathlib import Path; from test_shards import upper\n"
        "from hagane.storage.shards import map_shards\n"
        "if __name__ == '__main__':\n"
        f"    root = Path({str(tmp_path)!r})\n"
        "    map_shards(partial(upper, root / 'journal'), sorted((root / 'in').iterdir()), root / 'work', 2)\n"
    )
    (tmp_path / "main.py").write_text(code)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    parent = subprocess.Popen([sys.executable, str(tmp_path / "main.py")], env=environment)
    journal = tmp_path / "journal"
    end = time.monotonic() + 30
    while not (journal.exists() and len(journal.read_text().splitlines()) == 2):
        assert time.monotonic() < end and parent.poll() is None
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    workers = [int(line.split()[1]) for line in journal.read_text().splitlines()]
    while any(alive(pid) for pid in workers):
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_negative_number_of_workers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="workers wants 0 or more, got -1"):
        map_shards(partial(upper, tmp_path / "journal"), [], tmp_path / "work", -1)
