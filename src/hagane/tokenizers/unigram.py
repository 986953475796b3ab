"""SentencePiece unigram with byte fallback: the recipe of rinna's GPT-NeoX models and of LINE's.

Published (model cards of rinna/japanese-gpt-neox-3.6b and line-corporation/japanese-large-lm-3.6b): unigram, byte
fallback, no dummy prefix, no removal of whitespace, ``<s>`` 2 and ``</s>`` 3; the rest is SentencePiece's default.
Ours: ``[PAD]`` 0 and ``<unk>`` 1, and pieces for newline and tab, which the normalizer would turn into spaces
(rinna/bilingual-gpt-neox-4b has them too; the 3.6b replaced newlines by ``<NL>``).
"""

import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import Any

from sentencepiece import SentencePieceNormalizer, SentencePieceTrainer

from hagane.core.errors import BadInput, UsageError
from hagane.events import progress

SPACE = "▁"  # as SentencePiece writes it; rare in Japanese, and without its piece it would not survive decoding
LINES = ["\n", "\t"]
NORMALIZER = "nmt_nfkc"
WHITESPACE: dict[str, Any] = {"add_dummy_prefix": False, "remove_extra_whitespaces": False}
RECIPE: dict[str, Any] = {
    **WHITESPACE,
    "pad_id": 0,
    "unk_id": 1,
    "bos_id": 2,
    "eos_id": 3,
    "pad_piece": "[PAD]",
    "model_type": "unigram",
    "byte_fallback": True,
    "normalization_rule_name": NORMALIZER,
    "user_defined_symbols": LINES,
    "required_chars": SPACE,
}
FIXED = 4 + len(LINES) + 256  # pieces that are no text's: special ones, line symbols and bytes
BATCH = 10_000  # lines normalized at once (ours)


def train_unigram(lines: Sequence[str], vocab_size: int, character_coverage: float, threads: int) -> tuple[bytes, int]:
    """The model file's bytes, which depend on ``threads`` too, and the number of characters that had to be in it.

    BadInput if ``vocab_size`` is too small for the characters or too large for the text.
    """
    if not 1 <= threads <= 1024:
        raise UsageError("threads wants 1 to 1024", threads)
    required = check_vocabulary(lines, vocab_size, character_coverage)
    progress(0, None, "vocabularies", f"SentencePiece learns from {len(lines):,} sentences")
    try:
        return interruptible(lambda: trained(lines, vocab_size, character_coverage, threads)), required
    except RuntimeError as error:
        if most := re.search(r"<= (\d+)\.?$", str(error)):
            fix = f"this text gives at most {most[1]} pieces; lower it or add text"
            raise BadInput("vocab_size is too large for the text", vocab_size, fix) from error
        raise


def trained(lines: Sequence[str], vocab_size: int, character_coverage: float, threads: int) -> bytes:
    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        vocab_size=vocab_size,
        character_coverage=character_coverage,
        num_threads=threads,
        minloglevel=2,
        **RECIPE,
    )
    return model.getvalue()


def interruptible(work: Callable[[], bytes]) -> bytes:
    """Run native code, which hears no signal until its end, in a thread: Ctrl-C and SIGTERM end the task at once."""
    outcome: Future[bytes] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    return outcome.result()


def check_vocabulary(lines: Sequence[str], vocab_size: int, character_coverage: float) -> int:
    """Refuse before the work what SentencePiece refuses after minutes; the number of required characters."""
    if not 0.98 <= character_coverage <= 1:
        raise UsageError("character_coverage wants a share from 0.98, SentencePiece's least, to 1", character_coverage)
    required = required_characters(lines, character_coverage)
    if vocab_size < required + FIXED:
        fix = f"give at least {required + FIXED}, or lower character_coverage ({character_coverage})"
        what = f"vocab_size is too small for {required} characters of the text and {FIXED} special and byte pieces"
        raise BadInput(what, vocab_size, fix)
    return required


def required_characters(lines: Sequence[str], coverage: float) -> int:
    """How many characters, most frequent first, cover the share ``coverage`` of the normalized text.

    As SentencePiece's ``TrainerInterface::LoadSentences`` counts (trainer_interface.cc), the space always included.
    """
    normalizer = SentencePieceNormalizer(rule_name=NORMALIZER, escape_whitespaces=True, **WHITESPACE)
    counts: Counter[str] = Counter()
    for start in range(0, len(lines), BATCH):
        for line in normalizer.normalize(list(lines[start : start + BATCH])):
            counts.update(line)
    counts.pop("\0", None)  # which SentencePiece leaves out
    if not counts:
        raise BadInput("no sentence is left to train a tokenizer on", len(lines), "give more text")
    total, covered, required = counts.total(), 0, {SPACE}
    for character, count in counts.most_common():
        if covered >= coverage * total:
            break
        required.add(character)
        covered += count
    return len(required)
