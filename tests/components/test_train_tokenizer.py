from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizer_inputs import rows, trained, write_documents
from transformers import AutoTokenizer

from components.train_tokenizer import TrainTokenizer
from hagane.core.errors import BadInput

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
    measures, classes, hard = result.blocks
    assert dict(measures["rows"])["vocab_size"] == 2_000
    assert [row[0] for row in classes["rows"]][:4] == ["all", "hiragana", "katakana", "kanji"]
    assert {row[-1] for row in hard["rows"]} == {"exact", "NFKC-equal", "lost"}


def test_a_recipe_brings_its_own_size_and_symbols_are_added(tmp_path: Path, run_component: RunComponent) -> None:
    corpus = write_documents(tmp_path, rows(20))
    with pytest.raises(BadInput, match=r"vocab_size is too large for the text, got 51200"):
        run_component(TrainTokenizer, inputs={"corpora": [corpus]}, recipe="line", threads=2)
    settings = SETTINGS | {"recipe": "rinna-gpt2", "extra_symbols": ["😀", "👍🏽"]}
    tokenizer = AutoTokenizer.from_pretrained(
        run_component(TrainTokenizer, inputs={"corpora": [corpus]}, **settings)["tokenizer"]
    )
    assert tokenizer.convert_ids_to_tokens(range(9))[3:] == ["[PAD]", "[CLS]", "[SEP]", "[MASK]", "😀", "👍🏽"]
    assert tokenizer.tokenize("良い👍🏽")[-1] == "👍🏽"
