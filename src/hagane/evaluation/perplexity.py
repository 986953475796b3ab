"""Perplexity, bits per character and bits per byte of a causal language model, document by document."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hagane.events import progress
from hagane.training.cross_entropy import token_losses

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Document:
    """``ids`` (tokens + 1,): the beginning-of-text id, the pieces, the end-of-text id; sizes are of the text alone."""

    ids: Ids
    characters: int
    bytes: int


@dataclass(frozen=True)
class DataSet:
    """Documents to score, and how many tokens they have together."""

    name: str
    tokens: int
    documents: Iterable[Document]


@dataclass(frozen=True)
class Score:
    """What a model gave one data set.

    ``tokens`` is N: the pieces of every document and its end-of-text token. The beginning-of-text token is given, not
    predicted. ``characters`` are code points, ``bytes`` UTF-8, both of the text without those two tokens.
    """

    name: str
    documents: int
    tokens: int
    characters: int
    bytes: int
    negative_log_likelihood: float  # nats, the sum over N tokens

    @property
    def perplexity(self) -> float:
        """exp(-1/N sum log p(w_i | w_<i)) (systems.md section 12); compares models of the same tokenizer only."""
        return math.exp(self.negative_log_likelihood / self.tokens)

    @property
    def bits_per_character(self) -> float:
        """-sum log2 p / characters; compares models of different tokenizers."""
        return self.negative_log_likelihood / math.log(2) / self.characters

    @property
    def bits_per_byte(self) -> float:
        return self.negative_log_likelihood / math.log(2) / self.bytes


@dataclass(frozen=True)
class Window:
    """A stretch of a document of at most context + 1 ids, of which the last ``scored`` are predicted."""

    ids: Ids
    scored: int


def windows(ids: Ids, context: int, stride: int) -> Iterator[Window]:
    """Cover a document so that each token after the first is predicted once.

    The first window begins with the document. Each later one moves on by ``stride`` and scores only its new tokens, so
    that these have at least ``context - stride`` tokens before them (as transformers' "Perplexity of fixed-length
    models" does it, with every later window full).
    """
    end = min(context, len(ids) - 1)
    yield Window(ids[: end + 1], end)
    while end < len(ids) - 1:
        scored = min(stride, len(ids) - 1 - end)
        end += scored
        yield Window(ids[end - context : end + 1], scored)


def window_losses(model: Any, batch: Sequence[Window]) -> Tensor:
    """The negative log-likelihood in nats of every scored token of the windows, ``(tokens,)``."""
    length = max(len(window.ids) for window in batch)
    ids = torch.zeros(len(batch), length, dtype=torch.int64)
    scored = torch.zeros(len(batch), length - 1, dtype=torch.bool)
    for row, window in enumerate(batch):  # padding stands after the scored tokens, where causal attention sees none
        ids[row, : len(window.ids)] = torch.from_numpy(window.ids)
        scored[row, len(window.ids) - 1 - window.scored : len(window.ids) - 1] = True
    ids, scored = ids.to(model.device), scored.to(model.device)
    hidden = model.base_model(ids[:, :-1], use_cache=False).last_hidden_state[scored]
    return token_losses(hidden, model.get_output_embeddings().weight, ids[:, 1:][scored])


def score(model: Any, data: DataSet, context: int, stride: int, batch_size: int, limit: int) -> Score:
    """Score whole documents until ``limit`` tokens are reached; 0 for all of them."""
    counted: list[tuple[int, int, int]] = []  # tokens, characters and bytes of each document so far
    expected = min(limit, data.tokens) if limit else data.tokens

    def stretches() -> Iterator[Window]:
        for document in until(limit, data.documents):
            counted.append((len(document.ids) - 1, document.characters, document.bytes))
            yield from windows(document.ids, context, stride)

    waiting, done, total = stretches(), 0, 0.0
    with torch.inference_mode():
        while batch := list(islice(waiting, batch_size)):
            losses = window_losses(model, batch)
            total += float(losses.double().sum())
            done += len(losses)
            progress(min(done, expected), expected, "tokens", data.name)
    tokens, characters, size = (sum(column) for column in zip(*counted, strict=True))
    return Score(data.name, len(counted), tokens, characters, size, total)


def until(limit: int, documents: Iterable[Document]) -> Iterator[Document]:
    """Documents as long as those before them hold fewer than ``limit`` tokens; 0 for no limit."""
    tokens = 0
    for document in documents:
        if limit and tokens >= limit:
            return
        tokens += len(document.ids) - 1
        yield document
