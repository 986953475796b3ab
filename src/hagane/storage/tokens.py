"""Token files: flat memory maps with an index of documents; a sample is addressed by its number."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from hagane.core.errors import BadInput, CorruptArtifact

META = "tokens.json"
SPLITS = ("train", "validation")
INDEX = np.dtype([("tokens", "<u4"), ("characters", "<u4"), ("bytes", "<u4")])  # one record a document

Ids = npt.NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class SourceAmount:
    """How much of a split comes from one source under one license."""

    split: str
    source: str
    license: str
    language: str
    documents: int
    characters: int
    bytes: int
    tokens: int


@dataclass(frozen=True)
class TokensMeta:
    """``tokens.json`` of a tokens artifact."""

    dtype: str  # little-endian numpy: "<u2" up to 65,536 pieces, else "<u4"
    vocab_size: int
    bos: int | None  # put before every document, None if the tokenizer has none
    eos: int  # ends every document
    amounts: tuple[SourceAmount, ...]

    def total(self, split: str, what: str) -> int:
        return sum(int(getattr(amount, what)) for amount in self.amounts if amount.split == split)


def write_meta(folder: Path, meta: TokensMeta) -> None:
    text = json.dumps({"schema": 1, **asdict(meta)}, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / META).write_text(text, encoding="utf-8")


def read_meta(folder: Path) -> TokensMeta:
    try:
        content = json.loads((folder / META).read_bytes())
        amounts = tuple(SourceAmount(**amount) for amount in content.pop("amounts"))
        content.pop("schema")
        return TokensMeta(amounts=amounts, **content)
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise CorruptArtifact(f"{folder / META} cannot be read", fix=repr(error)) from error


class TokenStream:
    """One split of a tokens artifact as a single stream of ids, whatever its shards.

    ``index`` holds one record a document, in the stream's order. CorruptArtifact if the files do not fit together.
    """

    def __init__(self, folder: Path, split: str) -> None:
        self.meta = read_meta(folder)
        parts = [open_part(file, self.meta.dtype) for file in sorted((folder / split).glob("part-*.bin"))]
        self.parts = [ids for ids, _ in parts]
        self.ends = np.cumsum([len(ids) for ids in self.parts], dtype=np.int64)
        self.index = np.concatenate([index for _, index in parts] or [np.empty(0, INDEX)])

    def __len__(self) -> int:
        return int(self.ends[-1]) if self.parts else 0

    def read(self, start: int, count: int) -> npt.NDArray[np.int64]:
        """``count`` ids from position ``start``, across shards; fewer at the end of the stream."""
        pieces: list[Ids] = []
        part = int(np.searchsorted(self.ends, start, side="right"))
        while count > 0 and part < len(self.parts):
            offset = start - (int(self.ends[part - 1]) if part else 0)
            piece = self.parts[part][offset : offset + count]
            pieces.append(piece)
            start, count, part = start + len(piece), count - len(piece), part + 1
        return np.concatenate([np.asarray(p, dtype=np.int64) for p in pieces]) if pieces else np.empty(0, np.int64)

    def samples(self, context: int) -> int:
        """How many samples of ``context`` inputs with their next tokens the stream holds."""
        return max(0, (len(self) - 1) // context)

    def sample(self, number: int, context: int) -> npt.NDArray[np.int64]:
        """Sample ``number``: ``(context + 1,)`` ids, the last one only a target."""
        if not 0 <= number < self.samples(context):
            raise BadInput(f"there are {self.samples(context)} samples of {context} tokens", number)
        return self.read(number * context, context + 1)


def open_part(file: Path, dtype: str) -> tuple[Ids, npt.NDArray[np.void]]:
    """The ids of a shard, mapped, and its index."""
    index = np.fromfile(file.with_suffix(".idx"), INDEX)
    tokens, size = int(index["tokens"].sum(dtype=np.int64)), file.stat().st_size
    if size != tokens * np.dtype(dtype).itemsize:
        raise CorruptArtifact(
            f"{file} should hold {tokens} tokens as {dtype}", f"{size} bytes", "run its producer again"
        )
    ids: Ids = np.memmap(file, dtype, "r") if tokens else np.empty(0, dtype)  # numpy maps no empty file
    return ids, index


def order(samples: int, epoch: int, seed: int) -> npt.NDArray[np.int64]:
    """The numbers 0..samples-1 as this epoch visits them: a function of its arguments only, so a resume agrees."""
    return np.random.Generator(np.random.PCG64([seed, epoch])).permutation(samples)


class TokenWriter:
    """Appends documents to one shard of a split: ``STEM.bin`` with the ids, ``STEM.idx`` with a record a document."""

    def __init__(self, stem: Path, dtype: str) -> None:
        self.dtype = dtype
        stem.parent.mkdir(parents=True, exist_ok=True)
        self.ids = stem.with_suffix(".bin").open("wb")
        self.index = stem.with_suffix(".idx").open("wb")

    def append(self, ids: Sequence[npt.NDArray[np.integer[Any]]], texts: Sequence[str]) -> npt.NDArray[np.void]:
        """Write the ids of some documents one after the other; returns their index records."""
        records = np.empty(len(ids), INDEX)
        records["tokens"] = [len(document) for document in ids]
        records["characters"] = [len(text) for text in texts]
        records["bytes"] = [len(text.encode("utf-8")) for text in texts]
        if len(ids):
            self.ids.write(np.concatenate(ids).astype(self.dtype).tobytes())
            self.index.write(records.tobytes())
        return records

    def __enter__(self) -> "TokenWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ids.close()
        self.index.close()
