"""What a command and a task cost, and filtering and packing on one process and on two."""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measure import ROOT

RUNS = 5
TIMES = 32  # some 200 MB of text
SMOKE = ("run", "japanese-gpt", "--preset", "smoke", "--json")


def hagane(*arguments: str, folder: Path = ROOT) -> tuple[float, str]:
    """The seconds of a whole command, and what it printed."""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "hagane", *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr or done.stdout)
    return time.perf_counter() - started, done.stdout


def median(*arguments: str, folder: Path = ROOT) -> float:
    return statistics.median(hagane(*arguments, folder=folder)[0] for _ in range(RUNS))


def row(what: str, seconds: float, note: str = "") -> None:
    print(f"| {what} | {seconds:.2f} s{note} |", flush=True)


def own_costs(folder: Path) -> None:
    for command in ("--help", "components", "pipelines"):
        row(f"`hagane {command}`", median(command))
    toy = shutil.copytree(ROOT / "tests" / "toy", folder / "toy")
    (toy / "corpus.txt").write_text("吾輩は猫である。\n", encoding="utf-8")
    costs: list[float] = []
    for number in range(RUNS):
        store = ("--store", str(folder / f"toy-{number}"))
        report = json.loads(hagane("run", "frequent-characters", "corpus=corpus.txt", "--json", *store, folder=toy)[1])
        costs += [task["seconds"] for task in report["tasks"]]
    row("a task that does next to nothing", statistics.median(costs))


def reruns(folder: Path) -> None:
    store = ("--store", str(folder / "smoke"))
    seconds, _ = hagane(*SMOKE, *store)
    row("`japanese-gpt --preset smoke`, first run", seconds)
    row("the same again, all HIT", median(*SMOKE, *store))


def scaling(folder: Path) -> None:
    """Filtering and packing of the shipped text, many times over, on one process and on two; start-up included."""
    from hagane.storage.documents import batches

    documents, tokenizer = outputs(folder / "smoke", "ingest-corpus"), outputs(folder / "smoke", "train-tokenizer")
    shards = sorted((Path(documents["documents"]) / "data").glob("*.parquet"))
    many = folder / "many"
    many.mkdir()
    for number in range(TIMES * len(shards)):
        shutil.copy(shards[number % len(shards)], many / f"part-{number:05}.parquet")
    rows = (row for shard in shards for batch in batches(shard, ["text"]) for row in batch)
    size = TIMES * sum(len(row["text"].encode()) for row in rows)
    for name, code in (("filter-corpus, `japanese-technical`", FILTER), ("pack-tokens", PACK)):
        one, two = (seconds_of(code, many, Path(tokenizer["tokenizer"]) / "data", folder, n) for n in (1, 2))
        print(
            f"| {name}, one process, two processes | {size / one / 1e6:.1f} MB/s, {one / two:.2f} times that |",
            flush=True,
        )


FILTER = """
from hagane.text.filtering import filter_documents
filter_documents(documents, out / "kept", out / "rejected", out / "work", "japanese-technical", "", workers)
"""
PACK = """
from hagane.text.packing import pack_documents
pack_documents(documents, tokenizer, out / "tokens", out / "work", 0.01, workers)
"""
SETUP = """
import sys, time
from pathlib import Path
documents, tokenizer, out, workers = *map(Path, sys.argv[1:4]), int(sys.argv[4])
for name in ("kept", "rejected", "tokens", "work"):
    (out / name).mkdir(parents=True)
started = time.perf_counter()
"""
REPORT = "print(time.perf_counter() - started)"


def seconds_of(code: str, documents: Path, tokenizer: Path, folder: Path, workers: int) -> float:
    """The seconds of the component's own function in a fresh process, imports included."""
    script = Path(tempfile.mkdtemp(dir=folder)) / "script.py"
    lines = f"{SETUP}{code}{REPORT}".splitlines()
    guarded = "\n".join(f"    {line}" for line in lines)  # spawned workers import the script too
    script.write_text(f"if __name__ == '__main__':\n{guarded}\n")
    command = [sys.executable, str(script), str(documents), str(tokenizer), str(script.parent / "out"), str(workers)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def outputs(store: Path, task: str) -> dict[str, Any]:
    report = json.loads(hagane(*SMOKE, "--store", str(store))[1])
    (found,) = (t for t in report["tasks"] if t["task"] == task)
    return {name: output["uri"] for name, output in found["outputs"].items()}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for part in (own_costs, reruns, scaling):
            part(Path(folder))
