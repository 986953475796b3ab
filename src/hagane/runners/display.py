"""What a person sees of a run: bars on a terminal, lines otherwise; always on standard error."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from hagane.runners.events import Event
    from hagane.runners.local import TaskReport

COLOURS = {"hit": "cyan", "done": "green", "failed": "red", "skipped": "yellow"}
INTERVAL = 10.0  # seconds between two progress lines of a task (ours)


class Display(Protocol):
    def started(self, task: str, reason: str) -> None: ...
    def event(self, event: Event) -> None: ...
    def ended(self, report: TaskReport) -> None: ...
    def notice(self, message: str) -> None: ...
    def close(self) -> None: ...


def display_on(terminal: bool) -> Display:
    return Bars() if terminal else Lines()


def ended_line(report: TaskReport) -> str:
    return f"{report.status:7} {report.task:26} {report.seconds:8.2f} s  {report.reason}".rstrip()


class Lines:
    """For logs: a line when a task starts, every few seconds, and when it ends."""

    def __init__(self) -> None:
        self.task = ""
        self.last = 0.0

    def started(self, task: str, reason: str) -> None:
        self.task, self.last = task, time.monotonic()
        self.notice(f"start   {task:26} {reason}")

    def event(self, event: Event) -> None:
        if event["event"] == "warning":
            self.notice(f"WARNING {self.task}: {event['message']}")
        elif event["event"] == "progress" and time.monotonic() - self.last >= INTERVAL:
            self.last = time.monotonic()
            self.notice(f"        {self.task:26} {amount(event)}")

    def ended(self, report: TaskReport) -> None:
        self.notice(ended_line(report))

    def notice(self, message: str) -> None:
        print(message, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Nothing stays on the screen."""


def amount(event: Event) -> str:
    done, total, unit = event["done"], event["total"], event["unit"]
    share = f"{done:,} of {total:,} {unit}" if total else f"{done:,} {unit}" if done else unit
    return "  ".join(part for part in (share, event.get("note", "")) if part)


class Bars:
    """For a terminal: a bar for the task that runs, a line for each that ended."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.text import Text

        self.console = Console(stderr=True, highlight=False)
        columns = (SpinnerColumn(), TextColumn("{task.description:26}", markup=False), BarColumn(), TimeElapsedColumn())
        self.progress = Progress(
            *columns, TextColumn("{task.fields[note]}", markup=False), console=self.console, transient=True
        )
        self.text = Text
        self.bar: Any = None

    def started(self, task: str, reason: str) -> None:
        self.progress.start()
        self.bar = self.progress.add_task(task, total=None, note=reason)

    def event(self, event: Event) -> None:
        if event["event"] == "warning":
            self.console.print(f"WARNING {event['message']}", style="bold yellow", markup=False)
        elif event["event"] == "progress":
            self.progress.update(self.bar, completed=event["done"], total=event["total"], note=amount(event))

    def ended(self, report: TaskReport) -> None:
        if self.bar is not None:
            self.progress.remove_task(self.bar)
            self.bar = None
        line = self.text(ended_line(report))
        line.stylize(COLOURS[report.status], 0, len(report.status))
        self.console.print(line)

    def notice(self, message: str) -> None:
        self.console.print(message, markup=False)

    def close(self) -> None:
        self.progress.stop()
