"""Training of a SentencePiece unigram vocabulary after a recipe."""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from threading import Thread

from sentencepiece import SentencePieceNormalizer, SentencePieceTrainer

from hagane.core.errors import BadInput, UsageError
from hagane.events import progress
from hagane.tokenizers.recipes import RECIPES, Recipe

MARK = "\ufdd0"  # a noncharacter, which no text holds and no normalizer changes
BATCH = 10_000  # lines normalized at once (ours)


def train_unigram(
    lines: Sequence[str],
    vocab_size: int,
    character_coverage: float,
    threads: int,
    recipe: Recipe = RECIPES["hagane"],
) -> tuple[bytes, int]:
    """The model file's bytes, which depend on ``threads`` too, and the number of characters that had to be in it.

    BadInput if ``vocab_size`` is too small for the characters or too large for the text.
    """
    if not 1 <= threads <= 1024:
        raise UsageError("threads wants 1 to 1024", threads)
    required = check_vocabulary(lines, vocab_size, character_coverage, recipe)
    progress(0, None, "vocabularies", f"SentencePiece learns from {len(lines):,} sentences")
    try:
        return interruptible(lambda: trained(lines, vocab_size, character_coverage, threads, recipe)), required
    except RuntimeError as error:
        if most := re.search(r"<= (\d+)\.?$", str(error)):
            fix = f"this text gives at most {most[1]} pieces; lower it or add text"
            raise BadInput("vocab_size is too large for the text", vocab_size, fix) from error
        raise


def trained(lines: Sequence[str], vocab_size: int, character_coverage: float, threads: int, recipe: Recipe) -> bytes:
    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        vocab_size=vocab_size,
        character_coverage=character_coverage,
        num_threads=threads,
        minloglevel=2,
        **recipe.training(),
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


def check_vocabulary(lines: Sequence[str], vocab_size: int, character_coverage: float, recipe: Recipe) -> int:
    """Refuse before the work what SentencePiece refuses after minutes; the number of required characters."""
    if not 0.98 <= character_coverage <= 1:
        raise UsageError("character_coverage wants a share from 0.98, SentencePiece's least, to 1", character_coverage)
    required, fixed = required_characters(lines, character_coverage, recipe), len(recipe.fixed)
    if vocab_size < required + fixed:
        fix = f"give at least {required + fixed}, or lower character_coverage ({character_coverage})"
        what = f"vocab_size is too small for {required} characters of the text and {fixed} pieces of the recipe"
        raise BadInput(what, vocab_size, fix)
    return required


def required_characters(lines: Sequence[str], coverage: float, recipe: Recipe) -> int:
    """How many characters, the recipe's and then the most frequent, cover the share ``coverage`` of the text.

    As SentencePiece's ``TrainerInterface::LoadSentences`` counts in normalized text (trainer_interface.cc): a fixed
    piece in it covers one character and requires none.
    """
    counts = character_counts(lines, recipe)
    if not counts.keys() - {MARK}:
        raise BadInput("no sentence is left to train a tokenizer on", len(lines), "give more text")
    total, required = counts.total(), set(recipe.required)
    covered = sum(counts.pop(character, 0) for character in (MARK, *required))
    for character, count in counts.most_common():
        if covered >= coverage * total:
            break
        required.add(character)
        covered += count
    return len(required)


def character_counts(lines: Sequence[str], recipe: Recipe) -> Counter[str]:
    """Of the normalized text, with ``MARK`` for every fixed piece in it."""
    normalizer = SentencePieceNormalizer(rule_name=recipe.normalizer, escape_whitespaces=True, **recipe.whitespace)
    symbols, fixed = one_of(recipe.symbols), one_of(recipe.fixed)
    counts: Counter[str] = Counter()
    for start in range(0, len(lines), BATCH):
        shielded = [symbols.sub(MARK, line) for line in lines[start : start + BATCH]]
        for line in normalizer.normalize(shielded):
            counts.update(fixed.sub(MARK, line))
    counts.pop("\0", None)  # which SentencePiece leaves out
    return counts


def one_of(pieces: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(pieces, key=len, reverse=True))) or "(?!)")
