"""From raw Japanese text to a released language model."""

from typing import Any, Literal

from components.deduplicate_corpus import DeduplicateCorpus
from components.evaluate_language_model import EvaluateLanguageModel
from components.filter_corpus import FilterCorpus
from components.ingest_corpus import IngestCorpus
from components.pack_tokens import PackTokens
from components.pretrain_language_model import PretrainLanguageModel
from components.release_model import ReleaseModel
from components.train_tokenizer import TrainTokenizer
from hagane.core.component import Source
from hagane.models.names import ShapeName
from hagane.storage.names import Layout
from hagane.text.names import ProfileName
from hagane.tokenizers.names import RecipeName

SHIPPED = {"corpus": "samples/japanese.jsonl.gz", "profile": "japanese-technical", "shard_megabytes": 2}
SMALL = {"batch_size": 8, "accumulation": 1, "schedule": "cosine", "minimum_learning_rate": 0.05, "dropout": 0.0}
PRESETS: dict[str, dict[str, Any]] = {
    # Seconds, for tests.
    "smoke": {
        **SHIPPED,
        **SMALL,
        "vocab_size": 2_000,
        "sample_megabytes": 1,
        "shape": "gpt2-smoke",
        "steps": 30,
        "learning_rate": 5e-3,
        "warmup_steps": 5,
        "model_name": "japanese-gpt-smoke",
    },
    # Minutes on two cores: what `make run` builds.
    "tiny": {
        **SHIPPED,
        **SMALL,
        "vocab_size": 6_000,
        "sample_megabytes": 2,
        "shape": "gpt-neox-tiny",
        "batch_size": 4,
        "steps": 900,
        "learning_rate": 2e-3,
        "warmup_steps": 90,
        "weight_decay": 0.1,
        "model_name": "japanese-gpt-tiny",
    },
}


def japanese_gpt(
    corpus: Source,
    license: str = "unknown",
    profile: ProfileName = "japanese-web",
    profile_file: Source | None = None,
    shard_megabytes: int = 128,
    recipe: RecipeName = "hagane",
    vocab_size: int | None = None,
    sample_megabytes: int = 100,
    layout: Layout = "packed",
    shape: ShapeName = "gpt2-xsmall",
    epochs: int = 3,
    steps: int | None = None,
    batch_size: int = 20,
    accumulation: int = 3,
    learning_rate: float = 7e-4,
    minimum_learning_rate: float = 0.0,
    warmup_steps: int = 667,
    schedule: Literal["linear", "cosine"] = "linear",
    weight_decay: float = 0.01,
    dropout: float = 0.1,
    model_name: str = "japanese-gpt",
    release_license: str = "Apache-2.0",
    destination: str = "",
) -> None:
    """Ingest, filter, deduplicate, train a tokenizer, pack, pretrain, evaluate and release.

    The defaults are rinna's for japanese-gpt2-xsmall.
    """
    raw = IngestCorpus(source=corpus, license=license, shard_megabytes=shard_megabytes)
    clean = FilterCorpus(documents=raw.documents, profile=profile, profile_file=profile_file)
    distinct = DeduplicateCorpus(corpora=(clean.kept,))
    subwords = TrainTokenizer(
        corpora=(distinct.unique,), recipe=recipe, vocab_size=vocab_size, sample_megabytes=sample_megabytes
    )
    packed = PackTokens(documents=distinct.unique, tokenizer=subwords.tokenizer, layout=layout)
    base = PretrainLanguageModel(
        tokens=packed.tokens,
        tokenizer=subwords.tokenizer,
        shape=shape,
        epochs=epochs,
        steps=steps,
        batch_size=batch_size,
        accumulation=accumulation,
        learning_rate=learning_rate,
        minimum_learning_rate=minimum_learning_rate,
        warmup_steps=warmup_steps,
        schedule=schedule,
        weight_decay=weight_decay,
        dropout=dropout,
    )
    measured = EvaluateLanguageModel(model=base.model, tokenizer=subwords.tokenizer, tokens=packed.tokens)
    ReleaseModel(
        model=base.model,
        tokenizer=subwords.tokenizer,
        scores=measured.scores,
        model_name=model_name,
        license=release_license,
        destination=destination,
    )
