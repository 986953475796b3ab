"""Put a release together: the license gate, the checks, the files, the card, the checksums."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

from hagane.blocks import Block, table
from hagane.core.component import Result
from hagane.core.errors import CorruptArtifact, UsageError
from hagane.release.card import Facts, model_card
from hagane.release.licenses import check_data, hub_license, terms
from hagane.release.pieces import MODEL_FILES, TOKENIZER_FILES, check_pieces, read_json
from hagane.release.verify import write_sums
from hagane.storage.files import files_in, sha256, write_whole
from hagane.storage.shards import link_or_copy
from hagane.storage.tokens import SourceAmount
from hagane.tokenizers.folder import FAST, MODEL


def build_release(model: Path, tokenizer: Path, scores: Path, release: Path, name: str, license: str) -> Result:
    """Write a Hugging Face folder with README.md, its model card, and SHA256SUMS of all other files.

    Refused if a license of the training data forbids it, CorruptArtifact if the pieces do not fit together, UsageError
    for a ``name`` that the Hub would not take or a ``license`` that is no SPDX expression.
    """
    check_name(name)
    hub_license(license)
    training = read_json(model / "training.json")
    amounts = read_amounts(training, model)
    check_data(amounts)
    check_pieces(model, tokenizer, training)
    measured = read_scores(scores, tokenizer)
    configs = read_json(model / "config.json"), read_json(tokenizer / FAST)
    facts = Facts(name, license, *configs, training, measured, amounts)
    for folder, names in ((model, MODEL_FILES), (tokenizer, TOKENIZER_FILES)):
        for file in names:
            link_or_copy(folder / file, release / file)
    write_whole(release / "README.md", card(facts))
    write_sums(release)
    sizes = [file.stat().st_size for file in files_in(release)]
    return Result({"files": float(len(sizes)), "bytes": float(sum(sizes))}, (data_table(facts),))


def check_name(name: str) -> None:
    try:
        validate_repo_id(name)
    except HFValidationError as error:
        raise UsageError(
            "model_name wants NAME or OWNER/NAME as the Hugging Face Hub has them", name, str(error)
        ) from error


def read_amounts(training: Mapping[str, Any], model: Path) -> tuple[SourceAmount, ...]:
    """The amounts of data in training.json; CorruptArtifact if they do not say what the model was trained on."""
    try:
        amounts = tuple(SourceAmount(**amount) for amount in training["data"])
    except (KeyError, TypeError) as error:
        raise CorruptArtifact(f"{model / 'training.json'} does not list its data", fix=repr(error)) from error
    if not any(amount.split == "train" for amount in amounts):
        raise CorruptArtifact(f"{model / 'training.json'} lists no training data", training["data"], "train it again")
    return amounts


def read_scores(scores: Path, tokenizer: Path) -> dict[str, Any]:
    """scores.json; CorruptArtifact if it was measured with another tokenizer, since a perplexity belongs to its own."""
    measured, own = read_json(scores / "scores.json"), sha256(tokenizer / MODEL)
    if (used := measured.get("settings", {}).get("tokenizer")) != own:
        what = f"{scores / 'scores.json'} was measured with another tokenizer than {own}"
        raise CorruptArtifact(what, used, "evaluate the model with its tokenizer")
    return measured


def card(facts: Facts) -> str:
    try:
        return model_card(facts)
    except (KeyError, TypeError, IndexError) as error:
        raise CorruptArtifact("training.json or scores.json lacks what the card tells", fix=repr(error)) from error


def data_table(facts: Facts) -> Block:
    columns = ("source", "license", "documents", "bytes", "characters", "tokens")
    rows = [
        [*(getattr(a, name) for name in columns), round(a.epochs, 2), ", ".join(sorted(terms(a.license)))]
        for a in facts.data("train")
    ]
    return table("Training data", [*columns, "epochs", "obligations"], rows)
