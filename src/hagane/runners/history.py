"""What earlier runs left in the store: their records, reasons and logs."""

import time
from collections.abc import Iterator
from typing import Any

from hagane.core.errors import UsageError
from hagane.storage.lease import is_dead
from hagane.storage.store import Store


def runs(store: Store) -> list[dict[str, Any]]:
    """Every run's record, newest first; one whose process is gone without a word is ``killed``."""
    records = (store.read_json(f"runs/{run}/run.json") for run in reversed(store.names("runs")))
    return [record | status_of(record) for record in records if record]


def status_of(record: dict[str, Any]) -> dict[str, str]:
    killed = record["status"] == "running" and is_dead(record["holder"])
    return {"status": "killed"} if killed else {}


def run_line(record: dict[str, Any]) -> str:
    started = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record["started"]))
    name = " ".join(filter(None, (record["name"], record["preset"])))
    took = f"{record['seconds']:9.1f} s" if "seconds" in record else ""
    return f"{record['run']}  {started}  {record['status']:8} {name:32} {took}".rstrip()


def why(store: Store, task: str) -> str:
    """What the newest run that has the task says of it, and what its reuse key was made of."""
    for record in runs(store):
        for report in record.get("tasks", ()):
            if report["task"] == task:
                last = store.read_json(f"last/{record['name']}/{record['preset'] or 'default'}.json") or {}
                return "\n".join(explained(record, report, last.get(task, {})))
    known = sorted({report["task"] for record in runs(store) for report in record.get("tasks", ())})
    raise UsageError("no finished run has the task", task, f"choose from {', '.join(known) or 'none'}")


def explained(record: dict[str, Any], report: dict[str, Any], parts: dict[str, Any]) -> Iterator[str]:
    reason = report["reason"] or "everything that its key is made of was as before"
    yield f"{report['task']} in {record['run']}: {report['status']}: {reason}"
    if parts and report["key"]:
        yield f"key {report['key']}"
        for part in ("settings", "inputs", "code", "environment"):
            yield from (f"  {part:12} {name} = {value}" for name, value in sorted(parts[part].items()))


def logs(store: Store, run: str, task: str | None) -> Iterator[str]:
    """The log of a run's task, or of all of them with headings."""
    known = store.names("runs")
    if run == "last" and known:
        run = known[-1]
    if run not in known:
        raise UsageError("no such run", run, f"choose from last, {', '.join(known[-5:])}" if known else "no runs yet")
    tasks = store.names(f"runs/{run}/tasks")
    if task is not None and task not in tasks:
        raise UsageError(
            f"{run} started no such task", task, f"choose from {', '.join(tasks) or 'none: all were hits'}"
        )
    for name in [task] if task else tasks:
        if not task:
            yield f"==> {name} <=="
        log = f"{store.v1}/runs/{run}/tasks/{name}/log"
        yield store.fs.cat_file(log).decode("utf-8", "replace").rstrip("\n") if store.fs.isfile(log) else ""
