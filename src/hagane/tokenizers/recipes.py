"""Tokenizer recipes: what published Japanese models fix about their SentencePiece unigram vocabularies.

What no field names is SentencePiece's default, for which rinna's published model file stands too: unigram, at most 16
characters a piece, a change of script ends a piece.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sentencepiece import SentencePieceNormalizer

from hagane.core.errors import UsageError
from hagane.tokenizers.names import RecipeName

SPACE = "▁"  # as SentencePiece writes it
UNKNOWN = "▅"  # SentencePiece's mark of the unknown: it skips sentences that hold one
BOS, EOS = "<s>", "</s>"
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
RUN = 24  # characters, as in GPT-NeoX-20B's vocabulary (Black et al., 2022, 3.2), whose code rinna trained with


@dataclass(frozen=True)
class Recipe:
    """One vocabulary's fixed part. ``special`` are pieces that no text spells, in the order of their ids from 0 on."""

    vocab_size: int  # pieces, all of the others named here included
    special: tuple[str, ...]
    unknown: str  # those two of the special pieces that have not the same name in all recipes
    padding: str
    byte_fallback: bool  # a character without a piece is written as its UTF-8 bytes; else it is unknown
    dummy_prefix: bool  # a text begins with a space
    remove_extra_whitespaces: bool  # at both ends, and all but one in a run
    normalizer: str  # SentencePiece's name of it
    symbols: tuple[str, ...] = ()  # always pieces of their own, taken as they stand, with ``SPACE`` for a space

    @property
    def fixed(self) -> tuple[str, ...]:
        """The pieces that are not learnt from text."""
        return (*self.special, *self.symbols, *(BYTES if self.byte_fallback else ()))

    @property
    def whitespace(self) -> dict[str, Any]:
        return {"add_dummy_prefix": self.dummy_prefix, "remove_extra_whitespaces": self.remove_extra_whitespaces}

    @property
    def required(self) -> str:
        """Without its piece a space, rare in Japanese, might not survive decoding."""
        return "" if SPACE in self.symbols else SPACE

    def training(self) -> dict[str, Any]:
        """The recipe as SentencePieceTrainer takes it."""
        roles = {"unk": self.unknown, "bos": BOS, "eos": EOS, "pad": self.padding}
        return {
            **{f"{role}_piece": piece for role, piece in roles.items()},
            **{f"{role}_id": self.special.index(piece) for role, piece in roles.items()},
            "control_symbols": [piece for piece in self.special if piece not in roles.values()],
            "user_defined_symbols": list(self.symbols),
            "required_chars": self.required,
            "model_type": "unigram",
            "byte_fallback": self.byte_fallback,
            "normalization_rule_name": self.normalizer,
            **self.whitespace,
        }


def runs(character: str) -> tuple[str, ...]:
    return tuple(character * length for length in range(1, RUN + 1))


RECIPES: dict[RecipeName, Recipe] = {
    # Ours: rinna-gpt-neox with plain names and with pieces for newline and tab, which the normalizer makes spaces of.
    "hagane": Recipe(
        vocab_size=32_000,
        special=("[PAD]", "<unk>", BOS, EOS),
        unknown="<unk>",
        padding="[PAD]",
        byte_fallback=True,
        dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalizer="nmt_nfkc",
        symbols=("\n", "\t"),
    ),
    # rinna/japanese-gpt2-*: all as parsed from google_sp.model (rinnakk/japanese-pretrained-models). Only the case
    # folding of "_cf" is ours: rinna lowers text before SentencePiece, by T5Tokenizer's do_lower_case, which loading
    # lost so that users had to set it by hand; in the normalizer it holds for spiece.model and tokenizer.json alike.
    "rinna-gpt2": Recipe(
        vocab_size=32_000,
        special=("<unk>", BOS, EOS, "[PAD]", "[CLS]", "[SEP]", "[MASK]"),
        unknown="<unk>",
        padding="[PAD]",
        byte_fallback=False,
        dummy_prefix=True,
        remove_extra_whitespaces=True,
        normalizer="nmt_nfkc_cf",
    ),
    # rinna/japanese-gpt-neox-3.6b: size, bytes and whitespace from the card, ids 2 and 3 from config.json, names of
    # the special pieces from tokenizer_config.json (of the bilingual model). Ours: the other ids and the normalizer.
    "rinna-gpt-neox": Recipe(
        vocab_size=32_000,
        special=("[PAD]", "[UNK]", BOS, EOS, "[CLS]", "[SEP]", "[MASK]"),
        unknown="[UNK]",
        padding="[PAD]",
        byte_fallback=True,
        dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalizer="nmt_nfkc",
    ),
    # rinna/bilingual-gpt-neox-4b: as the 3.6b, with runs of spaces, newlines and tabs as pieces; a single space is
    # always a piece of its own and no other holds one (card). Ours: how long the runs get, ``RUN``.
    "rinna-bilingual": Recipe(
        vocab_size=65_536,
        special=("[PAD]", "[UNK]", BOS, EOS, "[CLS]", "[SEP]", "[MASK]"),
        unknown="[UNK]",
        padding="[PAD]",
        byte_fallback=True,
        dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalizer="nmt_nfkc",
        symbols=(*runs(SPACE), *runs("\n"), *runs("\t")),
    ),
    # line-corporation/japanese-large-lm-*: size, bytes and no pre-tokenization from the card, ids 1 and 2 from
    # config.json, the others from the tokenizer_config.json of a model tuned from it (ToPo-ToPo/line-japanese-large-
    # lm-1.7b-kunishou-*). Ours: SentencePiece's defaults for whitespace and normalizer, of which nothing is published.
    "line": Recipe(
        vocab_size=51_200,
        special=("<unk>", BOS, EOS, "<pad>", "<sep>", "<mask>", "<cls>"),
        unknown="<unk>",
        padding="<pad>",
        byte_fallback=True,
        dummy_prefix=True,
        remove_extra_whitespaces=True,
        normalizer="nmt_nfkc",
    ),
}


def with_symbols(recipe: Recipe, extra: Sequence[str]) -> Recipe:
    """The recipe with further symbols, as rinna's japanese-gpt-1b got emoji (card); UsageError for impossible ones.

    Where a text is stripped or prefixed, only those that the normalizer leaves alone: tokenizer.json has to take the
    others out of the text before it is normalized.
    """
    plain = SentencePieceNormalizer(rule_name=recipe.normalizer, add_dummy_prefix=False)
    taken = {*recipe.special, *recipe.symbols}
    for symbol in extra:
        if not symbol or symbol in taken or not symbol.isprintable() or {SPACE, UNKNOWN, " "} & set(symbol):
            fix = f"give printable ones without spaces, {SPACE} and {UNKNOWN}, each once, none that the recipe has"
            raise UsageError("extra_symbols holds what cannot be a symbol", symbol, fix)
        if any(recipe.whitespace.values()) and plain.normalize(symbol) != symbol:
            fix = f"give {plain.normalize(symbol)!r}, or take a recipe without dummy prefix"
            raise UsageError("extra_symbols holds what the recipe's normalizer changes", symbol, fix)
        taken.add(symbol)
    return replace(recipe, symbols=(*recipe.symbols, *extra))
