"""The whole pipeline on real text, as a user runs it; and as one whose machine is taken away."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import drill
import pytest
from workbench import ROOT

MOMENTS = random.Random(20261121)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    store = tmp_path_factory.mktemp("smoke") / "store"
    yield store, drill.finish(store)


def hagane(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "hagane", *arguments], cwd=ROOT, capture_output=True, text=True)


def output(report: dict[str, Any], task: str, name: str) -> Path:
    (found,) = (t for t in report["tasks"] if t["task"] == task)
    return Path(found["outputs"][name]["uri"]) / "data"


def test_every_task_runs_and_then_every_task_is_a_hit(undisturbed: tuple[Path, dict[str, Any]]) -> None:
    store, report = undisturbed
    assert len(report["tasks"]) == 8 and {task["status"] for task in report["tasks"]} == {"done"}
    again = drill.finish(store)
    assert {task["status"] for task in again["tasks"]} == {"hit"}
    assert drill.digests(again) == drill.digests(report)
    planned = json.loads(hagane("plan", "japanese-gpt", "--preset", "smoke", "--store", str(store), "--json").stdout)
    assert [task["status"] for task in planned] == ["hit"] * 8


def test_the_last_words_name_the_scores_the_release_and_a_command_that_works(
    undisturbed: tuple[Path, dict[str, Any]],
) -> None:
    words = hagane("run", "japanese-gpt", "--preset", "smoke", "--store", str(undisturbed[0])).stdout
    assert "scores: " in words and "perplexity" in words and "8 of 8 tasks reused" in words
    (command,) = (line.partition("try: ")[2] for line in words.splitlines() if "try: " in line)
    assert "hagane generate " in command and command.endswith("'日本の'")
    generated = subprocess.run(f"{command} --seed 1", shell=True, cwd=ROOT, capture_output=True, text=True)
    assert generated.returncode == 0 and generated.stdout.startswith("日本の") and "\ufffd" not in generated.stdout


def test_the_release_loads_in_plain_transformers_and_verifies(undisturbed: tuple[Path, dict[str, Any]]) -> None:
    release = output(undisturbed[1], "release-model", "release")
    code = (
        "import sys; from transformers import AutoModelForCausalLM, AutoTokenizer\n"
        "t = AutoTokenizer.from_pretrained(sys.argv[1]); m = AutoModelForCausalLM.from_pretrained(sys.argv[1])\n"
        "ids = m.generate(**t('日本の', return_tensors='pt'), max_new_tokens=8, do_sample=False)\n"
        "print(t.decode(ids[0], skip_special_tokens=True))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(release)], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("日本の"), done.stderr
    assert subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=release).returncode == 0
    assert hagane("verify", str(release)).returncode == 0


def test_a_damaged_release_is_told_by_verify(undisturbed: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    import shutil

    release = shutil.copytree(output(undisturbed[1], "release-model", "release"), tmp_path / "release")
    (release / "config.json").write_text("{}")
    done = hagane("verify", str(release))
    assert done.returncode == 4 and "config.json" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("way", ["group", "runner", "group"])
def test_a_killed_run_ends_with_the_digests_of_an_undisturbed_one(
    undisturbed: tuple[Path, dict[str, Any]], tmp_path: Path, way: str
) -> None:
    seconds = MOMENTS.uniform(0.05, 0.95) * undisturbed[1]["seconds"]
    assert drill.disturbed(tmp_path / "store", seconds, way) == drill.digests(undisturbed[1])
