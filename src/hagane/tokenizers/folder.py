"""A tokenizer's folder as packing, evaluation and release read it."""

from dataclasses import dataclass
from pathlib import Path

from sentencepiece import SentencePieceProcessor

from hagane.core.errors import CorruptArtifact

MODEL = "spiece.model"  # SentencePiece's own, the one that corpora are packed with
FAST = "tokenizer.json"  # the same for Hugging Face tokenizers
CONFIG = "tokenizer_config.json"


@dataclass(frozen=True)
class SpecialIds:
    """Ids of the pieces that no text can spell."""

    pad: int
    unk: int
    bos: int  # begins every document
    eos: int  # ends every document


def load(folder: Path) -> SentencePieceProcessor:
    """The tokenizer itself; CorruptArtifact if the model is missing or broken."""
    try:
        return SentencePieceProcessor.from_proto((folder / MODEL).read_bytes())
    except (FileNotFoundError, RuntimeError) as error:
        raise CorruptArtifact(f"{folder / MODEL} cannot be read", fix=f"train the tokenizer again ({error})") from error


def special_ids(processor: SentencePieceProcessor) -> SpecialIds:
    return SpecialIds(processor.pad_id(), processor.unk_id(), processor.bos_id(), processor.eos_id())
