import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pytest
from tokenizer_inputs import rows, trained, write_documents

from components.evaluate_tokenizer import EvaluateTokenizer
from hagane.core.errors import BadInput, CorruptArtifact, UsageError
from hagane.tokenizers.comparison import names

RunComponent = Callable[..., dict[str, Any]]


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Path]:
    return {"documents": write_documents(tmp_path / "documents", rows(30), 2), "tokenizer": trained()[0]}


def test_tokenizers_stand_side_by_side_and_a_rerun_gives_the_same_bytes(
    tmp_path: Path, inputs: dict[str, Path], run_component: RunComponent
) -> None:
    (tmp_path / "fast").mkdir()
    shutil.copy(trained("line")[0] / "tokenizer.json", tmp_path / "fast")
    memory = fsspec.filesystem("memory")
    memory.pipe("/models/rinna/spiece.model", (trained("rinna-gpt2")[0] / "spiece.model").read_bytes())
    others = [str(tmp_path / "fast"), "memory://models/rinna", str(trained("line")[0] / "spiece.model")]
    first = run_component(EvaluateTokenizer, inputs=inputs, others=others)
    again = run_component(EvaluateTokenizer, inputs=inputs, others=others)
    written = (first["scores"] / "tokenizers.json").read_bytes()
    assert written == (again["scores"] / "tokenizers.json").read_bytes()
    own, fast, rinna, model = json.loads(written)["tokenizers"]
    assert [one["kind"] for one in (own, fast, rinna, model)] == [
        "SentencePiece unigram",
        "tokenizers Unigram",
        "SentencePiece unigram",
        "SentencePiece unigram",
    ]
    assert rinna["name"] == "models/rinna" and model["name"] == "tokenizer/spiece.model"
    assert fast["costs"]["kanji"]["tokens"] == pytest.approx(model["costs"]["kanji"]["tokens"], rel=0.01)
    assert own["hard_texts"]["lines"] == "exact" and rinna["hard_texts"]["lines"] == "lost"
    assert first["result"].metrics["characters_per_token"] == own["costs"]["all"]["characters_per_token"]
    assert first["result"].blocks[0]["columns"][:3] == ["name", "kind", "pieces"]
    assert first["result"].blocks[-1]["columns"][2:] == ["tokenizer", fast["name"], rinna["name"], model["name"]]


def test_addresses_give_the_shortest_names_that_differ() -> None:
    assert names(["hf://rinna/japanese-gpt2-medium", "/a/b/line"]) == ["rinna/japanese-gpt2-medium", "b/line"]
    assert names(["/store/1/tokenizer/data", "/store/2/tokenizer/data"]) == ["1/tokenizer/data", "2/tokenizer/data"]
    assert names([]) == []
    for same in (["x/line", "x/line"], ["tokenizer"]):
        with pytest.raises(UsageError, match="an address of its own"):
            names(same)


def test_what_is_no_tokenizer_is_refused(tmp_path: Path, inputs: dict[str, Path], run_component: RunComponent) -> None:
    (tmp_path / "bert").mkdir()
    (tmp_path / "bert" / "vocab.txt").write_text("[UNK]\n")
    for other in ("bert", "nowhere"):
        with pytest.raises(BadInput, match=r"no tokenizer that can be read, got .*give a folder with spiece.model"):
            run_component(EvaluateTokenizer, inputs=inputs, others=[str(tmp_path / other)])
    (tmp_path / "bert" / "tokenizer.json").write_text("{}")
    with pytest.raises(BadInput, match=r"the tokenizer cannot be read, got 'tokenizer.json'"):
        run_component(EvaluateTokenizer, inputs=inputs, others=[str(tmp_path / "bert")])
    with pytest.raises(UsageError, match="no such kind of address, got 'nonsense://x'"):
        run_component(EvaluateTokenizer, inputs=inputs, others=["nonsense://x"])
    with pytest.raises(CorruptArtifact, match=r"spiece\.model cannot be read"):
        run_component(EvaluateTokenizer, inputs=inputs | {"tokenizer": tmp_path / "bert"})
