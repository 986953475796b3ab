from collections.abc import Callable
from pathlib import Path
from typing import Any

from tokenizer_inputs import rows, trained, write_documents

from components.pack_tokens import PackTokens
from hagane.storage.tokens import TokenStream, read_meta
from hagane.tokenizers.folder import load

RunComponent = Callable[..., dict[str, Any]]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_it_packs_both_splits_and_a_rerun_gives_the_same_bytes(tmp_path: Path, run_component: RunComponent) -> None:
    inputs = {"documents": write_documents(tmp_path, rows(60), shards=3), "tokenizer": trained()[0]}
    first = run_component(PackTokens, inputs=inputs, validation_fraction=0.1, workers=1)
    again = run_component(PackTokens, inputs=inputs, layout="packed", validation_fraction=0.1, workers=2)
    assert contents(first["tokens"]) == contents(again["tokens"])
    train, validation = TokenStream(first["tokens"], "train"), TokenStream(first["tokens"], "validation")
    assert len(train.index) + len(validation.index) == 60
    start = int(train.index["tokens"][0])
    text = load(trained()[0]).decode(train.read(0, start).tolist()[1:-1])
    assert text.split("\n")[0] in rows(1)[0]["text"]
    assert first["result"].metrics["documents"] == 60
    assert first["result"].blocks[0]["title"] == "Tokens by source"
    assert read_meta(first["tokens"]).layout == "packed"
    windows = run_component(PackTokens, inputs=inputs, layout="windows", validation_fraction=0.1, workers=1)
    assert read_meta(windows["tokens"]).layout == "windows"
