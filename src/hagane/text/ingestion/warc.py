"""Web archives (ISO 28500): the pages of WARC files, the texts of Common Crawl's WET files."""

import zlib
from typing import IO, Any

from hagane.text.ingestion.compression import CHUNK, compression
from hagane.text.ingestion.encodings import decode
from hagane.text.ingestion.html import page_text
from hagane.text.ingestion.records import LARGEST, Fault, Record, Records

PAGES = ("text/html", "application/xhtml+xml")
TOO_LONG = f"one document of over {LARGEST:,} bytes"
GZIP_OR_ZLIB = 47  # zlib's window bits for either header
FOUND = 200  # the HTTP status of a page that is none of the server's own
STARTS = {".gz": b"\x1f\x8b\x08", ".zst": b"\x28\xb5\x2f\xfd", "": b"WARC/1."}  # of a record, by the file's compression


def read_warc(name: str, stream: IO[bytes], encoding: str) -> Records:
    """The HTML responses of status 200, and the conversions of WET; a broken record spoils no other.

    Takes the file as stored, since its records are compressed one by one.
    """
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    wanted = WarcRecordType.response | WarcRecordType.conversion
    start, broken = 0, False
    while start >= 0:
        stream.seek(start)
        try:
            for record in ArchiveIterator(stream, record_types=wanted, auto_decode="transfer"):
                start, broken = record.stream_pos, False
                if (item := read_record(name, record, encoding)) is not None:
                    yield item
            return
        except OSError as error:
            if error.errno is not None:
                raise
            if not broken:  # else it is what broke already, met again from its own start
                yield Fault(name, start, "byte", f"broken record, this or the next: {error}")
        broken = True
        start = find(stream, STARTS.get(compression(name), STARTS[""]), start + 1)


def find(stream: IO[bytes], mark: bytes, start: int) -> int:
    """Where the mark is next in the file; -1 if nowhere."""
    stream.seek(start)
    tail = b""
    while block := stream.read(CHUNK):
        if (place := (tail + block).find(mark)) >= 0:
            return start - len(tail) + place
        start, tail = start + len(block), (tail + block)[1 - len(mark) :]
    return -1


def read_record(name: str, record: Any, encoding: str) -> Record | Fault | None:
    """The text of a page or conversion; None for what is neither."""
    response, place = record.http_headers, record.stream_pos
    if response is not None and (response.status_code != FOUND or record.http_content_type not in PAGES):
        return None
    try:
        body = whole_body(record)
        if response is None:
            text = decode(body, "utf-8")
        else:
            text = page_text(unpacked(body, response.get("Content-Encoding")), encoding, record.http_charset)
    except (ValueError, OSError) as error:
        return Fault(name, place, "byte", str(error))
    row = {"id": record.headers.get("WARC-Record-ID"), "url": record.headers.get("WARC-Target-URI"), "text": text}
    return Record(name, row, place)


def whole_body(record: Any) -> bytes:
    """The body without its Transfer-Encoding; ValueError if it is too long or not whole."""
    chunked = record.http_headers is not None and record.http_headers.get("Transfer-Encoding")
    size = 0 if chunked else record.content_length
    body: bytes = record.reader.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise ValueError(TOO_LONG)
    if len(body) < size:
        raise ValueError(f"broken record: {len(body):,} of {size:,} bytes")
    return body


def unpacked(body: bytes, encoding: str | None) -> bytes:
    """The body without its Content-Encoding (RFC 9110); ValueError for one that is broken, unknown or a bomb.

    fastwarc's own decoding drops the records after one that it decoded (2.0.1).
    """
    coding = (encoding or "identity").strip().lower()
    if coding == "identity":
        return body
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise ValueError(f"unknown content encoding: {coding}")
    inflate = zlib.decompressobj(GZIP_OR_ZLIB)
    try:
        content = inflate.decompress(body, LARGEST + 1)
    except zlib.error as error:
        raise ValueError(f"broken content: {error}") from None
    if len(content) > LARGEST:
        raise ValueError(TOO_LONG)
    if not inflate.eof:
        raise ValueError("broken content: it breaks off")
    return content
