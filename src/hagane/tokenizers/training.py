"""Train a tokenizer and show that its two forms agree."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hagane.core.component import Result
from hagane.tokenizers.equality import check_equality
from hagane.tokenizers.fast import write_fast
from hagane.tokenizers.folder import MODEL, load
from hagane.tokenizers.sampling import Sample, sample
from hagane.tokenizers.unigram import train_unigram


def train_tokenizer(
    corpora: Sequence[Path],
    output: Path,
    *,
    vocab_size: int,
    character_coverage: float,
    sample_megabytes: int,
    seed: int,
    threads: int,
) -> Result:
    """Write spiece.model, tokenizer.json and tokenizer_config.json into ``output``.

    BadInput if the text and ``vocab_size`` do not go together, Refused if tokenizer.json is not spiece.model's equal.
    """
    drawn = sample(corpora, sample_megabytes, seed)
    model, required = train_unigram(drawn.training, vocab_size, character_coverage, threads)
    (output / MODEL).write_bytes(model)
    write_fast(output)
    metrics = {
        "vocab_size": float(vocab_size),
        "required_characters": float(required),
        "training_sentences": float(len(drawn.training)),
        "training_megabytes": sum(len(line.encode()) for line in drawn.training) / 1e6,
        "held_out_sentences": float(len(drawn.held_out)),
        "differing_texts": float(check_equality(output, drawn.held_out)),
        **lengths(output, drawn),
    }
    return Result(metrics, (table(metrics),))


def lengths(folder: Path, drawn: Sample) -> dict[str, float]:
    """What the tokenizer costs: on held-out sentences, or on its own where the corpus is too small to hold any out."""
    texts = drawn.held_out or drawn.training
    processor = load(folder)
    ids = np.concatenate(processor.encode(texts, out_type="numpy", num_threads=1))
    is_byte = np.array([processor.is_byte(number) for number in range(processor.get_piece_size())])
    return {
        "characters_per_token": sum(map(len, texts)) / len(ids),
        "byte_fallback_rate": float(is_byte[ids].mean()),
    }


def table(metrics: dict[str, float]) -> dict[str, Any]:
    rows = [[name.replace("_", " "), round(value, 4)] for name, value in metrics.items()]
    return {"type": "table", "title": "Tokenizer", "columns": ["measure", "value"], "rows": rows}
