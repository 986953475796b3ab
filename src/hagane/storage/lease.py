"""One run at a time works on a key: a file, renewed while its holder lives."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hagane.core.errors import InfrastructureError
from hagane.events import progress
from hagane.storage.disk import FileSystem

EXPIRY = 30.0  # seconds without renewal (ours)
RENEWAL = EXPIRY / 6
POLL = 0.1


@contextmanager
def lease(fs: FileSystem, file: str) -> Iterator[None]:
    """Wait for the lease, hold it, give it back.

    A lost lease is harmless: every attempt has a folder of its own, and the first commit stands.
    """
    holder = whoami()
    while not take(fs, file, holder):
        break_dead(fs, file)
        progress(0, None, "waiting for another run of the same task")
        time.sleep(POLL)
    released = threading.Event()
    renewer = threading.Thread(target=renew, args=(fs, file, holder, released), daemon=True)
    renewer.start()
    try:
        yield
    finally:
        released.set()
        renewer.join()
        if read(fs, file).get("token") == holder["token"]:
            with suppress(OSError, InfrastructureError):
                fs.rm(file)


def whoami() -> dict[str, Any]:
    """What tells this process from every other, a later one with the same number included."""
    pid = os.getpid()
    return {"token": os.urandom(8).hex(), "machine": machine(), "pid": pid, "started": start_time(pid)}


def machine() -> str:
    """The boot and the process-id namespace: where process numbers can be compared; empty if there is no telling."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def start_time(pid: int) -> str:
    """When the process started, in clock ticks since boot; empty if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def take(fs: FileSystem, file: str, holder: dict[str, Any]) -> bool:
    try:
        fs.pipe_file(file, written(holder), mode="create")
    except FileExistsError:
        return False
    return True


def written(holder: dict[str, Any]) -> bytes:
    return json.dumps(holder | {"renewed": time.time()}).encode()


def read(fs: FileSystem, file: str) -> dict[str, Any]:
    """The lease's holder; nothing known of one that is gone or half-written."""
    try:
        content: dict[str, Any] = json.loads(fs.cat_file(file))
    except (OSError, ValueError, InfrastructureError):
        return {}
    return content


def renew(fs: FileSystem, file: str, holder: dict[str, Any], released: threading.Event) -> None:
    while not released.wait(RENEWAL):
        if read(fs, file).get("token") != holder["token"]:
            return
        with suppress(OSError, InfrastructureError):  # the next renewal may succeed; the work itself goes on
            fs.pipe_file(file, written(holder))


def break_dead(fs: FileSystem, file: str) -> None:
    """Remove the lease of a holder that is gone; two runs that do so at once may both go on."""
    holder = read(fs, file)
    if is_dead(holder) or time.time() - holder.get("renewed", time.time()) > EXPIRY:
        with suppress(FileNotFoundError):
            fs.rm(file)


def is_dead(holder: dict[str, Any]) -> bool:
    """Whether the process is known to be gone; only this machine's can be known."""
    here = machine() != "" and holder.get("machine") == machine()
    return here and start_time(int(holder["pid"])) != holder["started"]
