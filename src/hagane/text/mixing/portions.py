"""Which documents a mixture takes, and how often, so that each group of them fills its share of the bytes."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hagane.core.errors import BadInput
from hagane.storage.documents import digest, record_batches
from hagane.storage.shards import Shard

MEASURES = "measures.npy"
MEASURE = np.dtype([("id", "<u8", 2), ("chance", "<u8"), ("bytes", "<u4"), ("group", "<u4")])  # a record a document
COLUMNS = ("id", "text_digest", "text", "source", "language")

Words = npt.NDArray[np.uint64]
Measures = npt.NDArray[np.void]
Grouped = Callable[[pa.RecordBatch, Path], list[str]]  # the group of each row of a shard


@dataclass(frozen=True)
class Portion:
    """How much of a group is taken: all of it ``whole`` times, and once more each text whose chance is under ``bound``.

    A greater portion takes the same texts and others, for a text's chance hangs on it and the seed alone.
    """

    bytes: int  # of the group
    epochs: float
    whole: int
    bound: int


def drawn(seed: int, names: Sequence[str]) -> Words:
    """``(names,)``: a number from 0 to 2^64 - 1 for each, by it and the seed alone."""
    return np.fromiter((int(digest(str(seed), name)[:16], 16) for name in names), np.uint64, len(names))


def measure_shard(shard: Path, folder: Path, grouped: Grouped, seed: int) -> Shard:
    """Save what portions are made by, a record a document, and tell the names of the groups by their numbers there."""
    numbers: dict[str, int] = {}
    parts = [np.empty(0, MEASURE)]
    for batch in record_batches(shard, COLUMNS):
        part = np.empty(len(batch), MEASURE)
        ids = b"".join(bytes.fromhex(id) for id in batch.column("id").to_pylist())
        part["id"] = np.frombuffer(ids, "<u8").reshape(-1, 2)
        part["chance"] = drawn(seed, batch.column("text_digest").to_pylist())
        part["bytes"] = pc.binary_length(batch.column("text"))
        part["group"] = [numbers.setdefault(name, len(numbers)) for name in grouped(batch, shard)]
        parts.append(part)
    np.save(folder / MEASURES, np.concatenate(parts))
    return {"groups": list(numbers)}


def read_measures(folders: Sequence[Path], groups: Sequence[Sequence[str]], names: Sequence[str]) -> Measures:
    """The records of all shards, with the groups' numbers in ``names``."""
    numbers = {name: number for number, name in enumerate(names)}
    parts = [np.load(folder / MEASURES) for folder in folders]
    for part, known in zip(parts, groups, strict=True):
        part["group"] = np.array([numbers[name] for name in known], np.uint32)[part["group"]]
    measures: Measures = np.concatenate(parts)
    return measures


def check_ids(ids: Words) -> None:
    """BadInput if two of the ``(documents, 2)`` ids are one."""
    ordered = ids[np.lexsort((ids[:, 1], ids[:, 0]))]
    same = np.flatnonzero((ordered[1:] == ordered[:-1]).all(axis=1))
    if len(same):
        fix = "give each corpus once and repeat it by its weight, or deduplicate the corpora together"
        raise BadInput(f"{len(same):,} documents have the id of another", ordered[same[0]].tobytes().hex(), fix)


def sizes_of(measures: Measures, names: Sequence[str]) -> dict[str, int]:
    """The bytes of each group; BadInput for one without any, and for no group."""
    if not names:
        raise BadInput("there is no document in the corpora", fix="look at what their producers rejected")
    sizes = np.bincount(measures["group"], measures["bytes"], len(names)).astype(np.int64).tolist()
    if empty := [name for name, size in zip(names, sizes, strict=True) if not size]:
        raise BadInput("there is no text in a corpus", empty[0], "look at what its producer rejected")
    return dict(zip(names, sizes, strict=True))


def portions(measures: Measures, epochs: Mapping[str, float]) -> dict[str, Portion]:
    """The portion of each group that comes nearest to its epochs by bytes without going over."""
    order = np.lexsort((measures["chance"], measures["group"]))
    ends = np.searchsorted(measures["group"], np.arange(len(epochs)), "right", sorter=order)
    parts = np.split(order, ends[:-1])
    return {
        name: portion(measures["chance"][part], measures["bytes"][part], passes)
        for (name, passes), part in zip(epochs.items(), parts, strict=True)
    }


def portion(chances: Words, sizes: npt.NDArray[np.uint32], epochs: float) -> Portion:
    """Of documents in the order of their chances."""
    ends = np.cumsum(sizes, dtype=np.int64)
    whole, total = math.floor(epochs), int(ends[-1])
    count = int(np.searchsorted(ends, (epochs - whole) * total, "right"))
    return Portion(total, epochs, whole, int(chances[count]))
