"""A team's own project to change at will, and hagane as a user starts it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TEXT = "吾輩は猫である。\n名前はまだ無い。\nどこで生れたか頓と見当がつかぬ。\n短い\n"


@dataclass
class Workbench:
    """A project in ``root`` and the commands of a user in it."""

    root: Path

    @property
    def store(self) -> Path:
        return self.root / "store"

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        environment = os.environ | {"HAGANE_STORE": str(self.store)}
        command = [sys.executable, "-m", "hagane", *arguments]
        defaults = {
            "cwd": self.root,
            "env": environment,
            "text": True,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
        }
        return subprocess.Popen(command, **(defaults | options))

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        child = self.start(*arguments)
        out, err = child.communicate()
        return subprocess.CompletedProcess(arguments, child.returncode, out, err)

    def run(self, *arguments: str) -> dict[str, Any]:
        """The report of a run that must succeed."""
        done = self.call("run", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        content: dict[str, Any] = json.loads(done.stdout)
        return content

    def statuses(self, *arguments: str) -> dict[str, str]:
        return {task["task"]: task["status"] for task in self.run(*arguments)["tasks"]}

    def plan(self, *arguments: str) -> dict[str, tuple[str, str]]:
        planned = json.loads(self.call("plan", *arguments, "--json").stdout)
        return {task["task"]: (task["status"], task["reason"]) for task in planned}

    def digests(self, *arguments: str) -> list[str]:
        return digests(self.run(*arguments))

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.root / file
        text = path.read_text()
        assert old in text
        later = path.stat().st_mtime + 2  # Python takes bytecode for current if a file's size and second are the same
        path.write_text(text.replace(old, new))
        os.utime(path, (later, later))


def digests(report: dict[str, Any]) -> list[str]:
    return [output["digest"] for task in report["tasks"] for output in task["outputs"].values()]
