"""What a training of a language model sees of token files: samples by their number, and the validation split."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from hagane.storage.tokens import TokenStream

IGNORED = -100  # fills up short samples of a batch; torch's cross_entropy ignores this target too
VALIDATION_TOKENS = 100_000  # predicted in one validation, at most, or one sample (ours)

Ids = npt.NDArray[np.int64]
Spans = tuple[Ids, Ids]  # where samples start in the stream and how many ids they take, both ``(samples,)``


class Samples:
    """The samples of a training, numbered through its epochs: a number alone says what it holds, so a resume agrees.

    ``packed``: the stream cut every ``context`` tokens, across documents (GPT-NeoX). ``windows``: of each document
    from two tokens on, at most ``context + 1`` in a row, from a start that each epoch draws anew (rinnakk/
    japanese-pretrained-models). Each epoch has an order of its own.
    """

    def __init__(self, data: TokenStream, context: int, seed: int) -> None:
        self.data, self.context, self.seed = data, context, seed
        self.documents = document_spans(data) if data.meta.layout == "windows" else None
        self.size = max(0, (len(data) - 1) // context) if self.documents is None else len(self.documents[0])
        self.epoch = lru_cache(maxsize=2)(self.spans)

    def spans(self, epoch: int) -> Spans:
        """The samples of an epoch in its order, 16 bytes each at most."""
        random = np.random.Generator(np.random.PCG64([self.seed, epoch]))
        order = random.permutation(self.size)
        if self.documents is None:
            return order * self.context, np.broadcast_to(np.int64(self.context + 1), self.size)
        starts, lengths = (column[order] for column in self.documents)
        first = random.integers(0, np.maximum(1, lengths - self.context))
        return starts + first, np.minimum(lengths, self.context + 1)

    def batch(self, start: int, stop: int) -> Ids:
        """Samples ``start`` to ``stop`` of the training, ``(stop - start, longest)``; the last id is only a target."""
        return padded([self.sample(number) for number in range(start, stop)])

    def sample(self, number: int) -> Ids:
        epoch, place = divmod(number, self.size)
        starts, counts = self.epoch(epoch)
        return self.data.read(int(starts[place]), int(counts[place]))

    def targets(self, start: int, stop: int) -> int:
        """How many tokens these samples predict."""
        total = 0
        for epoch in range(start // self.size, -(-stop // self.size)):
            before = epoch * self.size
            counts = self.epoch(epoch)[1][max(0, start - before) : stop - before]
            total += int(counts.sum()) - len(counts)
        return total


def validation_batches(held_out: TokenStream, context: int, batch_size: int) -> Iterator[Ids]:
    """The split's first samples in order, ``(batch, longest)``.

    Packed, each token after the first is predicted once; of windows, the first ``context`` tokens of each document.
    """
    if held_out.meta.layout == "windows":
        starts, lengths = document_spans(held_out)
        counts = np.minimum(lengths, max(2, context))
    else:
        starts = np.arange(0, len(held_out) - 1, context)
        counts = np.minimum(context + 1, len(held_out) - starts)
    last = max(1, int(np.searchsorted(np.cumsum(counts - 1), VALIDATION_TOKENS, side="right")))
    samples = [held_out.read(*span) for span in zip(starts[:last].tolist(), counts[:last].tolist(), strict=True)]
    for start in range(0, len(samples), batch_size):
        yield padded(samples[start : start + batch_size])


def document_spans(data: TokenStream) -> Spans:
    """The documents that predict anything: an empty one without ``<s>`` is its ``</s>`` alone."""
    lengths = data.index["tokens"].astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    return starts[lengths > 1], lengths[lengths > 1]


def padded(samples: Sequence[Ids]) -> Ids:
    batch = np.full((len(samples), max(map(len, samples))), IGNORED, np.int64)
    for row, sample in zip(batch, samples, strict=True):
        row[: len(sample)] = sample
    return batch
