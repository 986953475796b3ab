"""Shards are the unit of parallel work, resume and progress."""

import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any

from hagane.core.errors import OutOfMemory, UsageError
from hagane.events import progress
from hagane.storage.files import write_whole
from hagane.storage.lifeline import die_with

RESULT = "result.json"

Shard = dict[str, Any]  # what a task on a shard found out: anything that JSON carries
ShardTask = Callable[[Path, Path], Shard]


def map_shards(
    task: ShardTask, shards: Sequence[Path], work: Path, workers: int = 0, unit: str = "shards"
) -> list[Shard]:
    """Call ``task(shard, folder)`` for every shard and return the results in the shards' order.

    ``task`` must pickle (a module's function, or a ``functools.partial`` of one), depend on nothing but its
    arguments, and write its files into ``folder``, which becomes ``work/<number>`` once it is finished. A finished
    shard is not done again, so a killed run goes on where it was. The result is the same for any number of
    ``workers`` (0: one per available core). Use ``gather`` to bring the files into an output.
    """
    if workers < 0:
        raise UsageError("workers wants 0 or more", workers)
    work.mkdir(parents=True, exist_ok=True)
    folders = [work / f"{number:05}" for number in range(len(shards))]
    waiting = [pair for pair in zip(shards, folders, strict=True) if not (pair[1] / RESULT).is_file()]
    progress(len(shards) - len(waiting), len(shards), unit)
    processes = min(workers or available_cores(), len(waiting))
    finished = run_here(task, waiting) if processes <= 1 else run_on_pool(task, waiting, processes)
    for done, _ in enumerate(finished, len(shards) - len(waiting) + 1):
        progress(done, len(shards), unit)
    return [json.loads((folder / RESULT).read_bytes()) for folder in folders]


def available_cores() -> int:
    """The cores that this process may use: fewer than the machine has, under taskset or in a container."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_here(task: ShardTask, waiting: Iterable[tuple[Path, Path]]) -> Iterable[Path]:
    return (finish(task, shard, folder) for shard, folder in waiting)


def run_on_pool(task: ShardTask, waiting: Iterable[tuple[Path, Path]], processes: int) -> Iterable[Path]:
    start = partial(die_with, os.getpid())
    context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
    with ProcessPoolExecutor(processes, context, start) as pool:
        futures = [pool.submit(finish, task, shard, folder) for shard, folder in waiting]
        try:
            yield from (future.result() for future in as_completed(futures))
        except BrokenProcessPool as error:
            raise OutOfMemory("a worker process was killed", fix="give it fewer workers or more memory") from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def finish(task: ShardTask, shard: Path, folder: Path) -> Path:
    """Do one shard in a folder beside its place, then put it there by one rename."""
    half = folder.with_name(f"{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    write_whole(half / RESULT, json.dumps(task(shard, half), ensure_ascii=False))
    half.rename(folder)
    return folder


def gather(work: Path, name: str, output: Path, pattern: str) -> list[Path]:
    """Link each shard's file ``name`` into ``output`` as ``pattern.format(number)``; the work stays for a resume."""
    gathered = []
    for file in sorted(work.glob(f"[0-9]*/{name}")):
        place = output / pattern.format(int(file.parent.name))
        place.parent.mkdir(parents=True, exist_ok=True)
        link_or_copy(file, place)
        gathered.append(place)
    return gathered


def link_or_copy(file: Path, place: Path) -> None:
    try:
        os.link(file, place)
    except OSError:
        shutil.copy2(file, place)
