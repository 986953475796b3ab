"""Kill a real run at seeded moments, run it again, and compare the digests with an undisturbed run's.

python tests/drill.py --kills 10
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RUN = ("run", "japanese-gpt", "--preset", "smoke", "--json")
WAYS = ("group", "runner")


def start(store: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hagane", *RUN, "--store", str(store)]
    out, err = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, text=True, start_new_session=True, stdout=out, stderr=err)


def finish(store: Path) -> dict[str, Any]:
    """The report of a run that nobody disturbs."""
    child = start(store)
    report: dict[str, Any] = json.loads(child.communicate()[0])
    if child.returncode:
        raise SystemExit(f"the undisturbed run failed: {report}")
    return report


def digests(report: dict[str, Any]) -> dict[str, str]:
    return {
        f"{task['task']}.{name}": output["digest"]
        for task in report["tasks"]
        for name, output in task["outputs"].items()
    }


def session(leader: int) -> list[int]:
    """Every live process that the run started, whatever its process group."""
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            members.append(int(stat.parent.name))
    return members


def kill(runner: subprocess.Popen[str], way: str) -> None:
    """Kill -9 the runner, or it and all that it started, and see that nothing lives on."""
    for process in session(runner.pid) if way == "group" else [runner.pid]:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
    runner.communicate()
    end = time.monotonic() + 10
    while living := session(runner.pid):
        if time.monotonic() > end:
            raise SystemExit(f"processes {living} outlive their runner")
        time.sleep(0.05)


def disturbed(store: Path, seconds: float, way: str) -> dict[str, str]:
    """The digests of a run that was killed after so many seconds and run again."""
    runner = start(store)
    try:
        runner.wait(seconds)
    except subprocess.TimeoutExpired:
        kill(runner, way)
    return digests(finish(store))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=10)
    arguments.add_argument("--seed", type=int, default=0)
    args = arguments.parse_args()
    moments = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        undisturbed = finish(Path(folder) / "undisturbed")
        expected, failures = digests(undisturbed), 0
        print(f"undisturbed: {undisturbed['seconds']} s, {len(expected)} artifacts")
        for number in range(args.kills):
            seconds, way = moments.uniform(0, undisturbed["seconds"]), WAYS[number % len(WAYS)]
            found = disturbed(Path(folder) / f"kill-{number}", seconds, way)
            differing = sorted(name for name in expected if found.get(name) != expected[name])
            failures += bool(differing)
            print(f"kill -9 of the {way:6} after {seconds:5.1f} s: {', '.join(differing) or 'equal'}", flush=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
