"""What a mixture takes of its corpora."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hagane.blocks import Block, table
from hagane.core.component import Result
from hagane.core.errors import BadInput
from hagane.events import warn
from hagane.text.mixing.portions import Portion
from hagane.text.names import Grouping

ORIGIN = ["source", "license", "language"]
MIXED = ["mixed_documents", "unique_documents", "mixed_bytes", "mixed_characters"]  # copies count, but for unique ones
AMOUNTS = ["documents", "bytes", *MIXED]
MISSED = 0.1  # of a group's bytes, by which what is mixed may fall short of what is asked untold (ours)
LISTED = 50  # groups and sources, the largest (ours)

Row = dict[str, Any]


def amounts(rows: pa.Table, groups: Sequence[str], copies: npt.NDArray[np.int64]) -> list[Row]:
    """What each origin has, and what the mixture takes of it: ``copies`` of each row."""
    sizes, lengths = (count(rows.column("text")).to_numpy() for count in (pc.binary_length, pc.utf8_length))
    first = (copies > 0) & (rows.column("copy").fill_null(0).to_numpy() == 0)
    counted = (np.ones(len(rows)), sizes, copies, first, copies * sizes, copies * lengths)
    columns = {"group": groups} | {name: rows.column(name) for name in ORIGIN}
    columns |= {name: pa.array(each).cast(pa.int64()) for name, each in zip(AMOUNTS, counted, strict=True)}
    return summed(pa.table(columns), ["group", *ORIGIN])


def summed(rows: pa.Table, by: list[str]) -> list[Row]:
    """The sums of the amounts over the rows that agree in ``by``, the largest first."""
    total = rows.group_by(by, use_threads=False).aggregate([(name, "sum") for name in AMOUNTS])
    order = [("mixed_bytes", "descending"), *((name, "ascending") for name in by)]
    sums: list[Row] = total.rename_columns([*by, *AMOUNTS]).sort_by(order).to_pylist()
    return sums


def report(rows: Sequence[Row], taken: Mapping[str, Portion], by: Grouping) -> Result:
    """The amounts of the mixture; BadInput if it is empty."""
    groups, sources = (summed(pa.Table.from_pylist(rows), keys) for keys in (["group"], ORIGIN))
    total = {name: sum(row[name] for row in groups) for name in AMOUNTS}
    if not total["mixed_documents"]:
        raise BadInput("no document fits into the mixture", fix="raise limit_megabytes or the weights")
    for row in groups:
        asked = taken[row["group"]].epochs * row["bytes"]
        if row["mixed_bytes"] < (1 - MISSED) * asked:
            warn(
                f"{row['mixed_bytes']:,} bytes of {row['group']} for {asked:,.0f}: its documents are too long for more"
            )
    metrics = {name.removeprefix("mixed_"): float(total[name]) for name in MIXED}
    metrics["greatest_epochs"] = max(portion.epochs for portion in taken.values())
    return Result(metrics, (by_group(groups, total, taken, by), by_source(sources, total)))


def by_group(rows: Sequence[Row], total: Row, taken: Mapping[str, Portion], by: Grouping) -> Block:
    asked = {name: portion.epochs * portion.bytes for name, portion in taken.items()}
    columns = [by, "documents", "bytes", "epochs asked", "epochs", "share before", "share asked", "share"]
    lines = []
    for row in rows[:LISTED]:
        name, before, after = row["group"], row["bytes"], row["mixed_bytes"]
        passes = (round(taken[name].epochs, 4), round(after / before, 4))
        shares = (before / total["bytes"], asked[name] / sum(asked.values()), after / total["mixed_bytes"])
        lines.append([name, row["mixed_documents"], after, *passes, *shares])
    return table(f"The mixture by {by}", columns, lines)


def by_source(rows: Sequence[Row], total: Row) -> Block:
    columns = [*ORIGIN, "documents", "unique documents", "bytes", "characters", "epochs", "share before", "share"]
    lines = []
    for row in rows[:LISTED]:
        before, after = row["bytes"], row["mixed_bytes"]
        shares = (before / total["bytes"], after / total["mixed_bytes"])
        lines.append([*(row[name] for name in (*ORIGIN, *MIXED)), round(after / max(before, 1), 4), *shares])
    return table("The mixture by source", columns, lines)
