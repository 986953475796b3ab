"""Documents to token files, GPT-NeoX style: one stream of ``<s>`` ids ``</s>`` per split, boundaries in the index."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.storage.documents import batches, shards
from hagane.storage.shards import Shard, gather, map_shards
from hagane.storage.tokens import SPLITS, SourceAmount, TokensMeta, TokenWriter, write_meta
from hagane.tokenizers.folder import load, special_ids

DIGITS = 16  # of a text digest, hexadecimal: its first 64 bits decide the split
COLUMNS = ("text", "text_digest", "source", "license", "language")

Origin = tuple[str, str, str, str]  # split, source, license, language
Amounts = dict[Origin, npt.NDArray[np.int64]]  # documents, characters, bytes, tokens: ``(4,)``


def pack_documents(
    documents: Path, tokenizer: Path, output: Path, work: Path, validation_fraction: float, workers: int
) -> Result:
    """Write the token files of both splits and ``tokens.json`` into ``output``; BadInput if there is no document."""
    parts = shards(documents)
    bound = validation_bound(parts, validation_fraction)
    processor = load(tokenizer)
    vocab_size, special = processor.get_piece_size(), special_ids(processor)
    dtype = "<u2" if vocab_size <= 2**16 else "<u4"
    packed = map_shards(partial(pack_shard, tokenizer=tokenizer, bound=bound, dtype=dtype), parts, work, workers)
    for split in SPLITS:
        for suffix in ("bin", "idx"):
            gather(work, f"{split}.{suffix}", output, f"{split}/part-{{:05}}.{suffix}")
    meta = TokensMeta(dtype, vocab_size, special.bos, special.eos, total_amounts(packed))
    write_meta(output, meta)
    return Result(measures(meta), (table(meta),))


def validation_bound(parts: Sequence[Path], fraction: float) -> int:
    """A document is held out if the first 64 bits of its text digest are below this number.

    Equal texts so share a side, whatever the shards. The least digest is always held out and the greatest never, so
    that two different documents are enough for both splits; a fraction of 0 holds nothing out.
    """
    if not 0 <= fraction < 1:
        raise UsageError("validation_fraction wants a share from 0 to below 1", fraction)
    least, greatest = 2**64, -1
    for part in parts:
        for rows in batches(part, ["text_digest"]):
            numbers = [leading_bits(row) for row in rows]
            least, greatest = min(least, *numbers), max(greatest, *numbers)
    if greatest < 0:
        raise BadInput("there is no document to pack", fix="look at what the filters rejected")
    return min(max(int(fraction * 2**64), least + 1), greatest) if fraction else 0


def leading_bits(row: Mapping[str, Any]) -> int:
    return int(row["text_digest"][:DIGITS], 16)


def pack_shard(shard: Path, folder: Path, tokenizer: Path, bound: int, dtype: str) -> Shard:
    """Write ``train.bin``, ``train.idx`` and the same for validation; returns what each origin contributed."""
    processor = load(tokenizer)
    amounts: Amounts = defaultdict(lambda: np.zeros(4, np.int64))
    with TokenWriter(folder / "train", dtype) as train, TokenWriter(folder / "validation", dtype) as validation:
        for rows in batches(shard, COLUMNS):
            held_out = [row for row in rows if leading_bits(row) < bound]
            kept = [row for row in rows if leading_bits(row) >= bound]
            for split, writer, chosen in (("train", train, kept), ("validation", validation, held_out)):
                texts = [row["text"] for row in chosen]
                ids = processor.encode(texts, out_type="numpy", add_bos=True, add_eos=True, num_threads=1)
                count(split, chosen, writer.append(ids, texts), amounts)
    return {"amounts": [[*origin, *amount.tolist()] for origin, amount in amounts.items()]}


def count(split: str, rows: Sequence[Mapping[str, Any]], records: npt.NDArray[np.void], amounts: Amounts) -> None:
    for row, (tokens, characters, size) in zip(rows, records.tolist(), strict=True):
        amounts[split, row["source"], row["license"], row["language"]] += (1, characters, size, tokens)


def total_amounts(packed: Sequence[Shard]) -> tuple[SourceAmount, ...]:
    amounts: Amounts = defaultdict(lambda: np.zeros(4, np.int64))
    for shard in packed:
        for split, source, license, language, *amount in shard["amounts"]:
            amounts[split, source, license, language] += amount
    return tuple(SourceAmount(*origin, *amounts[origin].tolist()) for origin in sorted(amounts))


def measures(meta: TokensMeta) -> dict[str, float]:
    tokens = {split: meta.total(split, "tokens") for split in SPLITS}
    characters = sum(meta.total(split, "characters") for split in SPLITS)
    return {
        "documents": float(sum(meta.total(split, "documents") for split in SPLITS)),
        **{f"{split}_tokens": float(tokens[split]) for split in SPLITS},
        "characters_per_token": characters / sum(tokens.values()),
    }


def table(meta: TokensMeta) -> dict[str, Any]:
    columns = ["split", "source", "license", "language", "documents", "characters", "bytes", "tokens"]
    return {"type": "table", "title": "Tokens by source", "columns": columns, "rows": list(rows_of(meta, columns))}


def rows_of(meta: TokensMeta, columns: Sequence[str]) -> Iterator[list[Any]]:
    return ([getattr(amount, column) for column in columns] for amount in meta.amounts)
