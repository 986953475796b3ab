import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from language_model_inputs import LINES, make_inputs, make_tokens
from release_inputs import make_model, make_tokenizer

from hagane.core.component import Result
from hagane.core.errors import BadInput, CorruptArtifact, UsageError
from hagane.evaluation.language_model import Settings, evaluate
from hagane.tokenizers.folder import load

SETTINGS = Settings(context=None, stride=None, limit=0, batch_size=8, threads=1)
Inputs = tuple[Path, Path, Path]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    home = tmp_path_factory.mktemp("inputs")
    tokens, tokenizer = make_inputs(home)
    return make_model(home / "model"), tokenizer, tokens


def run(inputs: Inputs, output: Path, *files: Path | str, **changes: Any) -> tuple[Result, dict[str, Any]]:
    result = evaluate(*inputs, [str(file) for file in files], output, replace(SETTINGS, **changes))
    return result, json.loads((output / "scores.json").read_bytes())


def test_the_held_out_split_is_counted_document_by_document(inputs: Inputs, tmp_path: Path) -> None:
    result, content = run(inputs, tmp_path)
    (row,) = content["scores"]
    processor = load(inputs[1])
    assert row["documents"] == len(LINES)
    assert row["tokens"] == sum(len(processor.encode(line)) + 1 for line in LINES)  # each with its end-of-text token
    assert row["characters"] == sum(map(len, LINES))
    assert row["bytes"] == sum(len(line.encode()) for line in LINES)
    assert row["perplexity"] == pytest.approx(math.exp(row["negative_log_likelihood"] / row["tokens"]))
    assert row["bits_per_byte"] * row["bytes"] == pytest.approx(row["bits_per_character"] * row["characters"])
    assert result.metrics["perplexity"] == row["perplexity"]
    assert content["settings"]["context"] == 64 and content["settings"]["stride"] == 32


def test_a_file_is_scored_as_a_held_out_document_of_the_same_text(inputs: Inputs, tmp_path: Path) -> None:
    text = "\n".join(LINES[:3])
    (tmp_path / "猫.txt").write_text(text, encoding="utf-8")
    tokens = make_tokens(tmp_path / "tokens", inputs[1], held_out=[text])
    _, content = run((*inputs[:2], tokens), tmp_path, tmp_path / "猫.txt")
    held_out, file = content["scores"]
    assert (held_out.pop("name"), file.pop("name")) == ("validation", "猫.txt")
    assert held_out == file


def test_without_held_out_text_the_files_alone_are_scored(inputs: Inputs, tmp_path: Path) -> None:
    tokens = make_tokens(tmp_path / "tokens", inputs[1], held_out=[])
    with pytest.raises(BadInput, match="nothing to evaluate on"):
        run((*inputs[:2], tokens), tmp_path)
    (tmp_path / "a.txt").write_text("山路を登りながら、こう考えた。", encoding="utf-8")
    _, content = run((*inputs[:2], tokens), tmp_path, tmp_path / "a.txt")
    assert [row["name"] for row in content["scores"]] == ["a.txt"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such text file"), (b" \n", "holds no text"), ("吾輩は猫".encode("cp932"), "is not UTF-8.*byte 0")],
)
def test_a_file_that_cannot_be_read_is_told(
    content: bytes | None, message: str, inputs: Inputs, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(BadInput, match=message):
        run(inputs, tmp_path, tmp_path / "a.txt")


def test_two_files_of_one_name_are_refused(inputs: Inputs, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"name of its own, got 'a\.txt'"):
        run(inputs, tmp_path, "x/a.txt", "y/a.txt")


@pytest.mark.parametrize(
    "changes", [{"context": 65}, {"context": 0}, {"stride": 0}, {"context": 8, "stride": 9}, {"batch_size": 0}]
)
def test_settings_out_of_range_are_refused(changes: dict[str, Any], inputs: Inputs, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="wants"):
        run(inputs, tmp_path, **changes)


def test_what_does_not_belong_together_is_refused(inputs: Inputs, tmp_path: Path) -> None:
    other = make_tokenizer(tmp_path / "other", 422)
    with pytest.raises(BadInput, match="got 420: the tokenizer has 422"):
        run((inputs[0], other, inputs[2]), tmp_path)
    with pytest.raises(BadInput, match="more pieces than the model, got 422"):
        run((inputs[0], other, make_tokens(tmp_path / "tokens", other)), tmp_path)


@pytest.mark.parametrize("damage", ["config.json", "model.safetensors", "gone"])
def test_a_folder_that_is_no_model_is_told(damage: str, inputs: Inputs, tmp_path: Path) -> None:
    model = make_model(tmp_path / "model")
    if damage == "gone":
        (model / "model.safetensors").unlink()
    else:
        (model / damage).write_text("{")
    with pytest.raises(CorruptArtifact, match="model"):
        run((model, *inputs[1:]), tmp_path)
