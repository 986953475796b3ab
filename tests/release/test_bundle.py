"""The released folder: opens in plain transformers, says what it is made of, and refuses what does not fit."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import ModelCard
from release_inputs import HELD_OUT, MANUALS, NOVELS, make_model, make_scores, make_tokenizer
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from hagane.core.component import Result
from hagane.core.errors import CorruptArtifact, Refused, UsageError
from hagane.release.bundle import build_release
from hagane.release.verify import verify


@dataclass
class Inputs:
    model: Path
    tokenizer: Path
    scores: Path
    release: Path

    def build(self, name: str = "japanese-gpt", license: str = "Apache-2.0") -> Result:
        self.release.mkdir(exist_ok=True)
        return build_release(self.model, self.tokenizer, self.scores, self.release, name, license)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tokenizer(tmp_path_factory.mktemp("shared") / "tokenizer")


@pytest.fixture
def inputs(tmp_path: Path, tokenizer: Path) -> Inputs:
    own = tmp_path / "tokenizer"
    shutil.copytree(tokenizer, own)
    return Inputs(make_model(tmp_path / "model"), own, make_scores(tmp_path / "scores", own), tmp_path / "release")


def test_the_folder_is_a_hugging_face_model(inputs: Inputs) -> None:
    result = inputs.build()
    names = "README.md SHA256SUMS config.json generation_config.json model.safetensors spiece.model"
    names += " tokenizer.json tokenizer_config.json"
    assert sorted(file.name for file in inputs.release.iterdir()) == sorted(names.split())
    assert result.metrics["files"] == 8
    assert verify(inputs.release) == "all 7 files are as SHA256SUMS says"
    ModelCard.load(inputs.release / "README.md")


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs coreutils")
def test_sha256sum_agrees(inputs: Inputs) -> None:
    inputs.build()
    done = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=inputs.release, capture_output=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("family", ["gpt2", "gpt-neox"])
def test_the_cards_own_lines_generate_text(
    inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], family: str
) -> None:
    inputs.model = make_model(tmp_path / family, family=family)
    inputs.build()
    lines = re.findall(r"```python\n(.*?)```", (inputs.release / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(lines) == 2  # Japanese and English
    monkeypatch.chdir(inputs.release)
    exec(lines[0], {})
    assert capsys.readouterr().out.startswith("日本の")


def test_the_release_computes_what_the_model_computed(inputs: Inputs) -> None:
    inputs.build()
    prompt = AutoTokenizer.from_pretrained(inputs.release)("吾輩は猫である。", return_tensors="pt").input_ids
    with torch.inference_mode():
        released, original = (
            AutoModelForCausalLM.from_pretrained(folder)(prompt).logits for folder in (inputs.release, inputs.model)
        )
    assert torch.equal(released, original)


def test_equal_inputs_give_equal_bytes_that_name_no_place(inputs: Inputs, tmp_path: Path) -> None:
    inputs.build()
    again = replace(inputs, release=tmp_path / "elsewhere" / "again")
    again.release.mkdir(parents=True)
    again.build()
    for file in inputs.release.iterdir():
        assert file.read_bytes() == (again.release / file.name).read_bytes()
        assert str(tmp_path).encode() not in file.read_bytes()


def test_data_that_forbid_a_release_write_nothing(inputs: Inputs, tmp_path: Path) -> None:
    news = replace(NOVELS, source="ニュース", license="CC-BY-NC-4.0")
    inputs.model = make_model(tmp_path / "refused", NOVELS, news, HELD_OUT)
    with pytest.raises(Refused, match=r"'CC-BY-NC-4\.0' \(non-commercial use only\) of 'ニュース'"):
        inputs.build()
    assert not list(inputs.release.iterdir())


@pytest.mark.parametrize("name", ["", "a b", "../up", "a/b/c", "名前", "x--y"])
def test_a_name_that_the_hub_refuses(inputs: Inputs, name: str) -> None:
    with pytest.raises(UsageError, match=f"model_name wants NAME or OWNER/NAME.*got {name!r}"):
        inputs.build(name=name)


def test_a_license_that_is_no_spdx_id(inputs: Inputs) -> None:
    with pytest.raises(UsageError, match=r"license wants an SPDX id.*got 'ours'"):
        inputs.build(license="ours")


def rewrite(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def drop_tensor(inputs: Inputs) -> None:
    file = inputs.model / "model.safetensors"
    save_file({name: tensor for name, tensor in load_file(file).items() if "ln_f" not in name}, file)


def other_tokenizer(inputs: Inputs) -> None:
    other = make_tokenizer(inputs.tokenizer.with_name("other"), vocabulary=410)
    shutil.copy(other / "tokenizer.json", inputs.tokenizer)


def smaller_model(inputs: Inputs) -> None:
    inputs.model = make_model(inputs.model.with_name("smaller"), vocabulary=300)


BROKEN: dict[str, tuple[Callable[[Inputs], object], str]] = {
    "missing weights": (lambda i: (i.model / "model.safetensors").unlink(), "lacks model.safetensors"),
    "missing piece model": (lambda i: (i.tokenizer / "spiece.model").unlink(), "lacks spiece.model"),
    "torn weights": (lambda i: (i.model / "model.safetensors").write_bytes(b"\x08\0\0"), "cannot be opened"),
    "absent tensors": (
        drop_tensor,
        "missing: transformer.ln_f.bias, transformer.ln_f.weight",
    ),
    "other width": (lambda i: rewrite(i.model / "config.json", n_embd=64), "config.json asks for.*mismatched: "),
    "torn config": (lambda i: (i.model / "config.json").write_text("{"), "config.json cannot be read"),
    "unknown kind": (lambda i: rewrite(i.model / "config.json", model_type="gpt9"), "cannot be opened.*gpt9"),
    "torn generation config": (
        lambda i: (i.model / "generation_config.json").write_text("[1]"),
        r"generation_config.json wants a JSON object, got \[1\]",
    ),
    "torn tokenizer.json": (
        lambda i: (i.tokenizer / "tokenizer.json").write_text("{}"),
        "tokenizer.json cannot be read",
    ),
    "torn piece model": (lambda i: (i.tokenizer / "spiece.model").write_bytes(b"x"), "spiece.model cannot be read"),
    "two tokenizers": (other_tokenizer, "tokenizer.json and spiece.model give different ids"),
    "too few ids": (smaller_model, "was not trained with this tokenizer"),
    "other end of text": (
        lambda i: rewrite(i.model / "config.json", eos_token_id=9),
        "was not trained with this tokenizer.*'eos_token_id': 9",
    ),
    "no record": (lambda i: (i.model / "training.json").unlink(), "training.json cannot be read"),
    "no data": (lambda i: rewrite(i.model / "training.json", data=[]), "lists no training data"),
    "odd data": (lambda i: rewrite(i.model / "training.json", data=[{"source": "x"}]), "does not list its data"),
    "no recipe": (lambda i: rewrite(i.model / "training.json", recipe={}), "lacks what the card tells"),
    "no scores": (lambda i: (i.scores / "scores.json").unlink(), "scores.json cannot be read"),
    "other scores": (
        lambda i: rewrite(i.scores / "scores.json", settings={"tokenizer": "0"}),
        "measured with another tokenizer.*got '0'",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_pieces_that_do_not_fit_are_corrupt(inputs: Inputs, case: str) -> None:
    damage, message = BROKEN[case]
    damage(inputs)
    with pytest.raises(CorruptArtifact, match=message):
        inputs.build()


def test_the_data_table_of_the_report(inputs: Inputs) -> None:
    (table,) = inputs.build().blocks
    assert table["rows"][1] == [
        MANUALS.source,
        MANUALS.license,
        MANUALS.documents,
        MANUALS.bytes,
        MANUALS.characters,
        MANUALS.tokens,
        1.0,
        "changes, notice, share-alike, source",
    ]
