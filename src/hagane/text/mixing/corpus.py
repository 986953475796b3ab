"""Corpora mixed by weight into one, in an order drawn at random, out of core."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.events import warn
from hagane.storage.documents import COPY, ROWS, SCHEMA, SHARD, ShardWriter, digest, schema_of, shards
from hagane.storage.shards import Shard, gather, map_shards
from hagane.text.mixing.balancing import epochs, parse_weights
from hagane.text.mixing.portions import (
    Grouped,
    Measures,
    Portion,
    Words,
    check_ids,
    drawn,
    measure_shard,
    portions,
    read_measures,
    sizes_of,
)
from hagane.text.mixing.report import amounts, report
from hagane.text.names import Balance, Grouping

MEGABYTE = 1_000_000
PIECES, MIXED = "pieces.arrow", "mixed.parquet"
COMPRESSED = pa.ipc.IpcWriteOptions(compression="lz4")
POSITION = pa.field("__position", pa.uint64(), nullable=False)  # of a piece's rows in the mixture
HARMLESS = 4  # epochs with "negligible changes to loss compared to having unique data" (arXiv 2305.16264, abstract)

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Recipe:
    """What to mix; the component's parameters say what each is."""

    balance: Balance = "none"
    by: Grouping = "corpus"
    weights: tuple[str, ...] = ()
    limit_megabytes: int | None = None
    most_epochs: float = 40.0
    shard_megabytes: int = 128
    seed: int = 42


def mix(corpora: Sequence[Path], mixture: Path, work: Path, recipe: Recipe, workers: int = 0) -> Result:
    """Write the corpora's documents to ``mixture``, each as often as its group's portion says.

    A document's place is drawn by its id and the seed, so that any shards of the mixture have about its shares; copies
    stand evenly apart. Memory: 100 bytes a document of the corpora, and for each worker one shard of these or of the
    mixture three times over; disk: another mixture in ``work``. Raises UsageError for parameters that make no sense,
    BadInput for corpora that are empty, share documents, disagree on a column or do not fit the weights.
    """
    names = [corpus_name(number) for number in range(len(corpora))]
    weights = parse_weights(recipe.weights, recipe.by, recipe.balance, names)
    check(recipe)
    files = [shard for corpus in corpora for shard in shards(corpus)]
    schema = unified(files)
    grouped = partial(groups_of, by=recipe.by, corpora=[str(corpus) for corpus in corpora])
    sizes, measures = measured(files, grouped, names, recipe, work / "measures", workers)
    wanted = epochs(sizes, recipe.balance, weights, (recipe.limit_megabytes or math.inf) * MEGABYTE)
    warn_of_repetition(wanted, recipe.most_epochs)
    taken = portions(measures, wanted)
    size = sum(portion.bytes * portion.epochs for portion in taken.values())
    buckets = max(1, round(size / recipe.shard_megabytes / MEGABYTE))
    scatter = partial(scatter_shard, grouped=grouped, seed=recipe.seed, taken=taken, buckets=buckets, schema=schema)
    scattered = map_shards(scatter, files, work / "pieces", workers)
    collect = partial(collect_shard, pieces=work / "pieces", schema=schema)
    map_shards(collect, [Path(str(number)) for number in range(buckets)], work / "shards", workers)
    gather(work / "shards", MIXED, mixture, SHARD)
    return report([row for result in scattered for row in result["amounts"]], taken, recipe.by)


def check(recipe: Recipe) -> None:
    if recipe.shard_megabytes < 1:
        raise UsageError("shard_megabytes wants 1 or more", recipe.shard_megabytes)
    if recipe.limit_megabytes is not None and recipe.limit_megabytes < 1:
        raise UsageError("limit_megabytes wants 1 or more", recipe.limit_megabytes)


def corpus_name(number: int) -> str:
    """As the port's artifacts are named."""
    return f"corpora_{number}"


def unified(files: Sequence[Path]) -> pa.Schema:
    """The columns of all files, and ``COPY``; BadInput if a column has two types."""
    try:
        return pa.unify_schemas([SCHEMA, *(schema_of(file) for file in files), pa.schema([COPY])])
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise BadInput("the corpora have a column in two types", fix=str(error)) from error


def groups_of(batch: pa.RecordBatch | pa.Table, shard: Path, by: Grouping, corpora: Sequence[str]) -> list[str]:
    if by == "corpus":
        return [corpus_name(corpora.index(str(shard.parent)))] * len(batch)
    groups: list[str] = batch.column(by).to_pylist()
    return groups


def measured(
    files: Sequence[Path], grouped: Grouped, corpora: Sequence[str], recipe: Recipe, work: Path, workers: int
) -> tuple[dict[str, int], Measures]:
    """The bytes of each group, and the documents' records."""
    results = map_shards(partial(measure_shard, grouped=grouped, seed=recipe.seed), files, work, workers)
    groups = [result["groups"] for result in results]
    names = corpora if recipe.by == "corpus" else sorted({name for some in groups for name in some})
    measures = read_measures([work / f"{number:05}" for number in range(len(files))], groups, names)
    check_ids(measures["id"])
    return sizes_of(measures, names), measures


def warn_of_repetition(wanted: Mapping[str, float], most: float) -> None:
    name, passes = max(wanted.items(), key=lambda each: each[1])
    if passes > most:
        fix = "weigh it less, or raise most_epochs"
        raise UsageError(f"{name} would be passed over more than most_epochs={most:g} times", round(passes, 2), fix)
    if passes > HARMLESS:
        warn(f"{name} is passed over {passes:.1f} times; over {HARMLESS} times, repeated text teaches ever less")


def scatter_shard(
    shard: Path,
    folder: Path,
    grouped: Grouped,
    seed: int,
    taken: Mapping[str, Portion],
    buckets: int,
    schema: pa.Schema,
) -> Shard:
    """Write what the mixture takes of a shard, a batch for each shard of the mixture, by place; the amounts taken."""
    with pq.ParquetFile(shard) as file:
        own = pa.concat_tables([schema.empty_table(), file.read()], promote_options="default").combine_chunks()
    groups = grouped(own, shard)
    chances = drawn(seed, own.column("text_digest").to_pylist())
    copies = np.array([taken[group].whole for group in groups], np.int64)
    copies += chances < np.array([taken[group].bound for group in groups], np.uint64)
    rows = np.repeat(np.arange(len(own)), copies)
    numbers = np.arange(len(rows)) - np.repeat(np.cumsum(copies) - copies, copies)
    places = places_of(drawn(seed, own.column("id").to_pylist())[rows], numbers, copies[rows])
    order = np.argsort(places, kind="stable")
    ends = np.searchsorted(bucket_of(places[order], buckets), np.arange(buckets), "right")
    mixed_before = own.column(COPY.name).fill_null(0).to_numpy()
    with pa.ipc.new_file(folder / PIECES, schema.append(POSITION), options=COMPRESSED) as writer:
        for chosen in np.split(order, ends[:-1]):
            row = rows[chosen]
            copy = mixed_before[row] * copies[row] + numbers[chosen]  # all copies of a text are taken equally often
            writer.write_batch(piece(own.take(row), copy, places[chosen]))
    return {"amounts": amounts(own, groups, copies)}


def places_of(first: Words, numbers: Counts, copies: Counts) -> Words:
    """Copy ``numbers`` of ``copies`` goes on from the first one's place by its share of all 2^64 places, around."""
    return first + numbers.astype(np.uint64) * (np.uint64(2**64 - 1) // copies.astype(np.uint64))


def bucket_of(places: Words, buckets: int) -> Words:
    """The place's shard, of ``buckets`` that share all places evenly."""
    half = np.uint64(32)
    return ((places >> half) * np.uint64(buckets)) >> half


def piece(rows: pa.Table, copies: Counts, places: Words) -> pa.RecordBatch:
    """The rows with their numbers as copies, their places, and ids of their own for all but copy 0."""
    numbered = zip(rows.column("id").to_pylist(), copies.tolist(), strict=True)
    columns = {name: rows.column(name).combine_chunks() for name in rows.schema.names}
    columns["id"] = pa.array([digest(id, str(copy)) if copy else id for id, copy in numbered], pa.large_string())
    columns[COPY.name] = pa.array(copies, COPY.type)
    return pa.RecordBatch.from_arrays([*columns.values(), pa.array(places)], schema=rows.schema.append(POSITION))


def collect_shard(number: Path, folder: Path, pieces: Path, schema: pa.Schema) -> Shard:
    """Write one shard of the mixture, in the order of the places."""
    parts = []
    for file in sorted(pieces.glob(f"*/{PIECES}")):
        with pa.memory_map(str(file)) as mapped:
            parts.append(pa.ipc.open_file(mapped).get_batch(int(number.name)))
    rows = pa.Table.from_batches(parts).combine_chunks()
    rows = rows.take(pc.sort_indices(rows, [(POSITION.name, "ascending"), ("id", "ascending")]))
    with ShardWriter(folder / MIXED, schema) as writer:
        for batch in rows.select(schema.names).to_batches(ROWS):
            writer.add_batch(batch)
    return {}
