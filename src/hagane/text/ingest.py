"""Foreign text into documents; what cannot be read goes to the quarantine, with its place and reason."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.events import progress, warn
from hagane.storage.documents import document, write_shards
from hagane.text.encodings import check_encoding
from hagane.text.readers import COLUMNS, EXCERPT, Fault, Record, read, reader
from hagane.text.source_files import SourceFile, source_files

QUARANTINE = "quarantine.jsonl"
NEWS = 1_000  # records between two reports of progress (ours)
UNKNOWN = "unknown"  # the license of texts that nobody has told
TOLD = 3  # faults that an error message quotes (ours)


@dataclass(frozen=True)
class Reading:
    """How a source is to be read, and what its documents are unless they say it themselves."""

    format: str = "auto"
    encoding: str = "auto"
    text_field: str = "text"
    corpus: str = ""  # its name; "" for each file's own
    license: str = UNKNOWN
    language: str = "ja"


class Ingestion:
    """One pass over a source: the documents, and on the way the faults and the amounts."""

    def __init__(self, files: list[SourceFile], reading: Reading, quarantine: IO[str]) -> None:
        self.files = files
        self.reading = reading
        self.quarantine = quarantine
        self.total = sum(file.size for file in files)
        self.done = 0  # bytes of the files that are finished
        self.records = 0
        self.first: list[Fault] = []
        self.reasons: Counter[str] = Counter()  # by the reason's first words
        self.documents: Counter[str] = Counter()  # by license
        self.bytes: Counter[str] = Counter()
        self.characters = 0

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every document of the source, file by file."""
        for file in self.files:
            how = reader(file, self.reading.format, self.reading.encoding, self.reading.text_field)
            if how is None:
                self.fault(Fault(file.name, 0, "byte", f"unknown extension {file.kind or 'of none'}: name the format"))
            else:
                with closing(file.open()) as stream:
                    for item in read(file, stream, how):
                        if row := self.row(file, item):
                            yield row
                        self.tell(stream)
            self.done += file.size
            progress(self.done, self.total, "bytes", self.note)

    def row(self, file: SourceFile, item: Record | Fault) -> dict[str, Any] | None:
        """The document, counted; None for what went to quarantine."""
        row = item if isinstance(item, Fault) else to_document(file, item, self.reading)
        if isinstance(row, Fault):
            self.fault(row)
            return None
        self.documents[row["license"]] += 1
        self.bytes[row["license"]] += len(row["text"].encode())
        self.characters += len(row["text"])
        return row

    def fault(self, fault: Fault) -> None:
        self.reasons[fault.reason.partition(":")[0].partition(" from byte ")[0]] += 1
        if len(self.first) < TOLD:
            self.first.append(fault)
        self.quarantine.write(json.dumps(asdict(fault), ensure_ascii=True) + "\n")

    def tell(self, stream: IO[bytes]) -> None:
        self.records += 1
        if self.records % NEWS == 0:
            progress(min(self.done + stream.tell(), self.total), self.total, "bytes", self.note)

    @property
    def note(self) -> str:
        return f"{self.documents.total():,} documents, {self.reasons.total():,} quarantined"

    def quoted(self) -> str:
        return "; ".join(f"{fault.file} {fault.unit} {fault.offset}: {fault.reason}" for fault in self.first)


def to_document(file: SourceFile, record: Record, reading: Reading) -> dict[str, Any] | Fault:
    """The document of a record; a Fault if its text, or what it says of itself, is no text."""
    try:
        text = whole_text(record.row["text"])
        own = {name: own_text(name, record.row.get(name)) for name in COLUMNS}
    except ValueError as error:
        excerpt = ascii(record.row["text"])[:EXCERPT]
        return Fault(record.file, record.offset, record.unit, str(error), excerpt)
    return document(
        text,
        source=own["source"] or reading.corpus or file.own_name,
        locator=f"{record.file}#{own['id']}" if own["id"] else f"{record.file}:{record.offset}",
        license=own["license"] or reading.license,
        language=own["language"] or reading.language,
        url=own["url"] or None,
    )


def whole_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"the text is {'null' if value is None else type(value).__name__}")
    if not value.strip():
        raise ValueError("the text is empty")
    return unicode_text(value)


def own_text(name: str, value: object) -> str:
    """A row's own value, "" if it has none; whole numbers are fine as ids."""
    if value is None:
        return ""
    if name == "id" and isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"its {name} is no text but {type(value).__name__}")
    return unicode_text(value)


def unicode_text(text: str) -> str:
    """The text; ValueError if JSON escapes left half of a character in it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"lone surrogate U+{ord(text[error.start]):04X} at character {error.start}") from None
    return text


def ingest(source: str, documents: Path, quarantine: Path, reading: Reading, shard_megabytes: int) -> Result:
    """Write the source's documents as shards and its faults as ``quarantine.jsonl``.

    Holds one row group and one document at a time. Raises UsageError for an unknown encoding, BadInput if there is
    no such source or nothing in it can be read.
    """
    check_encoding(reading.encoding)
    if shard_megabytes < 1:
        raise UsageError("shard_megabytes wants 1 or more", shard_megabytes)
    with (quarantine / QUARANTINE).open("w", encoding="ascii") as stream:
        ingestion = Ingestion(source_files(source), reading, stream)
        written = write_shards(documents, ingestion.rows(), shard_megabytes)
    faults = ingestion.reasons.total()
    if not written:
        raise BadInput(f"no document could be read, {faults:,} faults", source, ingestion.quoted() or "it is empty")
    if faults:
        warn(f"{faults:,} records went to quarantine beside {written:,} documents: {ingestion.quoted()}")
    if unlicensed := ingestion.documents[UNKNOWN]:
        warn(f"{unlicensed:,} documents name no license, so no model of them will be released: give license=SPDX-ID")
    return report(ingestion)


def report(ingestion: Ingestion) -> Result:
    amounts = [[name, count, ingestion.bytes[name]] for name, count in sorted(ingestion.documents.items())]
    reasons = [[reason, count] for reason, count in ingestion.reasons.most_common()]
    blocks = [{"type": "table", "title": "Documents", "columns": ["license", "documents", "bytes"], "rows": amounts}]
    if reasons:
        blocks.append({"type": "table", "title": "Quarantine", "columns": ["reason", "records"], "rows": reasons})
    metrics = {
        "files": len(ingestion.files),
        "documents": ingestion.documents.total(),
        "bytes": ingestion.bytes.total(),
        "characters": ingestion.characters,
        "quarantined": ingestion.reasons.total(),
    }
    return Result({name: float(value) for name, value in metrics.items()}, tuple(blocks))
