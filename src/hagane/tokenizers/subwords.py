"""Tokenizers of any kind, seen alike: SentencePiece models and the tokenizer.json of Hugging Face."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sentencepiece import SentencePieceProcessor
from sentencepiece.sentencepiece_model_pb2 import ModelProto, TrainerSpec
from tokenizers import Tokenizer

from hagane.core.errors import BadInput

BYTE = re.compile("<0x[0-9A-F]{2}>")
REPLACEMENT = "\ufffd"  # what bytes decode to that are no whole character


@dataclass(frozen=True)
class Encoded:
    """A text's tokens, and for each the code points that it stands for, ``(tokens,)`` all.

    A token that stands for nothing of its own, as a dummy prefix or all but the last of a character's bytes in
    SentencePiece, starts and ends where the next one starts.
    """

    ids: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Subwords:
    kind: str  # as "SentencePiece unigram" or "tokenizers BPE"
    pieces: Sequence[str]
    unknown: int | None  # id of the unknown piece
    is_byte: npt.NDArray[np.bool_]  # (pieces,): whether a piece stands for less than a character
    encode: Callable[[Sequence[str]], Iterator[Encoded]]  # texts, in which names of special pieces are text
    decode: Callable[[Sequence[int]], str]


def open_subwords(content: bytes, name: str) -> Subwords:
    """The tokenizer in a file, by its name's ending; BadInput if it is broken."""
    try:
        return open_json(content) if name.endswith(".json") else open_model(content)
    except Exception as error:  # tokenizers raises nothing narrower for a broken file
        fix = f"give a SentencePiece model or a tokenizer.json ({error})"
        raise BadInput("the tokenizer cannot be read", name, fix) from error


def open_model(content: bytes) -> Subwords:
    """A SentencePiece model, read by SentencePiece itself."""
    processor = SentencePieceProcessor.from_proto(content)
    size = processor.get_piece_size()
    trainer = ModelProto.FromString(content).trainer_spec

    def encode(texts: Sequence[str]) -> Iterator[Encoded]:
        for found in processor.encode(list(texts), return_type="offset_mapping", num_threads=1):
            yield encoded(found["ids"], found["offsets"])

    return Subwords(
        kind=f"SentencePiece {TrainerSpec.ModelType.Name(trainer.model_type).lower()}",
        pieces=[processor.id_to_piece(number) for number in range(size)],
        unknown=processor.unk_id(),
        is_byte=np.array([processor.is_byte(number) for number in range(size)], np.bool_),
        encode=encode,
        decode=processor.decode,
    )


def open_json(content: bytes) -> Subwords:
    """A tokenizer.json; what it says of truncation, padding and special tokens in texts is left out."""
    tokenizer = Tokenizer.from_str(content.decode("utf-8"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    model: dict[str, Any] = json.loads(content)["model"]
    size = 1 + max(tokenizer.get_vocab(with_added_tokens=True).values(), default=-1)

    def encode(texts: Sequence[str]) -> Iterator[Encoded]:
        for found in tokenizer.encode_batch(list(texts), add_special_tokens=False):
            yield encoded(found.ids, found.offsets)

    def decode(ids: Sequence[int]) -> str:
        return tokenizer.decode(list(ids), skip_special_tokens=False)

    pieces = [tokenizer.id_to_token(number) or "" for number in range(size)]
    return Subwords(
        kind=f"tokenizers {type(tokenizer.model).__name__}",
        pieces=pieces,
        unknown=model["unk_id"] if "unk_id" in model else tokenizer.token_to_id(model.get("unk_token") or ""),
        is_byte=np.array(
            [bool(BYTE.fullmatch(p)) or REPLACEMENT in decode([i]) for i, p in enumerate(pieces)], np.bool_
        ),
        encode=encode,
        decode=decode,
    )


def encoded(ids: Sequence[int], offsets: Sequence[tuple[int, int]]) -> Encoded:
    spans = np.array(offsets, np.int64).reshape(-1, 2)
    return Encoded(np.array(ids, np.int64), spans[:, 0], spans[:, 1])
