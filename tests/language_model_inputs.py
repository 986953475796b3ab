"""Packed real sentences, small enough to train on in a second."""

from pathlib import Path
from typing import Any

import numpy as np
from release_inputs import TEXT, make_tokenizer

from hagane.storage.names import Layout
from hagane.storage.tokens import SPLITS, SourceAmount, TokensMeta, TokenWriter, write_meta
from hagane.tokenizers.folder import load, special_ids
from hagane.training.language_model import Recipe

LINES = TEXT.split("\n")
DOCUMENTS = ["\n".join(LINES[start : start + 4]) for start in range(len(LINES) - 3)]
RECIPE: dict[str, Any] = {
    "shape": "gpt2-smoke",
    "context": 16,
    "steps": 6,
    "epochs": 1,
    "batch_size": 4,
    "accumulation": 2,
    "learning_rate": 1e-2,
    "minimum_learning_rate": 0.1,
    "warmup_steps": 2,
    "schedule": "cosine",
    "beta1": 0.9,
    "beta2": 0.95,
    "weight_decay": 0.1,
    "clip": 1.0,
    "dropout": 0.1,
    "seed": 1,
    "precision": "fp32",
    "threads": 1,
    "activation_checkpointing": False,
    "validate_every": 3,
}


def recipe(**changes: Any) -> Recipe:
    return Recipe(**(RECIPE | changes))


def make_tokens(
    folder: Path,
    tokenizer: Path,
    train: list[str] = DOCUMENTS,
    held_out: list[str] = LINES,
    layout: Layout = "packed",
) -> Path:
    """A tokens artifact as PackTokens makes it."""
    processor = load(tokenizer)
    amounts = []
    for split, texts in zip(SPLITS, (train, held_out), strict=True):
        ids = [np.array(processor.encode(text, add_bos=True, add_eos=True)) for text in texts]
        with TokenWriter(folder / split / "part-00000", "<u2") as writer:
            characters, sizes = np.array([(len(text), len(text.encode())) for text in texts], np.int64).reshape(-1, 2).T
            writer.append(ids, characters, sizes)
        counts = len(texts), len(texts), int(characters.sum()), int(sizes.sum()), sum(map(len, ids))
        amounts.append(SourceAmount(split, "青空文庫", "LicenseRef-PublicDomain", "ja", *counts))
    special = special_ids(processor)
    write_meta(folder, TokensMeta(layout, "<u2", processor.get_piece_size(), special.bos, special.eos, tuple(amounts)))
    return folder


def make_inputs(folder: Path, **texts: Any) -> tuple[Path, Path]:
    """Tokens and the tokenizer that packed them."""
    tokenizer = make_tokenizer(folder / "tokenizer")
    return make_tokens(folder / "tokens", tokenizer, **texts), tokenizer
