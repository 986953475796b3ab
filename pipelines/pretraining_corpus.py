"""From corpora of raw text to tokens that a model can be trained on."""

from dataclasses import dataclass
from typing import Any

from components.decontaminate_corpus import DecontaminateCorpus
from components.deduplicate_corpus import DeduplicateCorpus
from components.detect_personal_information import DetectPersonalInformation
from components.evaluate_tokenizer import EvaluateTokenizer
from components.filter_corpus import FilterCorpus
from components.ingest_corpus import IngestCorpus
from components.mix_corpora import MixCorpora
from components.pack_tokens import PackTokens
from components.train_tokenizer import TrainTokenizer
from hagane.core.component import Source
from hagane.core.graph import Static
from hagane.storage.names import Layout
from hagane.text.names import Balance, FormatName, Grouping, PersonalInformationAction, ProfileName
from hagane.tokenizers.names import RecipeName


@dataclass(frozen=True)
class Corpus:
    """One corpus, and how it is read and filtered; of near duplicates in two corpora the earlier one's stays.

    ``name`` is the source of documents that do not name their own.
    """

    source: Source
    name: str = ""
    format: FormatName = "auto"
    license: str = "unknown"
    language: str = "ja"
    profile: ProfileName = "japanese-web"


PRESETS: dict[str, dict[str, Any]] = {
    # Seconds, for tests and for a first look.
    "smoke": {
        "corpora": [{"source": "samples/japanese.jsonl.gz", "profile": "japanese-technical"}],
        "balance": "undersample",
        "by": "source",
        "limit_megabytes": 2,
        "vocab_size": 2_000,
        "sample_megabytes": 1,
    },
}


def pretraining_corpus(
    corpora: Static[tuple[Corpus, ...]],
    personal_information: PersonalInformationAction = "mask",
    thresholds: tuple[str, ...] = (),
    similarity: float = 0.8,
    evaluation: tuple[Source, ...] = (),
    balance: Balance = "none",
    by: Grouping = "source",
    weights: tuple[str, ...] = (),
    limit_megabytes: int | None = None,
    recipe: RecipeName = "hagane",
    vocab_size: int | None = None,
    sample_megabytes: int = 100,
    tokenizers: tuple[Source, ...] = (),
    layout: Layout = "packed",
) -> None:
    """Ingest corpora, mask personal information, filter, deduplicate, decontaminate, mix by weight, and pack.

    Give the corpora in a file, `--params corpora.toml`, as tables [[corpora]] with source, name, format, license,
    language and profile.
    """
    filtered = []
    for corpus in corpora:
        raw = IngestCorpus(
            source=corpus.source,
            format=corpus.format,
            corpus=corpus.name,
            license=corpus.license,
            language=corpus.language,
        )
        masked = DetectPersonalInformation(documents=raw.documents, action=personal_information)
        filtered.append(FilterCorpus(documents=masked.kept, profile=corpus.profile, thresholds=thresholds).kept)
    distinct = DeduplicateCorpus(corpora=tuple(filtered), threshold=similarity)
    unseen = DecontaminateCorpus(documents=distinct.unique, evaluation=evaluation)
    mixed = MixCorpora(
        corpora=(unseen.clean,), balance=balance, by=by, weights=weights, limit_megabytes=limit_megabytes
    )
    subwords = TrainTokenizer(
        corpora=(mixed.mixture,), recipe=recipe, vocab_size=vocab_size, sample_megabytes=sample_megabytes
    )
    EvaluateTokenizer(documents=mixed.mixture, tokenizer=subwords.tokenizer, others=tokenizers)
    PackTokens(documents=mixed.mixture, tokenizer=subwords.tokenizer, layout=layout)
