"""tokenizer.json made from SentencePiece's pieces, for plain transformers; its own conversion gets them wrong."""

import json
from collections.abc import Iterator
from pathlib import Path

from sentencepiece.sentencepiece_model_pb2 import ModelProto
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace
from tokenizers.processors import TemplateProcessing

from hagane.tokenizers.folder import CONFIG, FAST, MODEL
from hagane.tokenizers.recipes import SPACE

UNSPELLABLE = -1_000.0  # (ours) no path through the text takes it; SentencePiece's own score of such a piece is 0
LONGEST = 2**31  # spaces that a text may begin with
Piece = ModelProto.SentencePiece


def write_fast(folder: Path) -> None:
    """Write tokenizer.json and its configuration beside spiece.model."""
    model = ModelProto.FromString((folder / MODEL).read_bytes())
    fast_tokenizer(model).save(str(folder / FAST))
    trainer = model.trainer_spec
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": trainer.pad_piece,
        "unk_token": trainer.unk_piece,
        "bos_token": trainer.bos_piece,
        "eos_token": trainer.eos_piece,
        **{f"{piece[1:-1].lower()}_token": piece for piece in trainer.control_symbols},  # [CLS] is the cls_token
        "clean_up_tokenization_spaces": False,
    }
    (folder / CONFIG).write_text(json.dumps(settings, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def fast_tokenizer(model: ModelProto) -> Tokenizer:
    """A Unigram that splits, normalizes and decodes as SentencePiece does.

    A text is encoded with ``<s>`` before it, as documents are packed; ``add_special_tokens=False`` leaves it out.
    """
    trainer = model.trainer_spec
    tokenizer = Tokenizer(Unigram(list(scores(model)), trainer.unk_id, byte_fallback=trainer.byte_fallback))
    tokenizer.normalizer = normalizers.Sequence([*folding(model), *spacing(model)])
    tokenizer.pre_tokenizer = Metaspace(prepend_scheme="never", split=False)
    tokenizer.decoder = decoders.Sequence(list(decoding(model)))
    special = [piece.piece for piece in model.pieces if piece.type in (Piece.CONTROL, Piece.UNKNOWN)]
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in special])
    tokenizer.add_tokens([AddedToken(symbol, normalized=False) for symbol in shielded(model)])
    bos = trainer.bos_piece
    begin = [(bos, trainer.bos_id)]
    tokenizer.post_processor = TemplateProcessing(single=f"{bos} $A", pair=f"{bos} $A $B:1", special_tokens=begin)
    return tokenizer


def shielded(model: ModelProto) -> list[str]:
    """Symbols that the normalizer would change: they are taken out of the text before."""
    fold = normalizers.Sequence(list(folding(model))).normalize_str
    symbols = [piece.piece for piece in model.pieces if piece.type == Piece.USER_DEFINED]
    return [symbol for symbol in symbols if fold(symbol) != symbol.replace(SPACE, " ")]


def scores(model: ModelProto) -> Iterator[tuple[str, float]]:
    """Every piece and its score; a symbol's is what SentencePiece gives it (``EncodeOptimized``, unigram_model.cc)."""
    best = max(piece.score for piece in model.pieces if piece.type == Piece.NORMAL)
    for piece in model.pieces:
        symbol = len(piece.piece.encode()) * best - 0.1 if piece.type == Piece.USER_DEFINED else UNSPELLABLE
        yield piece.piece, piece.score if piece.type == Piece.NORMAL else symbol


def folding(model: ModelProto) -> Iterator[normalizers.Normalizer]:
    """The rules for characters of ``Normalizer::Normalize`` (normalizer.cc).

    Precompiled works a grapheme at a time: it drops what follows a mapped character in a short one, such as the mark
    on a capital or the second half of a line end, and leaves ｶﾞ in two. What stands around it mends that.
    """
    yield normalizers.Replace("\r", " ")
    yield normalizers.NFC()
    if model.normalizer_spec.name.endswith("_cf"):
        yield normalizers.Lowercase()
        yield normalizers.Replace("i\u0307", "İ")  # the one capital that SentencePiece does not fold
    yield normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap)
    yield normalizers.NFC()


def spacing(model: ModelProto) -> Iterator[normalizers.Normalizer]:
    """Its rules for spaces, but for the signs that Metaspace writes for those inside."""
    if model.normalizer_spec.remove_extra_whitespaces:
        yield normalizers.Replace(Regex("^ +"), "")
        yield normalizers.Replace(Regex(" {2,}"), " ")
        yield normalizers.Replace(Regex(f"[ {SPACE}]+$"), "")
    if model.normalizer_spec.add_dummy_prefix:
        yield normalizers.Prepend(SPACE)


def decoding(model: ModelProto) -> Iterator[decoders.Decoder]:
    yield decoders.Replace(SPACE, " ")
    if model.trainer_spec.byte_fallback:
        yield decoders.ByteFallback()
    yield decoders.Fuse()
    if model.normalizer_spec.remove_extra_whitespaces:
        yield decoders.Strip(" ", left=LONGEST)
    elif model.normalizer_spec.add_dummy_prefix:
        yield decoders.Strip(" ", left=1)
