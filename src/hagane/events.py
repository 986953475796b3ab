"""What a component tells while it runs; whoever listens is set by the entry point."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol


class Events(Protocol):
    def emit(self, event: dict[str, Any]) -> None:
        """Take one event: its ``event`` says which of the functions below made it."""


listening: ContextVar[Events | None] = ContextVar("listening", default=None)


@contextmanager
def listen(events: Events) -> Iterator[None]:
    token = listening.set(events)
    try:
        yield
    finally:
        listening.reset(token)


def emit(event: str, **fields: Any) -> None:
    if (events := listening.get()) is not None:
        events.emit({"event": event, **fields})


def progress(done: int, total: int | None, unit: str, note: str = "") -> None:
    """How far the work is: ``done`` of ``total`` (None if unknown) units, and what else is worth a glance."""
    emit("progress", done=done, total=total, unit=unit, note=note)


def metric(name: str, value: float, step: int) -> None:
    emit("metric", name=name, value=value, step=step)


def warn(message: str) -> None:
    """Something the user must see although the work goes on."""
    emit("warning", message=message)
