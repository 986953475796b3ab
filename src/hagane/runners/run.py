"""A whole run on this machine, from a wish to its record in the store."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hagane.runners.display import display_on
from hagane.runners.local import LocalRunner
from hagane.runners.prepare import Wish, prepare
from hagane.storage.lease import whoami

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hagane.core.artifact import Artifact
    from hagane.project import Project
    from hagane.runners.planner import Planner
    from hagane.storage.store import Store


def run_wish(wish: Wish, project: Project, store: Store) -> tuple[dict[str, Any], Planner]:
    """Run it and return the report of ``hagane run --json``."""
    started = time.monotonic()
    planner, remember = prepare(wish, project, store)
    run = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.urandom(3).hex()}"
    about = {"schema": 1, "run": run, "name": planner.graph.name, "preset": wish.preset, "started": time.time()}
    store.write_json(f"runs/{run}/run.json", about | {"status": "running", "holder": whoami()})
    display = display_on(sys.stderr.isatty())
    runner = LocalRunner(planner, store, project.root, run, remember, display)
    try:
        reports = runner.run_all()
    finally:
        display.close()
    failed = [report.exit_code for report in reports if report.status == "failed"]
    code = 128 + runner.interrupted if runner.interrupted else next(iter(failed), 0)
    report = about | {
        "status": "failed" if code else "done",
        "exit_code": code,
        "seconds": round(time.monotonic() - started, 3),
        "tasks": [asdict(report) for report in reports],
    }
    store.write_json(f"runs/{run}/run.json", report)
    return report, planner


def summary(report: dict[str, Any], planner: Planner, store: Store) -> str:
    """What a person wants to know at the end: scores, where things are, and what to do with them."""
    tasks = report["tasks"]
    reused = sum(task["status"] == "hit" for task in tasks)
    lines = [f"{report['run']}: {report['status']} in {report['seconds']:.1f} s, {reused} of {len(tasks)} tasks reused"]
    for task in tasks:
        if task["status"] == "failed":
            log = f"{program()} logs {report['run']} {task['task']}"
            lines += [f"{task['task']} failed: {task['reason']}", f"  its log: {log}"]
        for port in planner.graph.tasks[task["task"]].ports("output") if task["outputs"] else ():
            lines += output_lines(port.type, task["outputs"][port.name]["uri"], store)
    return "\n".join(lines)


def output_lines(kind: type[Artifact], uri: str, store: Store) -> Iterator[str]:
    if kind.headline:
        metrics = store.record(uri)["result"]["metrics"]
        yield f"{kind.kind}: " + ", ".join(f"{name} {value:,.4g}" for name, value in metrics.items())
    if kind.usage:
        place = near(f"{uri}/data")
        yield f"{kind.kind}: {place}"
        yield f"  try: {kind.usage.format(path=place, hagane=program())}"


def near(path: str) -> str:
    """The path as seen from here, if it lies below."""
    return path.removeprefix(f"{os.getcwd()}/")


def program() -> str:
    """How a shell finds the command that is running."""
    called = sys.argv[0]
    if os.path.basename(called) != "hagane":
        return f"{near(sys.executable)} -m hagane"
    return "hagane" if shutil.which("hagane") else near(called)
