"""Token files: flat memory maps with an index of documents."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from hagane.core.errors import BadInput, CorruptArtifact
from hagane.storage.names import Layout

META = "tokens.json"
SCHEMA = 2
SPLITS = ("train", "validation")
INDEX = np.dtype([("tokens", "<u4"), ("characters", "<u4"), ("bytes", "<u4")])  # one record a document
LONGEST = 2**32 - 1

Ids = npt.NDArray[np.integer[Any]]
Lengths = npt.NDArray[np.integer[Any]]  # of documents, ``(documents,)``


@dataclass(frozen=True)
class SourceAmount:
    """How much of a split comes from one source under one license."""

    split: str
    source: str
    license: str
    language: str
    documents: int
    unique_documents: int  # without the copies of documents that a mixture repeats
    characters: int
    bytes: int
    tokens: int

    @property
    def epochs(self) -> float:
        """How many times the split holds each document of the source, in the mean."""
        return self.documents / max(1, self.unique_documents)


@dataclass(frozen=True)
class TokensMeta:
    """``tokens.json`` of a tokens artifact."""

    layout: Layout  # how a training draws its samples; the files are the same
    dtype: str  # little-endian numpy: "<u2" up to 65,536 pieces, else "<u4"
    vocab_size: int
    bos: int | None  # put before every document, None if the tokenizer has none
    eos: int  # ends every document
    amounts: tuple[SourceAmount, ...]

    def total(self, split: str, what: str) -> int:
        return sum(int(getattr(amount, what)) for amount in self.amounts if amount.split == split)


def write_meta(folder: Path, meta: TokensMeta) -> None:
    text = json.dumps({"schema": SCHEMA, **asdict(meta)}, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / META).write_text(text, encoding="utf-8")


def read_meta(folder: Path) -> TokensMeta:
    """CorruptArtifact if it is missing, broken or of another schema."""
    try:
        content = json.loads((folder / META).read_bytes())
        schema, amounts = content.pop("schema"), content.pop("amounts")
        if schema != SCHEMA:
            raise CorruptArtifact(f"{folder / META} wants schema {SCHEMA}", schema, "pack the documents again")
        return TokensMeta(amounts=tuple(SourceAmount(**amount) for amount in amounts), **content)
    except (FileNotFoundError, AttributeError, ValueError, KeyError, TypeError) as error:
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


def index_of(lengths: Mapping[str, Lengths]) -> npt.NDArray[np.void]:
    records = np.empty(len(lengths["tokens"]), INDEX)
    for name, values in lengths.items():
        if (longest := int(values.max(initial=0))) > LONGEST:
            raise BadInput(f"a document may have at most {LONGEST:,} {name}", longest, "split it")
        records[name] = values
    return records


class TokenWriter:
    """Appends documents to one shard of a split: ``STEM.bin`` with the ids, ``STEM.idx`` with a record a document."""

    def __init__(self, stem: Path, dtype: str) -> None:
        self.dtype = dtype
        stem.parent.mkdir(parents=True, exist_ok=True)
        self.ids = stem.with_suffix(".bin").open("wb")
        self.index = stem.with_suffix(".idx").open("wb")

    def append(self, ids: Sequence[Ids], characters: Lengths, sizes: Lengths) -> None:
        """Write documents one after the other; ``characters`` and ``sizes`` (bytes) are those of their texts.

        BadInput, and nothing is written, if one is too long for the index.
        """
        records = index_of(
            {"tokens": np.array([len(d) for d in ids], np.int64), "characters": characters, "bytes": sizes}
        )
        if len(ids):
            self.ids.write(np.concatenate(ids, dtype=self.dtype, casting="unsafe").data)
            self.index.write(records.data)

    def __enter__(self) -> "TokenWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ids.close()
        self.index.close()
