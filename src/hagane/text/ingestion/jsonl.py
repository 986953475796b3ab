"""JSON lines: one document a line."""

import json
from typing import IO, Any

import orjson

from hagane.text.ingestion.encodings import decode
from hagane.text.ingestion.records import COLUMNS, LARGEST, Fault, Record, Records, escaped, lines

DEEP = "no JSON: nested too deep"
TOLD = 10  # names of fields that a reason quotes (ours)


def read_jsonl(name: str, stream: IO[bytes], encoding: str, text_field: str) -> Records:
    """One document a line. JSON is UTF-8 (RFC 8259) unless an encoding is named."""
    for number, line in enumerate(lines(stream), 1):
        try:
            row = json_object(line, encoding)
            if row is not None:
                yield Record(name, chosen(row, text_field), number, "line")
        except ValueError as error:
            yield Fault(name, number, "line", str(error), escaped(line))


def json_object(line: bytes, encoding: str = "auto") -> dict[str, Any] | None:
    """The object of a line, None for a blank one; ValueError says what else it is."""
    if len(line) > LARGEST:
        raise ValueError(f"a line of over {LARGEST:,} bytes")
    if line.isspace():
        return None
    try:
        row = orjson.loads(line if encoding == "auto" else decode(line, encoding))
    except orjson.JSONDecodeError as error:
        row = diagnosed(line, "utf-8" if encoding == "auto" else encoding, error)
    if not isinstance(row, dict):
        raise ValueError(f"no JSON object but {type(row).__name__}")
    return row


def diagnosed(line: bytes, encoding: str, error: orjson.JSONDecodeError) -> Any:
    """What orjson did not take, if that was for a byte order mark or lone surrogates; else a better reason."""
    if "recursion" in str(error):
        raise ValueError(DEEP) from None
    try:
        return json.loads(decode(line, encoding), parse_constant=refuse)
    except json.JSONDecodeError as told:
        raise ValueError(f"no JSON: {told}") from None
    except RecursionError:
        raise ValueError(DEEP) from None


def refuse(constant: str) -> None:
    raise ValueError(f"no JSON: {constant} is no number")


def chosen(row: dict[str, Any], text_field: str) -> dict[str, Any]:
    """The text, and what the row says of it."""
    if text_field not in row:
        raise ValueError(f"no field {text_field}; it has {', '.join(list(row)[:TOLD])}")
    return {name: row[name] for name in COLUMNS if name in row} | {"text": row[text_field]}
