from collections.abc import Callable
from pathlib import Path
from typing import Any

from tokenizer_inputs import rows, trained, write_documents
from transformers import AutoTokenizer

from components.train_tokenizer import TrainTokenizer

SETTINGS = {"vocab_size": 2_000, "sample_megabytes": 1, "threads": 2}

RunComponent = Callable[..., dict[str, Any]]


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_it_learns_from_all_corpora_and_a_rerun_gives_the_same_bytes(
    tmp_path: Path, run_component: RunComponent
) -> None:
    corpora = [write_documents(tmp_path / "a", rows(60)[:30]), write_documents(tmp_path / "b", rows(60)[30:], 2)]
    first = run_component(TrainTokenizer, inputs={"corpora": corpora}, **SETTINGS)
    again = run_component(TrainTokenizer, inputs={"corpora": corpora}, **SETTINGS)
    assert contents(first["tokenizer"]) == contents(again["tokenizer"])
    assert contents(first["tokenizer"]) == contents(trained()[0])  # the same documents in one corpus
    assert set(contents(first["tokenizer"])) == {"spiece.model", "tokenizer.json", "tokenizer_config.json"}
    tokenizer = AutoTokenizer.from_pretrained(first["tokenizer"])
    text = rows(61)[60]["text"]
    assert tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True).count("\n") == text.count("\n")


def test_it_reports_what_the_tokenizer_costs(tmp_path: Path, run_component: RunComponent) -> None:
    corpus = write_documents(tmp_path, rows(60))
    result = run_component(TrainTokenizer, inputs={"corpora": [corpus]}, **SETTINGS)["result"]
    assert result.metrics["vocab_size"] == 2_000
    assert result.metrics["differing_texts"] <= 2
    assert 1 < result.metrics["characters_per_token"] < 4
    assert 0 <= result.metrics["byte_fallback_rate"] < 0.1
    assert result.blocks[0]["type"] == "table"
