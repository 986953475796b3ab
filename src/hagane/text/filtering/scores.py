"""What filters compared with their limits, document by document, so that other limits need no text."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from hagane.text.filtering.screening.screen import Screen, Screened


@dataclass(frozen=True)
class Known:
    """What an earlier run found of a batch of documents."""

    scores: npt.NDArray[np.float64]  # (documents, filters): NaN where a filter was not asked
    evidence: list[dict[str, Any]]  # of rejections by filters without limits


def schema(screen: Screen) -> pa.Schema:
    """A column a filter, named as HojiChar does; another name where it is only known whether it rejected."""
    columns = [
        f"{number}-{name}" if rule else f"{number}-{name}-rejected"
        for number, (name, rule) in enumerate(zip(screen.names, screen.rules, strict=True))
    ]
    texts = [pa.field("id", pa.large_string()), pa.field("evidence", pa.large_string())]
    return pa.schema([*texts, *(pa.field(column, pa.float64()) for column in columns)])


class ScoreWriter:
    """One parquet file for a shard of documents, a row group for each of its batches."""

    def __init__(self, file: Path, screen: Screen) -> None:
        self.writer = pq.ParquetWriter(file, schema(screen), compression="zstd")

    def write(self, batch: pa.RecordBatch, screened: Screened, evidence: Sequence[dict[str, Any]]) -> None:
        told = [json.dumps(found, ensure_ascii=False) if found else None for found in evidence]
        scores = [pa.array(column) for column in np.ascontiguousarray(screened.scores.T)]
        columns = [batch.column("id"), pa.array(told, pa.large_string()), *scores]
        self.writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self.writer.schema))

    def __enter__(self) -> "ScoreWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.close()


def read_scores(file: Path, screen: Screen) -> Iterator[Known | None]:
    """What the file knows of each batch; None without end if its scores mean something else to these filters."""
    with pq.ParquetFile(file) as scores:
        if scores.schema_arrow.names != schema(screen).names:
            while True:
                yield None
        for group in range(scores.num_row_groups):
            table = scores.read_row_group(group)
            columns = [column.to_numpy() for column in table.columns[2:]]
            told = [json.loads(found) if found else {} for found in table.column("evidence").to_pylist()]
            yield Known(np.column_stack(columns) if columns else np.empty((len(table), 0)), told)
