"""What a command and a task cost."""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import ROOT

RUNS = 5
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


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        own_costs(Path(folder))
        reruns(Path(folder))
