from collections.abc import Callable
from pathlib import Path
from typing import Any

from language_model_inputs import make_inputs
from release_inputs import make_model

from components.evaluate_language_model import EvaluateLanguageModel


def test_it_scores_and_a_rerun_gives_the_same_bytes(
    run_component: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    tokens, tokenizer = make_inputs(tmp_path)
    inputs = {"model": make_model(tmp_path / "model"), "tokenizer": tokenizer, "tokens": tokens}
    (tmp_path / "走れメロス.txt").write_text("メロスは激怒した。", encoding="utf-8")
    files = [str(tmp_path / "走れメロス.txt")]
    first, again = (run_component(EvaluateLanguageModel, inputs, files=files, threads=1) for _ in range(2))
    written = (first["scores"] / "scores.json").read_bytes()
    assert written == (again["scores"] / "scores.json").read_bytes()
    assert str(tmp_path).encode() not in written
    assert first["result"].metrics["perplexity"] > 1
    assert "走れメロス.txt.bits_per_character" in first["result"].metrics
