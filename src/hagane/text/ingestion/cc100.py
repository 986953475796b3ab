"""CC-100 (Wenzek et al., 2020, https://data.statmt.org/cc-100/): a paragraph a line, a blank line after a document."""

from collections.abc import Iterator
from typing import IO

from hagane.text.ingestion.encodings import Undecodable, decode
from hagane.text.ingestion.records import LARGEST, Fault, Record, Records, lines

Line = tuple[int, str | Undecodable]  # its number, and the text or why there is none


def read_cc100(name: str, stream: IO[bytes], encoding: str) -> Records:
    """Documents of stripped lines, as rinna splits them (japanese-pretrained-models, corpus/jp_cc100).

    Unlike there, the last document needs no blank line after it. A document with a line that is not in the encoding
    is told with that line, one of over ``LARGEST`` bytes with its first.
    """
    paragraphs: list[str] = []
    size, first, fault = 0, 1, None
    for number, line in stripped_lines(stream, "utf-8" if encoding == "auto" else encoding):
        if isinstance(line, Undecodable):
            fault = fault or Fault(name, number, "line", str(line))
        elif line:
            first = first if size else number
            size += len(line.encode())
            if size <= LARGEST:
                paragraphs.append(line)
        if line == "":
            if size or fault:
                yield finished(name, paragraphs, size, first, fault)
            paragraphs, size, fault = [], 0, None
    if size or fault:
        yield finished(name, paragraphs, size, first, fault)


def finished(name: str, paragraphs: list[str], size: int, first: int, fault: Fault | None) -> Record | Fault:
    if size > LARGEST:
        return Fault(name, first, "line", f"one document of over {LARGEST:,} bytes: is there no blank line?")
    return fault or Record(name, {"text": "\n".join(paragraphs)}, first, "line")


def stripped_lines(stream: IO[bytes], encoding: str) -> Iterator[Line]:
    """Lines without the white space around them, by any line end."""
    for number, raw in enumerate(lines(stream), 1):
        try:
            text = decode(raw, encoding)
        except Undecodable as error:
            yield number, error
        else:
            for line in text.removesuffix("\n").removesuffix("\r").split("\r"):
                yield number, line.strip()
