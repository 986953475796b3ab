"""The gate: tokenizer.json must give SentencePiece's ids and text."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tokenizers import Tokenizer

from hagane.core.errors import Refused
from hagane.tokenizers.fast import UNSPELLABLE
from hagane.tokenizers.folder import FAST, load
from hagane.tokenizers.hard_texts import HARD

ALLOWANCE = 1_000  # one text in so many may differ (ours): marks on characters that take none
BATCH = 1_000  # texts encoded at once (ours)
FLOAT = 2**-24  # rounding of the 32-bit sums in which SentencePiece finds the best path


def check_equality(folder: Path, lines: Sequence[str]) -> int:
    """How many of the lines and the hard texts differ in ids or decoded text; Refused beyond the allowance."""
    texts = [*HARD.values(), *lines]
    different = list(differing(folder, texts))
    allowed = 1 + len(texts) // ALLOWANCE
    if len(different) > allowed:
        what = f"{FAST} differs from SentencePiece in {len(different)} of {len(texts)} texts, allowed are {allowed}"
        raise Refused(what, different[:3], "use the versions of tokenizers and sentencepiece in constraints.txt")
    return len(different)


def differing(folder: Path, texts: Sequence[str]) -> Iterator[str]:
    """The texts that spiece.model and tokenizer.json encode or decode differently, ``<s>`` in them being text.

    Paths of equal score are no difference. Unknown pieces are not decoded: SentencePiece writes ⁇ for them, tokenizers
    nothing.
    """
    processor = load(folder)
    tokenizer = Tokenizer.from_file(str(folder / FAST))
    tokenizer.encode_special_tokens = True
    scores = dict(enumerate(score for _, score in json.loads((folder / FAST).read_bytes())["model"]["vocab"]))
    for start in range(0, len(texts), BATCH):
        batch = list(texts[start : start + BATCH])
        expected = processor.encode(batch, num_threads=1)
        spelt = [[number for number in ids if number != processor.unk_id()] for ids in expected]
        encoded = [encoding.ids for encoding in tokenizer.encode_batch(batch, add_special_tokens=False)]
        decoded = zip(processor.decode(spelt), tokenizer.decode_batch(encoded), strict=True)
        for text, a, b, (c, d) in zip(batch, expected, encoded, decoded, strict=True):
            if c != d or (a != b and not tied(a, b, scores)):
                yield text


def tied(a: Sequence[int], b: Sequence[int], scores: Mapping[int, float]) -> bool:
    """Whether two paths through a text score so alike that SentencePiece, in 32 bits, may take either.

    tokenizers adds in 64 bits: in 111 it takes 1 and 11 where SentencePiece, by its rounding, may take 11 and 1.
    """
    first, second = (sum(scores[number] for number in path if scores[number] > UNSPELLABLE) for path in (a, b))
    return abs(first - second) <= FLOAT * max(len(a), len(b)) * abs(first)
