"""How each kind of source file is read: by the format that is named, else by the file's extension."""

import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

from hagane.text.ingestion import aozora
from hagane.text.ingestion.cc100 import read_cc100
from hagane.text.ingestion.compression import BOMB, RATIO, BrokenStream, decompressed, kind
from hagane.text.ingestion.html import read_html
from hagane.text.ingestion.jsonl import read_jsonl
from hagane.text.ingestion.manual_pages import read_manual_page
from hagane.text.ingestion.parquet import read_parquet
from hagane.text.ingestion.records import Fault, Reader, Records, read_text
from hagane.text.ingestion.source_files import SourceFile
from hagane.text.ingestion.warc import read_warc
from hagane.text.ingestion.wikipedia import read_wikipedia
from hagane.text.names import FormatName

EXTENSIONS: dict[str, FormatName] = {
    ".txt": "text",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".warc": "warc",
    ".wet": "warc",
    **dict.fromkeys((f".{section}" for section in range(1, 10)), "man"),
}
CIRRUS = re.compile(r"cirrussearch.*\.json\b")  # jawiki-20211025-cirrussearch-content.json.gz
AS_STORED = ("parquet", "warc")  # compressed inside
BROKEN = (BrokenStream, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError)  # and OSErrors without an errno
UNREADABLE = (*BROKEN, RuntimeError, NotImplementedError)  # of a member: encrypted, or packed in an unknown way


@dataclass(frozen=True)
class Reading:
    """How the files of a source are to be read."""

    format: FormatName = "auto"
    encoding: str = "auto"
    text_field: str = "text"

    def format_of(self, name: str) -> str:
        """The format of a file; "" if "auto" does not know its extension."""
        if self.format != "auto":
            return self.format
        return "wikipedia" if CIRRUS.search(name.lower()) else EXTENSIONS.get(kind(name), "")

    def reader(self, format: str) -> Reader:
        readers: dict[str, Reader] = {
            "text": partial(read_text, encoding=self.encoding, clean=str),
            "aozora": partial(read_text, encoding=self.encoding, clean=aozora.plain_text),
            "jsonl": partial(read_jsonl, encoding=self.encoding, text_field=self.text_field),
            "parquet": partial(read_parquet, text_field=self.text_field),
            "cc100": partial(read_cc100, encoding=self.encoding),
            "wikipedia": read_wikipedia,
            "warc": partial(read_warc, encoding=self.encoding),
            "html": partial(read_html, encoding=self.encoding),
            "man": partial(read_manual_page, encoding=self.encoding),
        }
        return readers[format]


def read(file: SourceFile, stream: IO[bytes], reading: Reading) -> Records:
    """The file's records in order; a file that breaks off ends with a Fault, and what came before it stays."""
    name = file.name
    try:
        if file.kind in ARCHIVES:
            yield from ARCHIVES[file.kind](name, decompressed(name, stream), reading)
        elif format := reading.format_of(name):
            yield from read_file(name, stream, reading, format)
        else:
            yield Fault(name, 0, "byte", f"unknown extension: {file.kind or 'none'}: name the format")
    except BROKEN as error:
        yield Fault(name, stream.tell(), "byte", f"broken or truncated file: {error}")
    except OSError as error:
        if error.errno is not None:
            raise
        yield Fault(name, stream.tell(), "byte", f"broken file: {error}")


def read_file(name: str, stream: IO[bytes], reading: Reading, format: str) -> Records:
    return reading.reader(format)(name, stream if format in AS_STORED else decompressed(name, stream))


def read_zip(name: str, stream: IO[bytes], reading: Reading) -> Records:
    """The members by name; text is taken for works of Aozora Bunko, which come so."""
    with zipfile.ZipFile(stream) as archive:
        for member in sorted(archive.infolist(), key=lambda member: member.filename):
            place = f"{name}/{member.filename}"
            if member.file_size > BOMB and member.file_size > RATIO * member.compress_size:
                yield Fault(place, 0, "byte", f"a decompression bomb: {member.file_size:,} bytes")
            elif not member.is_dir():
                yield from read_member(place, partial(archive.open, member), reading, texts="aozora")


def read_tar(name: str, stream: IO[bytes], reading: Reading) -> Records:
    """The members in the archive's order."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        while member := archive.next():
            archive.members.clear()  # type: ignore[attr-defined]  # which it keeps for a second pass
            place = f"{name}/{member.name}"
            if member.issparse():
                yield Fault(place, 0, "byte", "a sparse file")
            elif member.isreg():
                yield from read_member(place, partial(archive.extractfile, member), reading)


def read_member(name: str, open: Callable[[], Any], reading: Reading, texts: str = "text") -> Records:
    """A member of an archive, if its extension is known; a broken one spoils no other."""
    own = AUTO.format_of(name)
    if not own:
        yield Fault(name, 0, "byte", f"unknown extension: {kind(name) or 'none'}")
        return
    format = reading.format if reading.format != "auto" else texts if own == "text" else own
    try:
        with open() as stream:
            yield from read_file(name, stream, reading, format)
    except UNREADABLE as error:
        yield Fault(name, 0, "byte", f"broken member of the archive: {error}")


ARCHIVES: dict[str, Callable[[str, IO[bytes], Reading], Records]] = {".zip": read_zip, ".tar": read_tar}
AUTO = Reading()
