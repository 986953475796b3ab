"""Corpora that a file lists become tokens, each with its license, language and weight."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from workbench import ROOT

ENGLISH = "This is sentence {0} of an English manual, which tells what option {0} of the program does. "
CORPORA = """
weights = ["manuals=0.5", "english=2"]

[[corpora]]
source = "{manuals}"
name = "manuals"
license = "CC-BY-4.0"
profile = "japanese-technical"

[[corpora]]
source = "{english}"
name = "english"
license = "MIT"
language = "en"
profile = "none"
"""


def hagane(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "hagane", *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Japanese manuals, one of them twice and one with a telephone number, English ones, and an evaluation file."""
    import gzip

    folder = tmp_path_factory.mktemp("texts")
    with gzip.open(ROOT / "samples" / "japanese.jsonl.gz", "rt", encoding="utf-8") as stream:
        manuals = [json.loads(line)["text"] for line in stream][:100]
    manuals += [f"{manuals[0]} 追記。", f"電話は03-1234-5678です。{max(manuals, key=len)}"]
    write(folder / "manuals.jsonl", manuals)
    write(folder / "english.jsonl", [ENGLISH.format(number) * 20 for number in range(50)])
    (folder / "evaluation.txt").write_text(f"{ENGLISH.format(7)}\n", encoding="utf-8")
    return folder


def write(file: Path, texts: list[str]) -> None:
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")


def test_corpora_of_a_file_become_tokens(texts: Path, tmp_path: Path) -> None:
    params = tmp_path / "corpora.toml"
    params.write_text(CORPORA.format(manuals=texts / "manuals.jsonl", english=texts / "english.jsonl"))
    settings = (
        *("--params", str(params), "--store", str(tmp_path / "store"), "balance=custom", "vocab_size=1400"),
        *(f"evaluation={texts / 'evaluation.txt'}", "sample_megabytes=1", "layout=windows"),
    )
    report = hagane("run", "pretraining-corpus", *settings)
    outputs = {
        f"{task['task']}.{name}": Path(output["uri"])
        for task in report["tasks"]
        for name, output in task["outputs"].items()
    }
    meta = json.loads((outputs["pack-tokens.tokens"] / "data" / "tokens.json").read_bytes())
    amounts = {(amount["split"], amount["source"]): amount for amount in meta["amounts"]}
    english = amounts["train", "english"]
    assert (english["license"], english["language"]) == ("MIT", "en")
    assert english["documents"] == 2 * english["unique_documents"] > 80
    assert amounts["train", "manuals"]["documents"] == amounts["train", "manuals"]["unique_documents"]
    assert meta["layout"] == "windows"
    found = {name: metrics(outputs[name]) for name in outputs}
    assert found["deduplicate-corpus.unique"]["near_duplicates"] >= 1
    assert found["decontaminate-corpus.clean"]["contaminated_documents"] == 1
    assert found["detect-personal-information.kept"]["phone_findings"] == 1
    again = hagane("run", "pretraining-corpus", *settings)
    assert {task["status"] for task in again["tasks"]} == {"hit"}


def metrics(artifact: Path) -> dict[str, float]:
    manifest = json.loads((artifact / "manifest.json").read_bytes())
    measured: dict[str, float] = manifest["record"]["result"]["metrics"]
    return measured
