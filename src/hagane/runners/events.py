"""A task's events: written as NDJSON by its process, followed by whoever shows them."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

EVENTS = "events.ndjson"  # in the folder of a run's task
INTERVAL = 0.1  # seconds between two progress events (ours): more than an eye can follow

Event = dict[str, Any]


class EventLog:
    """Appends events to a file, each with its time; most of too many progress events are left out."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.stream = file.open("a", encoding="utf-8", buffering=1)
        self.last = 0.0

    def emit(self, event: Event) -> None:
        now = time.time()
        if event["event"] == "progress" and event["done"] != event["total"] and now - self.last < INTERVAL:
            return
        self.last = now
        self.stream.write(json.dumps({"time": round(now, 3), **event}, ensure_ascii=False) + "\n")


class Follower:
    """Reads a growing event file and hands every event on, until told to stop."""

    def __init__(self, file: Path, show: Callable[[Event], None]) -> None:
        self.file, self.show = file, show
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.offset = 0

    def __enter__(self) -> "Follower":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()

    def follow(self) -> None:
        while not self.ended.wait(INTERVAL):
            self.read()
        self.read()

    def read(self) -> None:
        """Hand on the whole lines that are new."""
        try:
            with self.file.open("rb") as stream:
                stream.seek(self.offset)
                whole = stream.read().rpartition(b"\n")[0]
        except FileNotFoundError:
            return
        for line in whole.splitlines():
            self.show(json.loads(line))
        self.offset += len(whole) + 1 if whole else 0
