"""The entry point of a task: in a local process, a container, a KFP or Argo pod alike."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

from hagane.core.call import read_call
from hagane.core.errors import BUG, exit_code
from hagane.core.execute import Surroundings, execute
from hagane.events import listen
from hagane.runners.events import EVENTS, EventLog
from hagane.runners.executor_input import read_executor_input
from hagane.storage.lifeline import die_with
from hagane.storage.store import Store, open_store

if TYPE_CHECKING:
    from types import FrameType

    from hagane.project import Project


def enter(component: str, executor_input: str, run: str, task: str, project: Project) -> int:
    """Run the task; what happened is left in the store, since KFP hides exit codes and a killed pod its log."""
    if parent := os.environ.get("HAGANE_PARENT"):
        die_with(int(parent))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    store = open_store(os.environ.get("HAGANE_STORE", "hagane-store"))
    folder = f"runs/{run}/tasks/{task}"
    attempt: dict[str, Any] = {"status": "failed"}
    try:
        with listen(EventLog(store.local(folder) / EVENTS)):
            attempt = {"status": perform(component, executor_input, run, project, store), "exit_code": 0, "message": ""}
    except BaseException as error:
        code = exit_code(error)
        if code == BUG:
            import traceback

            traceback.print_exc()
        attempt |= {"exit_code": code, "error": type(error).__name__, "message": told(error, code)}
    store.write_json(f"{folder}/attempt-1.json", attempt)
    store.push(folder)
    if attempt["message"]:
        print(f"hagane: {attempt['message']}", flush=True)
    return int(attempt["exit_code"])


def interrupt(number: int, _: FrameType | None) -> None:
    raise KeyboardInterrupt(number)


def told(error: BaseException, code: int) -> str:
    """What a user is told: a bug has a traceback in the log; any other error says all that a user needs."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted: what it had finished is kept for the next run"
    text = str(error) or type(error).__name__
    return f"{type(error).__name__}: {text} (a bug: its traceback is in `hagane logs`)" if code == BUG else text


def perform(component: str, executor_input: str, run: str, project: Project, store: Store) -> str:
    definition = project.component(component)
    project.check_installed(definition.environment)
    around = Surroundings(store, project.libraries(definition.environment), run)
    return execute(read_call(definition, read_executor_input(executor_input)), around)
