"""Parquet files: one document a row."""

from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from hagane.text.ingestion.compression import BOMB, CHUNK, RATIO
from hagane.text.ingestion.records import COLUMNS, Fault, Record, Records, escaped

ROWS = 1_000  # in a batch, at most (ours)
BATCH = 16_000_000  # bytes in a batch, about (ours)


def read_parquet(name: str, stream: IO[bytes], text_field: str) -> Records:
    """One document a row, row group by row group, so that a broken one spoils no other."""
    try:
        metadata = pq.read_metadata(stream)
    except pa.ArrowInvalid as error:
        yield Fault(name, 0, "byte", f"no parquet: {error}")
        return
    names = metadata.schema.to_arrow_schema().names
    if text_field not in names:
        yield Fault(name, 0, "row", f"no column {text_field}; it has {', '.join(names)}")
        return
    columns = [text_field, *(column for column in COLUMNS if column in names and column != text_field)]
    # A text that stands once for many rows must not take room in each, so it stays in its dictionary.
    table = pq.ParquetFile(stream, metadata=metadata, read_dictionary=columns, buffer_size=CHUNK)
    row = 0
    for group in range(metadata.num_row_groups):
        end = row + metadata.row_group(group).num_rows
        try:
            for batch in table.iter_batches(batch_rows(metadata.row_group(group)), [group], columns):
                yield from batch_records(name, batch, text_field, row)
                row += len(batch)
        except (pa.ArrowInvalid, OSError, ValueError) as error:
            if getattr(error, "errno", None) is not None:
                raise
            yield Fault(name, row, "row", f"broken rows: {row} to {end - 1}: {error}")
        row = end


def batch_rows(group: pq.RowGroupMetaData) -> int:
    """How many rows of a group to hold at once; ValueError for a decompression bomb."""
    columns = [group.column(number) for number in range(group.num_columns)]
    content: int = sum(column.total_uncompressed_size for column in columns)
    stored = sum(column.total_compressed_size for column in columns)
    if content > BOMB and content > RATIO * stored:
        raise ValueError(f"a decompression bomb: {stored:,} bytes hold {content:,}")
    rows: int = group.num_rows
    return min(ROWS, max(1, BATCH * rows // max(content, 1)))


def batch_records(name: str, batch: pa.RecordBatch, text_field: str, start: int) -> Iterator[Record | Fault]:
    """The rows of a batch; Arrow does not check that its strings are UTF-8, so this does."""
    names = batch.schema.names
    columns = zip(*(values(batch.column(column)) for column in names), strict=True)
    for number, row in enumerate(columns, start):
        if broken := next((value for value in row if isinstance(value, UnicodeDecodeError)), None):
            reason, excerpt = f"not UTF-8 from byte {broken.start}", escaped(broken.object, broken.start)
            yield Fault(name, number, "row", reason, excerpt)
        else:
            own = dict(zip(names, row, strict=True))
            yield Record(name, {**own, "text": own[text_field]}, number, "row")


def values(column: pa.Array) -> list[Any]:
    """The column in Python, each word of a dictionary once; in place of a string that is not UTF-8 the error."""
    if pa.types.is_dictionary(column.type):
        words = values(column.dictionary)
        return [None if index is None else words[index] for index in column.indices.to_pylist()]
    try:
        whole: list[Any] = column.to_pylist()
    except UnicodeDecodeError:
        return [value_or_error(value) for value in column]
    return whole


def value_or_error(value: pa.Scalar) -> Any:
    try:
        return value.as_py()
    except UnicodeDecodeError as error:
        return error
