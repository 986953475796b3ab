"""Whether a model, its configuration and its tokenizer fit together, so that plain transformers opens them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers import AutoModelForCausalLM

from hagane.core.errors import CorruptArtifact
from hagane.tokenizers.equality import differing
from hagane.tokenizers.folder import CONFIG, FAST, MODEL, load

WEIGHTS = "model.safetensors"
MODEL_FILES = (WEIGHTS, "config.json", "generation_config.json")
TOKENIZER_FILES = (MODEL, FAST, CONFIG)
PROBES = (
    "吾輩は猫である。名前はまだ無い。",
    "東京都の人口は、2020年の国勢調査で約1,404万人だった。",
    "「カタカナ」とひらがな、それにEnglishが混ざる文です！",
    "箇条書き:\n\t一つめ\n\t二つめ",
    "髙﨑さんに絵文字😀を送る。",
)


def read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError) as error:
        raise CorruptArtifact(f"{file} cannot be read", fix=f"run its producer again ({error})") from error
    if not isinstance(content, dict):
        raise CorruptArtifact(f"{file} wants a JSON object", content, "run its producer again")
    return content


def check_pieces(model: Path, tokenizer: Path, training: Mapping[str, Any]) -> None:
    """CorruptArtifact names the first thing that does not fit."""
    for folder, names in ((model, MODEL_FILES), (tokenizer, TOKENIZER_FILES)):
        if missing := [name for name in names if not (folder / name).is_file()]:
            raise CorruptArtifact(f"{folder} lacks {', '.join(missing)}", fix="run its producer again")
    config, _ = read_json(model / "config.json"), read_json(model / "generation_config.json")
    check_weights(model)
    check_tokenizer(tokenizer)
    processor = load(tokenizer)
    expected = {"vocab_size": processor.vocab_size(), "eos_token_id": processor.eos_id()}
    found = {"vocab_size": training.get("vocab_size"), "eos_token_id": config.get("eos_token_id")}
    if found != expected or config["vocab_size"] < expected["vocab_size"]:
        raise CorruptArtifact(
            f"{model} was not trained with this tokenizer of {expected}", found, "pack and train again"
        )


def check_weights(model: Path) -> None:
    """Plain transformers opens the model and finds every weight, and no other, in its shape."""
    opening: dict[str, Any] = {"dtype": "auto", "local_files_only": True, "ignore_mismatched_sizes": True}
    try:
        _, found = AutoModelForCausalLM.from_pretrained(model, output_loading_info=True, **opening)
    except (ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise CorruptArtifact(f"{model} cannot be opened", fix=f"train it again ({error})") from error
    wrong = [
        f"{name.removesuffix('_keys')}: {', '.join(sorted(map(str, keys)))}" for name, keys in found.items() if keys
    ]
    if wrong:
        raise CorruptArtifact(f"the weights in {model} are not what its config.json asks for", "; ".join(wrong))


def check_tokenizer(tokenizer: Path) -> None:
    try:
        different = list(differing(tokenizer, PROBES))
    except CorruptArtifact:
        raise
    except Exception as error:  # tokenizers raises nothing narrower for a broken file
        raise CorruptArtifact(f"{tokenizer / FAST} cannot be read", fix=f"train it again ({error})") from error
    if different:
        what = f"{tokenizer / FAST} and {MODEL} give different ids"
        raise CorruptArtifact(what, different[0], "train the tokenizer again")
