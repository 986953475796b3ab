"""Requests to stop: SIGTERM, SIGINT or a stop file set one flag, which the loop reads at a step's end."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

STOP_FILE = "stop"
SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_requests(work: Path) -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether a stop was asked for; the old signal handlers come back afterwards.

    The stop file ``work/stop`` is taken away once it was obeyed. Signals can only be caught in the main thread.
    """
    stop = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        stop.set()

    def requested() -> bool:
        if (work / STOP_FILE).exists():
            (work / STOP_FILE).unlink()
            stop.set()
        return stop.is_set()

    catching = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, note) for number in SIGNALS} if catching else {}
    try:
        yield requested
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
