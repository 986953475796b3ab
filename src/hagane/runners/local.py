"""Run a pipeline on this machine: one process a task, one after the other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from hagane.core.call import Reference
from hagane.core.errors import HaganeError
from hagane.core.graph import wired
from hagane.runners.events import EVENTS, Follower
from hagane.storage.lifeline import KILLED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

    from hagane.runners.display import Display
    from hagane.runners.planner import Planned, Planner
    from hagane.storage.store import Store

Status = Literal["hit", "done", "failed", "skipped"]
# Otherwise glibc gives large blocks back to the kernel and faults them in again at each step: 1.2-1.4 times slower.
LAUNCH = {"training": {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "20000000000"}}


@dataclass
class TaskReport:
    task: str
    component: str
    status: Status
    reason: str = ""
    seconds: float = 0.0
    key: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    exit_code: int = 0


@dataclass
class LocalRunner:
    planner: Planner
    store: Store
    project: Path
    run: str
    remember: str  # where the store keeps the parts of the last keys
    display: Display
    interrupted: int = 0  # the signal that ended the run early
    child: subprocess.Popen[bytes] | None = None

    def run_all(self) -> list[TaskReport]:
        """Every task in turn; after a failure those that do not need its outputs still run."""
        reports: list[TaskReport] = []
        with self.handling_signals():
            for task in self.planner.graph.tasks:
                reports.append(self.run_one(task, reports))
                self.display.ended(reports[-1])
        return reports

    def run_one(self, task: str, before: list[TaskReport]) -> TaskReport:
        lost = {report.task: report.status for report in before if report.status in ("failed", "skipped")}
        component = self.planner.graph.tasks[task]
        needed = next((t for _, a in wired(component) if (t := a.producer.partition(".")[0]) in lost), "")
        if self.interrupted or needed:
            reason = "the run was interrupted" if self.interrupted else f"{needed} {lost[needed]}"
            return TaskReport(task, component.name(), "skipped", reason)
        return self.run_task(task)

    def run_task(self, task: str) -> TaskReport:
        started = time.monotonic()
        try:
            planned = self.planner.look(task)
        except HaganeError as error:
            name = self.planner.graph.tasks[task].name()
            return TaskReport(task, name, "failed", str(error), exit_code=error.exit_code)
        report = TaskReport(task, planned.component, "hit", planned.reason, key=planned.key)
        if planned.status != "hit":
            self.display.started(task, planned.reason)
            self.start(task, report)
        if report.status in ("hit", "done"):
            self.keep(planned)
            report.outputs = self.outputs(task)
        report.seconds = round(time.monotonic() - started, 3)
        return report

    def start(self, task: str, report: TaskReport) -> None:
        """Run the task in its own process and read what it left."""
        name = f"runs/{self.run}/tasks/{task}"
        folder = self.store.local(name)
        folder.mkdir(parents=True, exist_ok=True)
        told = self.planner.executor_input(task, folder)
        (folder / "input.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
        with Follower(folder / EVENTS, self.display.event):
            code = self.wait_for(task, report.component, folder)
        self.store.push(name)
        attempt = self.store.read_json(f"{name}/attempt-1.json") or lost(code, folder / "log")
        report.status, report.exit_code = attempt["status"], attempt["exit_code"]
        if report.status == "failed":
            report.reason = attempt["message"]
        else:
            self.planner.note(task, read_outputs(self.store.read_json(f"{name}/output.json")))

    def wait_for(self, task: str, component: str, folder: Path) -> int:
        command = [sys.executable, "-m", "hagane", "execute", component, f"@{folder / 'input.json'}"]
        with (folder / "log").open("wb") as log:
            self.child = subprocess.Popen(
                [*command, "--run", self.run, "--task", task],
                env=self.environment(task),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                process_group=0,  # Ctrl-C reaches the runner alone, which lets the task keep its checkpoint
            )
            if self.interrupted:  # while the process was being made
                self.child.terminate()
            with self.child:
                return self.child.wait()

    def interrupt(self, number: int, _: FrameType | None) -> None:
        """Ask the running task to end and start no other; the second time, end it at once."""
        if self.child is not None and self.child.poll() is None:
            self.child.kill() if self.interrupted else self.child.terminate()
        self.interrupted = number

    @contextmanager
    def handling_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def environment(self, task: str) -> dict[str, str]:
        return {
            **os.environ,
            **LAUNCH.get(self.planner.graph.tasks[task].environment, {}),
            "HAGANE_STORE": self.store.url,
            "HAGANE_PROJECT": str(self.project),
            "HAGANE_PARENT": str(os.getpid()),
            "PYTHONUNBUFFERED": "1",
        }

    def keep(self, planned: Planned) -> None:
        """Remember the parts of the key, so that the next plan can tell what changed."""
        last = self.store.read_json(self.remember) or {}
        if planned.parts and last.get(planned.task) != (now := asdict(planned.parts)):
            self.store.write_json(self.remember, last | {planned.task: now})

    def outputs(self, task: str) -> dict[str, dict[str, str]]:
        made = {name.rpartition(".")[::2]: reference for name, reference in self.planner.made.items()}
        return {output: {"digest": r.digest, "uri": r.uri} for (of, output), r in made.items() if of == task}


def lost(code: int, log: Path) -> dict[str, Any]:
    """A process that left no word was killed, or ended inside a library."""
    message = f"its process ended without a word (exit code {code}); if the kernel killed it, it ran out of memory"
    return {"status": "failed", "exit_code": KILLED if code < 0 else code or 1, "message": f"{message}: see {log}"}


def read_outputs(told: dict[str, Any]) -> dict[str, Reference]:
    return {name: Reference(**found["artifacts"][0]["metadata"]) for name, found in told["artifacts"].items()}
