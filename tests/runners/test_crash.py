"""Killed runs, two runs at once, and bad input: nothing half-written, finished work kept."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from workbench import Workbench

SLOW = ("slow", "corpus=corpus.txt", "journal=journal")


def wait_until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def journal(bench: Workbench) -> list[int]:
    file = bench.root / "journal"
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []


def started(bench: Workbench) -> bool:
    return bool(list(bench.store.glob("v1/work/*/kept/started")))


def test_a_killed_runner_takes_its_task_along_and_the_rerun_is_equal(bench: Workbench, tmp_path: Path) -> None:
    undisturbed = bench.digests(*SLOW, "--store", str(tmp_path / "undisturbed"))
    runner = bench.start("run", *SLOW, "seconds=60")
    wait_until(lambda: started(bench))
    runner.kill()
    runner.communicate()
    wait_until(lambda: is_gone(journal(bench)[1]))
    assert not list(bench.store.glob("v1/artifacts/*/*/copied/manifest.json"))
    assert [run["status"] for run in json.loads(bench.call("runs", "--json").stdout)] == ["killed"]
    begun = time.monotonic()
    assert bench.statuses(*SLOW) == {"read-lines": "hit", "slow-copy": "done"}
    assert time.monotonic() - begun < 20, "a dead holder's lease, which expires after 30 s, is not waited for"
    assert bench.digests(*SLOW) == undisturbed
    assert not list(bench.store.glob("v1/work/*/attempt-*")), "the next holder clears dead attempts"


def test_a_killed_task_is_told(bench: Workbench) -> None:
    runner = bench.start("run", *SLOW, "seconds=60", "--json")
    wait_until(lambda: started(bench))
    os.kill(journal(bench)[0], signal.SIGKILL)
    output, _ = runner.communicate()
    assert runner.returncode == 137 and "ended without a word" in json.loads(output)["tasks"][1]["reason"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_ends_its_task_and_says_so(bench: Workbench, number: int, code: int) -> None:
    runner = bench.start("run", *SLOW, "seconds=60", "--json")
    wait_until(lambda: started(bench))
    runner.send_signal(number)
    output, _ = runner.communicate(timeout=20)
    report = json.loads(output)
    assert runner.returncode == report["exit_code"] == code
    assert [task["status"] for task in report["tasks"]] == ["done", "failed"]
    assert "interrupted" in report["tasks"][1]["reason"]
    assert is_gone(journal(bench)[0]) and not list(bench.store.glob("v1/work/*/lease"))


def test_a_second_run_on_the_same_key_waits_and_reuses(bench: Workbench) -> None:
    first = bench.start("run", *SLOW, "seconds=2")
    wait_until(lambda: started(bench))
    assert bench.statuses(*SLOW) == {"read-lines": "hit", "slow-copy": "hit"}
    first.communicate()
    assert first.returncode == 0 and len(journal(bench)) == 1


def test_after_a_failure_what_does_not_need_it_still_runs(bench: Workbench) -> None:
    (bench.root / "empty.txt").write_text("短い\n", encoding="utf-8")
    done = bench.call("run", "many-corpora", "corpora=empty.txt,corpus.txt", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 3
    assert {task["task"]: task["status"] for task in report["tasks"]} == {
        "read-lines": "done",
        "read-lines-2": "done",
        "keep-long": "failed",
        "keep-long-2": "done",
        "count-characters": "skipped",
    }
    assert report["tasks"][4]["reason"] == "keep-long failed"
    assert "no line is left, got 5: lower minimum" in report["tasks"][2]["reason"]


def test_a_bug_leaves_its_traceback_in_the_log(bench: Workbench) -> None:
    bench.edit("toylib/lines.py", "    lines = read(source)", "    lines = read(source)[99999999]")
    done = bench.call("run", "frequent-characters", "corpus=corpus.txt")
    assert done.returncode == 1 and "IndexError: list index out of range" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr and "Traceback" in bench.call("logs", "last", "keep-long").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("run", "nothing"), 2, "no such pipeline or component, got 'nothing': choose from frequent-characters, many"),
        (("run", "frequent-characters"), 2, "needs a value for corpus: give corpus=VALUE"),
        (
            ("run", "frequent-characters", "corpus=corpus.txt", "--preset", "x"),
            2,
            "no such preset, got 'x': choose from",
        ),
        (("run", "frequent-characters", "corpus=missing.txt"), 3, "no such file or folder, got 'missing.txt'"),
        (("run", "frequent-characters", "corpus=corpus.txt", "minimum=99"), 3, "no line is left"),
        (("run", "frequent-characters", "corpus=corpus.txt", "top=x"), 2, "top wants int, got 'x'"),
        (("run", "frequent-characters", "corpus=corpus.txt", "topp=1"), 2, "has no parameter topp: it has corpus, top"),
        (("run", "frequent-characters", "corpus"), 2, "a parameter is given as name=value, got 'corpus'"),
        (("run", "frequent-characters", "--params", "no.json"), 3, "cannot read the parameters, got 'no.json'"),
        (("run", "keep-long"), 2, "keep-long needs a value for lines: give lines=ARTIFACT"),
        (("run", "frequent-characters", "corpus=a", "--store", "nowhere://x"), 2, "no such kind of store"),
        (("plan", "nothing"), 2, "no such pipeline or component"),
        (("components", "nothing"), 2, "no such component, got 'nothing': choose from count-characters, keep-long"),
        (("why", "nothing"), 2, "no finished run has the task, got 'nothing'"),
        (("logs", "nothing"), 2, "no such run, got 'nothing'"),
        (("--project", "/", "components"), 2, "a project has components and pipelines"),
        (("execute", "keep-long", "{"), 2, "the executor input cannot be read"),
        (("frobnicate",), 2, "invalid choice"),
    ],
)
def test_bad_input_is_one_message_and_its_exit_code(
    bench: Workbench, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = bench.call(*arguments)
    assert done.returncode == code and message in done.stderr + done.stdout and "Traceback" not in done.stderr
    assert not list(bench.store.glob("v1/work/*/attempt-*")) and not list(bench.store.glob("v1/work/*/lease"))


def test_a_run_that_cannot_read_its_source_leaves_a_record(bench: Workbench) -> None:
    report = json.loads(bench.call("run", "frequent-characters", "corpus=missing.txt", "--json").stdout)
    assert [task["status"] for task in report["tasks"]] == ["failed", "skipped", "skipped"]
    assert report["exit_code"] == 3 and "no such file or folder" in report["tasks"][0]["reason"]
    assert [run["status"] for run in json.loads(bench.call("runs", "--json").stdout)] == ["failed"]


def test_errors_are_json_too_where_json_was_asked_for(bench: Workbench) -> None:
    done = bench.call("run", "nothing", "--json")
    content = json.loads(done.stdout)
    assert content["schema"] == 1 and content["exit_code"] == done.returncode == 2 and "no such" in content["error"]
