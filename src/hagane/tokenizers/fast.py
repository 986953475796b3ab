"""tokenizer.json made from SentencePiece's pieces, for plain transformers; its own conversion gets them wrong."""

import json
from pathlib import Path

from sentencepiece.sentencepiece_model_pb2 import ModelProto
from tokenizers import AddedToken, Tokenizer, decoders, normalizers
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace
from tokenizers.processors import TemplateProcessing

from hagane.tokenizers.folder import CONFIG, FAST, MODEL

UNSPELLABLE = -1_000.0  # (ours) no path through the text takes it; SentencePiece's own score of such a piece is 0
Piece = ModelProto.SentencePiece


def write_fast(folder: Path) -> None:
    """Write tokenizer.json and its configuration beside spiece.model."""
    model = ModelProto.FromString((folder / MODEL).read_bytes())
    fast_tokenizer(model).save(str(folder / FAST))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": model.trainer_spec.pad_piece,
        "unk_token": model.trainer_spec.unk_piece,
        "bos_token": model.trainer_spec.bos_piece,
        "eos_token": model.trainer_spec.eos_piece,
        "clean_up_tokenization_spaces": False,
    }
    (folder / CONFIG).write_text(json.dumps(settings, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def fast_tokenizer(model: ModelProto) -> Tokenizer:
    """A Unigram without dummy prefix that splits, normalizes and decodes as SentencePiece does.

    A text is encoded with ``<s>`` before it, as documents are packed; ``add_special_tokens=False`` leaves it out.
    """
    pieces = [(piece.piece, piece.score if piece.type == Piece.NORMAL else UNSPELLABLE) for piece in model.pieces]
    tokenizer = Tokenizer(Unigram(pieces, model.trainer_spec.unk_id, byte_fallback=True))
    # The first works a grapheme at a time and leaves ｶﾞ, or か with U+3099, in two; the second composes them.
    rules = normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap)
    tokenizer.normalizer = normalizers.Sequence([rules, normalizers.NFC()])
    tokenizer.pre_tokenizer = Metaspace(prepend_scheme="never", split=False)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    special = [piece.piece for piece in model.pieces if piece.type in (Piece.CONTROL, Piece.UNKNOWN)]
    spelt = [piece.piece for piece in model.pieces if piece.type == Piece.USER_DEFINED]
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in special])
    tokenizer.add_tokens([AddedToken(piece, normalized=False) for piece in spelt])
    bos = model.trainer_spec.bos_piece
    begin = [(bos, model.trainer_spec.bos_id)]
    tokenizer.post_processor = TemplateProcessing(single=f"{bos} $A", pair=f"{bos} $A $B:1", special_tokens=begin)
    return tokenizer
