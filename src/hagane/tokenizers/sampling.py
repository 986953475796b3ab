"""The sentences that a tokenizer is trained on, and those that it is measured on."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.compute as pc

from hagane.core.errors import BadInput, UsageError
from hagane.events import progress
from hagane.storage.documents import batches, record_batches, shards
from hagane.tokenizers.recipes import UNKNOWN

SENTENCE = 1_000  # characters (ours), at most 4,000 bytes: SentencePiece skips lines of more than 4,192
PASSAGE = 10_000  # characters (ours) of a document after which a passage ends, at the end of the line
HELD_OUT_SHARE = 0.01  # of the sentences (ours),
HELD_OUT_BYTES = 1_000_000  # and about as much text at most (ours)


@dataclass
class Sample:
    """Sentences in the order of the corpora; none is in both lists unless the corpora repeat it."""

    training: list[str] = field(default_factory=list)
    held_out: list[str] = field(default_factory=list)


def sample(corpora: Sequence[Path], megabytes: int, seed: int) -> Sample:
    """About ``megabytes`` (10^6 bytes) of sentences drawn evenly from all corpora, and some held out.

    What is drawn from a document depends on its text and the seed alone. BadInput if there is nothing to draw.
    """
    if megabytes < 1:
        raise UsageError("sample_megabytes wants 1 or more", megabytes)
    files = [shard for corpus in corpora for shard in shards(corpus)]
    total = text_bytes(files)
    if not total:
        raise BadInput("there is no text to train a tokenizer on", [corpus.name for corpus in corpora])
    held_out = min(HELD_OUT_SHARE, HELD_OUT_BYTES / total)
    drawn = Sample()
    for done, file in enumerate(files):
        progress(done, len(files), "shards", "drawing sentences")
        draw(file, seed, held_out, held_out + megabytes * 1_000_000 / total, drawn)
    return drawn


def text_bytes(files: Sequence[Path]) -> int:
    """The size of all texts in UTF-8."""
    texts = (batch.column("text") for file in files for batch in record_batches(file, ["text"]))
    return sum(pc.sum(pc.binary_length(column)).as_py() or 0 for column in texts)


def draw(shard: Path, seed: int, held_out: float, taken: float, drawn: Sample) -> None:
    for rows in batches(shard, ["text", "text_digest"]):
        for row in rows:
            dice = random.Random(f"{seed} {row['text_digest']}")
            for sentence in sentences(row["text"]):
                roll = dice.random()
                if roll < held_out:
                    drawn.held_out.append(sentence)
                elif roll < taken:
                    drawn.training.append(sentence)


def sentences(text: str) -> Iterator[str]:
    """The lines of a text, long ones cut after 。！？ and at the latest after ``SENTENCE`` characters."""
    for line in re.split(f"[\n{UNKNOWN}]", text):
        parts = [line] if len(line) <= SENTENCE else re.split("(?<=[。！？])", line)
        for part in parts:
            yield from (part[start : start + SENTENCE] for start in range(0, len(part), SENTENCE))


def passages(documents: Path, megabytes: int, seed: int) -> list[str]:
    """About ``megabytes`` (10^6 bytes) of the documents, whole but for long ones, drawn evenly.

    What is drawn from a document depends on its text and the seed alone. BadInput if there is nothing to draw.
    """
    if megabytes < 1:
        raise UsageError("sample_megabytes wants 1 or more", megabytes)
    files = shards(documents)
    total = text_bytes(files)
    drawn = []
    for rows in (rows for file in files for rows in batches(file, ["text", "text_digest"])):
        for row in rows:
            dice = random.Random(f"{seed} {row['text_digest']}")
            drawn += [text for text in cut(row["text"]) if dice.random() < megabytes * 1_000_000 / total]
    if not any(drawn):
        raise BadInput("there is no text to measure tokenizers on", documents.name, "give other documents")
    return drawn


def cut(text: str) -> Iterator[str]:
    """A text in passages, which together are the text."""
    start = 0
    while len(text) - start > PASSAGE:
        end = text.find("\n", start + PASSAGE) + 1 or len(text)
        yield text[start:end]
        start = end
    if text[start:]:
        yield text[start:]
