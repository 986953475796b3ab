import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from language_model_inputs import make_inputs

from components.pretrain_language_model import PretrainLanguageModel
from hagane.storage.files import files_in

SETTINGS = {"shape": "gpt2-smoke", "context": 16, "steps": 8, "batch_size": 4, "warmup_steps": 2, "threads": 1}


def test_it_trains_and_a_rerun_gives_the_same_bytes(
    run_component: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    tokens, tokenizer = make_inputs(tmp_path)
    inputs = {"tokens": tokens, "tokenizer": tokenizer}
    first, again = (run_component(PretrainLanguageModel, inputs, **SETTINGS) for _ in range(2))
    assert [file.name for file in files_in(first["model"])] == [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "training.json",
    ]
    for file, same in zip(files_in(first["model"]), files_in(again["model"]), strict=True):
        assert file.read_bytes() == same.read_bytes()
    assert {"train_loss", "validation_loss", "tokens_per_second"} <= first["result"].metrics.keys()


def test_defaults_are_those_of_the_published_recipe(
    run_component: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    tokens, tokenizer = make_inputs(tmp_path)
    made = run_component(
        PretrainLanguageModel,
        {"tokens": tokens, "tokenizer": tokenizer},
        shape="gpt2-smoke",
        context=16,
        steps=1,
        threads=1,
    )
    recipe = json.loads((made["model"] / "training.json").read_bytes())["recipe"]
    rinna = {"beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "weight_decay": 0.01, "clip": 1.0, "seed": 42}
    assert recipe.items() >= (rinna | {"schedule": "linear", "learning_rate": 7e-4, "dropout": 0.1}).items()
