"""Records, which say of themselves what they like, into documents."""

from dataclasses import dataclass

from hagane.storage.documents import content_digest, digest
from hagane.text.ingestion.document_shards import Document
from hagane.text.ingestion.records import COLUMNS, EXCERPT, LARGEST, Fault, Record

UNKNOWN = "unknown"  # the license of texts that nobody has told
ID_BITS = 28  # of an id by which it is known again (ours): 32 MiB of memory


@dataclass(frozen=True)
class Defaults:
    """What documents are, unless they say it themselves."""

    corpus: str = ""  # its name; "" for each file's own
    license: str = UNKNOWN
    language: str = "ja"


class Ids:
    """Ids of documents, each given once: a source may use its own twice, and two archive members one name."""

    def __init__(self) -> None:
        self.given = bytearray(1 << ID_BITS - 3)

    def new(self, source: str, locator: str, number: int) -> str:
        """The digest of source and locator; if it may have been given, also of the record's number in its file."""
        id = digest(source, locator)
        byte, bit = divmod(int(id, 16) & (1 << ID_BITS) - 1, 8)
        if self.given[byte] >> bit & 1:
            return digest(source, locator, str(number))
        self.given[byte] |= 1 << bit
        return id


def to_document(record: Record, number: int, defaults: Defaults, ids: Ids) -> Document | Fault:
    """The document of the file's record of that number; a Fault if its text, or what it says of itself, is no text."""
    row = record.row
    try:
        text = row["text"]
        content = encoded_text(text)
        own = {name: own_text(name, row[name]) for name in COLUMNS if row.get(name) is not None}
    except ValueError as error:
        excerpt = ascii(text[:EXCERPT] if isinstance(text, str) else text)[:EXCERPT]
        return Fault(record.file, record.offset, record.unit, str(error), excerpt)
    source = own.get("source") or defaults.corpus
    locator = f"{record.file}#{own['id']}" if own.get("id") else f"{record.file}:{record.offset}"
    return Document(
        ids.new(source, locator, number),
        content_digest(content),
        content,
        source,
        own.get("url") or None,
        own.get("license") or defaults.license,
        own.get("language") or defaults.language,
        text,
    )


def encoded_text(value: object) -> bytes:
    """The UTF-8 of a text that is neither blank nor too long."""
    if not isinstance(value, str):
        raise ValueError(f"the text is {'null' if value is None else type(value).__name__}")
    if not value or value.isspace():
        raise ValueError("the text is empty")
    if len(value) > LARGEST or len(content := encoded(value)) > LARGEST:
        raise ValueError(f"one document of over {LARGEST:,} bytes")
    return content


def own_text(name: str, value: object) -> str:
    """A row's own value; whole numbers are fine as ids."""
    if name == "id" and isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"its {name} is no text but {type(value).__name__}")
    encoded(value)
    return value


def encoded(text: str) -> bytes:
    """The text in UTF-8; ValueError if JSON escapes left half of a character in it."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"lone surrogate U+{ord(text[error.start]):04X} at character {error.start}") from None
