"""The texts of evaluation files, whatever their fields: JSON, JSON lines, CSV, TSV and plain lines."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hagane.core.errors import BadInput
from hagane.text.ingestion.compression import BrokenStream, decompressed
from hagane.text.ingestion.encodings import Undecodable, decode
from hagane.text.ingestion.source_files import SourceFile, source_files

KINDS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt")
SEVERAL = "Extra data"  # json's words for JSON lines in a file that is named .json
TABS: dict[str, Any] = {"delimiter": "\t", "quoting": csv.QUOTE_NONE}
HALVES = re.compile("[\ud800-\udfff]")  # of characters, which JSON escapes may leave alone


@dataclass(frozen=True)
class Passage:
    """A text of an evaluation file."""

    file: str
    item: int  # from 1: of the objects that hold texts of their own, rows or lines of the file
    field: str  # "" for a line
    text: str


Texts = list[tuple[str, str]]  # the fields and texts of one item


def passages(sources: Sequence[str], fields: Sequence[str] = ()) -> list[Passage]:
    """Every text of the sources' files, or those in the named fields.

    A table's fields are the names in its first row if the named ones are there, else its columns' numbers from 1.
    Of a folder the files of ``KINDS`` are read. BadInput for a file that cannot be read, that holds no text or none
    of the fields, and for a field that is in no file.
    """
    files = [(number, file) for number, source in enumerate(sources, 1) for file in readable(source)]
    names = [file.name for _, file in files]
    found: list[Passage] = []
    for number, file in files:
        name = file.name if names.count(file.name) == 1 else f"{number}/{file.name}"
        found += chosen(name, list(items(file, fields)), fields)
    if missing := set(fields) - {passage.field for passage in found}:
        raise BadInput("no evaluation file has this field", min(missing), "leave fields empty to take all")
    return found


def readable(source: str) -> list[SourceFile]:
    files = [file for file in source_files(source) if file.kind in KINDS]
    if not files:
        raise BadInput("no evaluation file here", source, f"the name must end with one of {', '.join(KINDS)}")
    return files


def chosen(name: str, found: Sequence[Texts], fields: Sequence[str]) -> list[Passage]:
    numbered = list(enumerate(found, 1))
    kept = [
        Passage(name, n, field, text) for n, item in numbered for field, text in item if not fields or field in fields
    ]
    if not any(passage.text.strip() for passage in kept):
        has = ", ".join(sorted({field for item in found for field, _ in item})) or "no text"
        raise BadInput(f"{name} has no text to compare", list(fields) or None, f"it has {has}")
    if halves := [passage for passage in kept if HALVES.search(passage.text)]:
        raise BadInput(f"item {halves[0].item} of {name} has half a character", ascii(halves[0].text[:60]), "repair it")
    return kept


def items(file: SourceFile, fields: Sequence[str]) -> Iterator[Texts]:
    try:
        with file.opened() as stream:
            text = decode(decompressed(file.name, stream).read())
    except (BrokenStream, Undecodable) as error:
        raise BadInput("the evaluation file cannot be read", file.name, str(error)) from error
    if file.kind == ".json":
        return json_items(file.name, text)
    if file.kind in (".jsonl", ".ndjson"):
        return json_lines(file.name, text)
    if file.kind == ".txt":
        return ([("", line)] for line in text.splitlines() if line.strip())
    return rows(file, text, fields)


def json_items(name: str, text: str) -> Iterator[Texts]:
    try:
        return iter(list(texts_of(json.loads(text))))
    except json.JSONDecodeError as error:
        if error.msg == SEVERAL:
            return json_lines(name, text)
        raise BadInput("the evaluation file is no JSON", name, str(error)) from None
    except RecursionError:
        raise BadInput("the evaluation file is nested too deeply", name) from None


def json_lines(name: str, text: str) -> Iterator[Texts]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield from list(texts_of(json.loads(line)))
            except (ValueError, RecursionError) as error:
                raise BadInput(f"line {number} of {name} is no JSON", line[:60], str(error)) from None


def texts_of(value: Any, field: str = "") -> Iterator[Texts]:
    """An item for every object that holds texts of its own, and for every text of a list outside objects."""
    if isinstance(value, str):
        yield [(field, value)]
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each, field)
    elif isinstance(value, dict):
        parts = [(key, part) for key, held in value.items() for part in (held if isinstance(held, list) else [held])]
        if own := [(key, part) for key, part in parts if isinstance(part, str)]:
            yield own
        for key, part in parts:
            if isinstance(part, dict | list):
                yield from texts_of(part, key)


def rows(file: SourceFile, text: str, fields: Sequence[str]) -> Iterator[Texts]:
    """TSV knows no quotes; a cell of CSV may hold line ends between quotes."""
    csv.field_size_limit(len(text) + 1)
    table = csv.reader(io.StringIO(text), **(TABS if file.kind == ".tsv" else {}))
    names: list[str] = []
    try:
        for row in table:
            if table.line_num == 1 and fields and set(fields) & set(row):
                names = row
            elif row:
                yield [(names[n] if n < len(names) else str(n + 1), cell) for n, cell in enumerate(row)]
    except csv.Error as error:
        raise BadInput(f"line {table.line_num} of {file.name} is no row of a table", fix=str(error)) from None
