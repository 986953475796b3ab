"""The model card: README.md of a release, in Japanese and English, from what its inputs record."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any, Literal

from huggingface_hub import EvalResult, ModelCardData

from hagane.release.licenses import OBLIGATIONS, hub_license, terms
from hagane.storage.tokens import SourceAmount

Language = Literal["ja", "en"]
ARCHITECTURES = {"gpt2": "GPT-2", "gpt_neox": "GPT-NeoX"}
METRICS = {
    "perplexity": "Perplexity per token of this model's tokenizer",
    "bits_per_character": "Bits per character",
    "bits_per_byte": "Bits per byte",
}
NONE = {"ja": "なし", "en": "none"}
COMMA = {"ja": "、", "en": "; "}


@dataclass(frozen=True)
class Facts:
    """What a card tells, as the files of the release's inputs say it."""

    name: str
    license: str  # of the weights, SPDX
    config: Mapping[str, Any]  # config.json
    tokenizer: Mapping[str, Any]  # tokenizer.json
    training: Mapping[str, Any]  # training.json
    scores: Mapping[str, Any]  # scores.json
    amounts: tuple[SourceAmount, ...]

    def data(self, split: str) -> list[SourceAmount]:
        """Of one split, the largest source first."""
        amounts = (amount for amount in self.amounts if amount.split == split)
        return sorted(amounts, key=lambda a: (-a.tokens, a.source, a.license, a.language))


def model_card(facts: Facts) -> str:
    """A Hugging Face model card. Every name that comes from data is escaped."""
    return f"---\n{front_matter(facts).strip()}\n---\n\n{body(facts, 'ja')}\n{body(facts, 'en')}"


def front_matter(facts: Facts) -> str:
    license: dict[str, Any] = hub_license(facts.license)
    card = ModelCardData(
        language=sorted({one_line(amount.language) for amount in facts.data("train")}),
        **license,
        library_name="transformers",
        pipeline_tag="text-generation",
        tags=["japanese", "causal-lm", str(facts.config["model_type"]), "hagane"],
        model_name=facts.name,
        eval_results=[result for score in facts.scores["scores"] for result in results(score)],
    )
    yaml: str = card.to_yaml()
    return yaml


def results(score: Mapping[str, Any]) -> Iterable[Any]:
    for metric, name in METRICS.items():
        yield EvalResult(
            task_type="text-generation",
            dataset_type=one_line(score["name"]),  # also what keeps the results of two data sets apart
            dataset_name=one_line(score["name"]),
            metric_type=metric,
            metric_name=name,
            metric_value=round(score[metric], 4),
        )


def body(facts: Facts, language: Language) -> str:
    template = files("hagane.release").joinpath(f"card.{language}.md").read_text(encoding="utf-8")
    values = values_of(facts) | tables_of(facts, language)
    return Template(template).substitute(values)


def values_of(facts: Facts) -> dict[str, str]:
    training, held_out = facts.training, facts.data("validation")
    return {
        "name": facts.name,
        "license": facts.license,
        "architecture": ARCHITECTURES.get(facts.config["model_type"], facts.config["model_type"]),
        "shape": escape(training["model"]),
        "parameters": f"{training['parameters']:,}",
        "context": f"{training['context']:,}",
        "optimizer": escape(training["recipe"]["optimizer"]),
        "steps": f"{training['recipe']['steps']:,}",
        "tokens_seen": f"{training['tokens_seen']:,}",
        "tokens_per_parameter": f"{training['tokens_seen'] / training['parameters']:,.2f}",
        "epochs": f"{training['epochs']:,.2f}",
        "train_loss": last(training["train_loss"]),
        "validation_loss": last(training["validation_loss"]),
        "train_tokens": f"{sum(amount.tokens for amount in facts.data('train')):,}",
        "held_out_documents": f"{sum(amount.documents for amount in held_out):,}",
        "held_out_characters": f"{sum(amount.characters for amount in held_out):,}",
        "tokenizer": tokenizer_type(facts.tokenizer["model"]),
        "pieces": f"{training['vocab_size']:,}",
        "score_settings": ", ".join(f"`{name}` {escape(value)}" for name, value in facts.scores["settings"].items()),
    }


def tokenizer_type(model: Mapping[str, Any]) -> str:
    return f"SentencePiece {model['type']}" + (" (byte fallback)" if model.get("byte_fallback") else "")


def last(losses: list[tuple[int, float]]) -> str:
    return f"{losses[-1][1]:.4f}" if losses else "-"


def tables_of(facts: Facts, language: Language) -> dict[str, str]:
    settings = facts.training["recipe"] | {"epochs": round(facts.training["epochs"], 2)}  # passes made, not asked for
    recipe = {name: value for name, value in settings.items() if value is not None}
    return {
        "data": data_rows(facts.data("train")),
        "obligations": obligation_rows(facts.data("train"), language),
        "recipe": "\n".join(row(f"`{name}`", escape(recipe[name])) for name in sorted(recipe)),
        "scores": "\n".join(score_row(score) for score in facts.scores["scores"]),
    }


def data_rows(amounts: list[SourceAmount]) -> str:
    whole = sum(amount.tokens for amount in amounts)
    rows = [
        row(
            *(escape(name) for name in (amount.source, amount.license, amount.language)),
            *(f"{count:,}" for count in (amount.documents, amount.bytes, amount.characters, amount.tokens)),
            f"{amount.epochs:,.2f}",
            f"{100 * amount.tokens / max(1, whole):.1f} %",
        )
        for amount in amounts
    ]
    return "\n".join(rows)


def obligation_rows(amounts: list[SourceAmount], language: Language) -> str:
    sources: dict[str, list[str]] = {}
    for amount in amounts:
        sources.setdefault(amount.license, []).append(escape(amount.source))
    rows = []
    for license, names in sources.items():
        asked = terms(license)
        conditions = [text[language] for term, text in OBLIGATIONS.items() if term in asked]
        unique = ", ".join(dict.fromkeys(names))
        rows.append(row(escape(license), unique, COMMA[language].join(conditions) or NONE[language]))
    return "\n".join(rows)


def score_row(score: Mapping[str, Any]) -> str:
    measured = [f"{score['perplexity']:,.2f}", f"{score['bits_per_character']:.4f}", f"{score['bits_per_byte']:.4f}"]
    return row(escape(score["name"]), f"{score['tokens']:,}", f"{score['characters']:,}", *measured)


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def escape(value: object) -> str:
    """Text that a table's cell shows as it is, with no markup, link, HTML or further cell of its own.

    Any ASCII punctuation may be escaped by a backslash (CommonMark 0.31, 2.4); the few left alone mean nothing there.
    """
    return re.sub(r"[!-+:-@[-`{-~]", r"\\\g<0>", one_line(value))


def one_line(value: object) -> str:
    """Without line breaks, control characters and marks that turn the direction of writing."""
    return "".join(character for character in " ".join(str(value).split()) if character.isprintable())
