"""Documents to token files: one stream of ``<s>`` ids ``</s>`` per split, the documents' boundaries in the index."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hagane.blocks import Block
from hagane.blocks import table as table_block
from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.storage.documents import COPY, record_batches, shards
from hagane.storage.names import Layout
from hagane.storage.shards import Shard, gather, map_shards
from hagane.storage.tokens import SPLITS, Ids, Lengths, SourceAmount, TokensMeta, TokenWriter, write_meta
from hagane.tokenizers.folder import load

DIGITS = 16  # of a text digest, hexadecimal: as many as a share of 2^64 has
COLUMNS = ("text", "text_digest", "source", "license", "language", COPY.name)
ORIGIN = ("split", "source", "license", "language")
COUNTS = ("documents", "unique_documents", "characters", "bytes", "tokens")

Amounts = defaultdict[tuple[str, ...], npt.NDArray[np.int64]]  # COUNTS of each ORIGIN


def pack_documents(
    documents: Path,
    tokenizer: Path,
    output: Path,
    work: Path,
    validation_fraction: float,
    workers: int,
    layout: Layout,
) -> Result:
    """Write the token files of both splits and ``tokens.json`` into ``output``.

    BadInput if there is no document, one is too long for the index, or the tokenizer cannot end a document.
    """
    parts = shards(documents)
    bound = validation_bound(parts, validation_fraction)
    processor = load(tokenizer)
    vocab_size, bos, eos = processor.get_piece_size(), processor.bos_id(), processor.eos_id()
    if eos < 0:
        raise BadInput("the tokenizer has no piece for the end of a text", eos, "train one that has")
    dtype = "<u2" if vocab_size <= 2**16 else "<u4"
    packed = map_shards(partial(pack_shard, tokenizer=tokenizer, bound=bound, dtype=dtype), parts, work, workers)
    for split in SPLITS:
        for suffix in ("bin", "idx"):
            gather(work, f"{split}.{suffix}", output, f"{split}/part-{{:05}}.{suffix}")
    meta = TokensMeta(layout, dtype, vocab_size, bos if bos >= 0 else None, eos, source_amounts(packed))
    write_meta(output, meta)
    return Result(measures(meta), (table(meta),))


def validation_bound(parts: Sequence[Path], fraction: float) -> str:
    """A document is held out if its text digest comes before this one in the order of text.

    Equal texts so share a side, whatever the shards. The least digest is always held out and the greatest never, so
    that two different documents are enough for both splits; a fraction of 0 holds nothing out.
    """
    if not 0 <= fraction < 1:
        raise UsageError("validation_fraction wants a share from 0 to below 1", fraction)
    digests = (batch.column("text_digest") for part in parts for batch in record_batches(part, ["text_digest"]))
    extremes = [pc.min_max(column).as_py() for column in digests if len(column)]
    if not extremes:
        raise BadInput("there is no document to pack", fix="look at what the filters rejected")
    least, greatest = min(pair["min"] for pair in extremes), max(pair["max"] for pair in extremes)
    share = f"{int(fraction * 2**64):0{DIGITS}x}"
    return min(max(share, f"{least}0"), greatest) if fraction else ""


def pack_shard(shard: Path, folder: Path, tokenizer: Path, bound: str, dtype: str) -> Shard:
    """Write ``train.bin``, ``train.idx`` and the same for validation; returns what each origin contributed.

    Columns become lists, for whatever takes Arrow to numpy or back imports pandas: half a second a process.
    """
    processor = load(tokenizer)
    amounts = no_amounts()
    with TokenWriter(folder / "train", dtype) as train, TokenWriter(folder / "validation", dtype) as validation:
        for batch in record_batches(shard, COLUMNS):
            ids, characters, sizes = encoded(processor, batch.column("text"))
            held_out = np.array([digest < bound for digest in batch.column("text_digest").to_pylist()])
            for writer, chosen in ((train, ~held_out), (validation, held_out)):
                rows = np.flatnonzero(chosen)
                writer.append([ids[row] for row in rows], characters[rows], sizes[rows])
            columns = (np.ones_like(sizes), firsts(batch), characters, sizes, [len(document) for document in ids])
            count(batch, held_out, np.stack(columns, axis=1, dtype=np.int64), amounts)
    return {"amounts": [[*origin, *amount.tolist()] for origin, amount in amounts.items()]}


def encoded(processor: Any, text: pa.Array) -> tuple[list[Ids], Lengths, Lengths]:
    """The ids of each text, from the UTF-8 that Arrow holds; the texts' characters and bytes."""
    utf8 = text.cast(pa.large_binary()).to_pylist()
    begins = processor.bos_id() >= 0
    ids = processor.encode(utf8, out_type="numpy", add_bos=begins, add_eos=True, num_threads=1)
    return ids, np.array(pc.utf8_length(text).to_pylist()), np.array([len(each) for each in utf8])


def firsts(batch: pa.RecordBatch) -> list[bool]:
    """Whether each document is the first of its copies."""
    copies = batch.column(COPY.name).to_pylist() if COPY.name in batch.schema.names else [0] * len(batch)
    return [not copy for copy in copies]


def count(batch: pa.RecordBatch, held_out: npt.NDArray[np.bool_], counts: Lengths, amounts: Amounts) -> None:
    """Add the documents' ``COUNTS``, ``(documents, 5)``, to those of their origins."""
    splits = np.where(held_out, "validation", "train").tolist()
    rows: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, origin in enumerate(zip(splits, *(batch.column(name).to_pylist() for name in ORIGIN[1:]), strict=True)):
        rows[origin].append(row)
    for origin, chosen in rows.items():
        amounts[origin] += counts[chosen].sum(axis=0)


def no_amounts() -> Amounts:
    return defaultdict(lambda: np.zeros(len(COUNTS), np.int64))


def source_amounts(packed: Sequence[Shard]) -> tuple[SourceAmount, ...]:
    amounts = no_amounts()
    for row in (row for shard in packed for row in shard["amounts"]):
        amounts[tuple(row[: len(ORIGIN)])] += row[len(ORIGIN) :]
    rows = ((*origin, *amounts[origin].tolist()) for origin in sorted(amounts))
    return tuple(SourceAmount(**dict(zip((*ORIGIN, *COUNTS), row, strict=True))) for row in rows)


def measures(meta: TokensMeta) -> dict[str, float]:
    of_both = {name: float(sum(meta.total(split, name) for split in SPLITS)) for name in COUNTS}
    tokens = {f"{split}_tokens": float(meta.total(split, "tokens")) for split in SPLITS}
    return of_both | tokens | {"characters_per_token": of_both["characters"] / of_both["tokens"]}


def table(meta: TokensMeta) -> Block:
    rows = [[*asdict(amount).values(), round(amount.epochs, 2)] for amount in meta.amounts]
    return table_block("Tokens by source", [*ORIGIN, *COUNTS, "epochs"], rows)
