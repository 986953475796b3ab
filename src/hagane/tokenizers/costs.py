"""What a tokenizer costs: how many tokens and bits it spends on the characters of a text, by their class."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from hagane.scripts import CLASSES, code_points, table
from hagane.tokenizers.subwords import Encoded, Subwords

WHOLE = "all"
BATCH = 100  # texts encoded at once (ours)

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cost:
    """Sums over the texts' characters of one class, or of all of them."""

    characters: int
    runs: int  # longest stretches of neighbouring characters of the class
    tokens: float
    bits: float
    unknown: int  # characters that the unknown piece stands for
    bytes: int  # characters that are written in pieces of less than a character

    def measures(self) -> dict[str, float]:
        """The rates that the sums give.

        - ``characters_per_token``: a token that stands for k characters is 1/k of a token to each of them; one that
          stands for none of its own goes to the character it precedes.
        - ``bits_per_character``: sum over tokens of -log2 p(token) / characters, with p(token) = count / all tokens of
          these texts: the entropy of the pieces as a unigram model of this very text, what a model pays that knows
          frequencies and no context. Few texts and a large vocabulary make it too low; compare on the same texts.
        - ``unknown_rate``, ``byte_fallback_rate``: shares of the characters.
        - ``fertility``: tokens a run of characters of one class (ours: Japanese has no spaces to count words by).
        """
        return {
            "characters_per_token": self.characters / self.tokens if self.tokens else 0.0,
            "bits_per_character": self.bits / self.characters,
            "unknown_rate": self.unknown / self.characters,
            "byte_fallback_rate": self.bytes / self.characters,
            "fertility": self.tokens / self.runs,
        }


def costs(subwords: Subwords, texts: Sequence[str]) -> dict[str, Cost]:
    """By class, of those that the texts hold, and for all of them as ``WHOLE``.

    Memory is that of the tokens of ``BATCH`` texts, and 64 bytes a piece.
    """
    tokens = np.zeros((len(CLASSES), len(subwords.pieces)))
    counts = np.zeros((len(CLASSES), 4), np.int64)  # characters, runs, unknown, bytes
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        for text, found in zip(batch, subwords.encode(batch), strict=True):
            count(table()[code_points(text)], found, subwords, tokens, counts)
    frequency = tokens.sum(axis=0)
    used = frequency > 0
    bits = tokens[:, used] @ -np.log2(frequency[used] / frequency.sum())
    sums = zip(CLASSES, counts.tolist(), tokens.sum(axis=1).tolist(), bits.tolist(), strict=True)
    by_class = {
        name: Cost(characters, runs, spent, paid, unknown, split)
        for name, (characters, runs, unknown, split), spent, paid in sums
        if characters
    }
    whole = [sum(column) for column in zip(*map(astuple, by_class.values()), strict=True)]
    return {WHOLE: Cost(*whole), **by_class} if whole else {}


def count(
    classes: npt.NDArray[np.uint8], found: Encoded, subwords: Subwords, tokens: Counts, counts: npt.NDArray[np.int64]
) -> None:
    """Add one text, whose characters have those classes ``(characters,)``, to the sums."""
    if not len(classes):
        return
    lengths = np.maximum(found.ends - found.starts, 1)
    token = np.repeat(np.arange(len(lengths)), lengths)  # one entry for every character that a token stands for
    within = np.arange(len(token)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    place = np.minimum(found.starts[token] + within, len(classes) - 1)
    ids = found.ids[token]
    np.add.at(tokens, (classes[place], ids), 1 / lengths[token])
    begins = np.flatnonzero(np.diff(classes, prepend=len(CLASSES)))
    unknown, split = place[ids == subwords.unknown], place[subwords.is_byte[ids]]
    for column, places in enumerate((np.arange(len(classes)), begins, np.unique(unknown), np.unique(split))):
        counts[:, column] += np.bincount(classes[places], minlength=len(CLASSES))
