"""Web pages and web archives: the main text, in whatever encoding it came, and a broken record spoils no other."""

import gzip
import io
from pathlib import Path

import pytest
import zstandard
from ingest_inputs import BOTCHAN, NEKO, SANSHIRO, Ingested
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from hagane.text.ingestion.encodings import Undecodable
from hagane.text.ingestion.html import decode_page, page_text

MENU = "<ul>" + "".join(f'<li><a href="/{name}">{name}</a></li>' for name in ("ホーム", "政治", "社会")) + "</ul>"


def page(*paragraphs: str, charset: str = "utf-8", head: str = "") -> bytes:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    html = (
        f"<!DOCTYPE html><html><head>{head}<title>題</title><script>var x = 1</script></head><body>"
        f"<div id=menu>{MENU}</div><article>{body}</article><div id=footer>{MENU}</div></body></html>"
    )
    return html.encode(charset)


def test_the_main_text_stays_whole_and_menus_go() -> None:
    linked = (
        "吾輩は<a href='/x'>猫</a>で<b>ある</b>。<ruby>名前<rp>（</rp><rt>なまえ</rt><rp>）</rp></ruby>はまだ無い。"
    )
    assert page_text(page(linked, BOTCHAN, SANSHIRO)) == f"{NEKO}\n{BOTCHAN}\n{SANSHIRO}"


def test_a_short_page() -> None:
    assert page_text(page(NEKO, BOTCHAN)) == f"{NEKO}\n{BOTCHAN}"


@pytest.mark.parametrize(
    ("charset", "head", "label"),
    [
        ("utf-8", "", None),
        ("cp932", '<meta charset="EUC-JP">', "utf-8"),  # kana prove more than a label
        ("euc_jp", "", "iso-8859-1"),
        ("utf-16", "", None),
        ("iso2022_jp", '<meta http-equiv="Content-Type" content="text/html; charset=iso-2022-jp">', None),
        ("iso2022_jp", "", "ISO-2022-JP"),
    ],
)
def test_the_encoding_of_a_page(charset: str, head: str, label: str | None) -> None:
    assert NEKO in decode_page(page(NEKO, charset=charset, head=head), label)


@pytest.mark.parametrize("label", ["x-sjis", "Shift_JIS", "windows-31j"])
def test_a_label_decides_where_bytes_do_not(label: str) -> None:
    raw = "<p>東京都髙島屋①".encode("cp932")
    with pytest.raises(Undecodable):
        decode_page(raw)
    with pytest.raises(Undecodable):
        decode_page(raw, "no-such-charset")
    assert decode_page(raw, label) == "<p>東京都髙島屋①"


def test_html_files(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.html").write_bytes(page(NEKO, BOTCHAN, charset="cp932"))
    (source / "b.htm").write_bytes(b"<html></html>")
    (source / "c.xhtml").write_bytes(b"\xff\xfe\xff")
    (source / "d.html").write_bytes(b"<div>" * 100_000 + SANSHIRO.encode())
    out = Ingested(tmp_path / "out", source)
    assert out.texts[0] == f"{NEKO}\n{BOTCHAN}"
    assert {"b.htm", "c.xhtml"} <= {file for file, _, _ in out.places}


def record(
    writer: WARCWriter, url: str, raw: bytes, kind: str = "text/html", status: str = "200 OK", **more: str
) -> None:
    headers = [("Content-Type", kind), *((name.replace("_", "-"), value) for name, value in more.items())]
    http = StatusAndHeaders(status, headers, protocol="HTTP/1.1")
    own = {"WARC-Record-ID": f"<urn:{url}>", "WARC-Date": "2024-01-01T00:00:00Z"}
    writer.write_record(
        writer.create_warc_record(url, "response", io.BytesIO(raw), http_headers=http, warc_headers_dict=own)
    )


def chunked(raw: bytes) -> bytes:
    return (
        b"".join(b"%x\r\n%s\r\n" % (len(raw[i : i + 99]), raw[i : i + 99]) for i in range(0, len(raw), 99))
        + b"0\r\n\r\n"
    )


def crawl(compressed: bool) -> tuple[bytes, list[int]]:
    """An archive, and where its records start."""
    out, starts = io.BytesIO(), []
    writer = WARCWriter(out, gzip=compressed)
    packed = chunked(gzip.compress(page("三", SANSHIRO)))
    for url, raw, kind, more in (
        ("http://example.org/1", page("一", NEKO), "text/html; charset=utf-8", {}),
        ("http://example.org/2", page("二", BOTCHAN, charset="euc_jp"), "text/html", {}),
        ("http://example.org/3", packed, "text/html", {"Content_Encoding": "gzip", "Transfer_Encoding": "chunked"}),
        ("http://example.org/4.pdf", b"%PDF", "application/pdf", {}),
        ("http://example.org/5", page("四", NEKO), "application/xhtml+xml", {}),
    ):
        starts.append(out.tell())
        record(writer, url, raw, kind, **more)
    record(writer, "http://example.org/6", page(NEKO), status="404 Not Found")
    return out.getvalue(), starts


NUMBERS = {f"http://example.org/{number}": sign for number, sign in ((1, "一"), (2, "二"), (3, "三"), (5, "四"))}


def urls(out: Ingested) -> list[str]:
    assert all(row["text"].startswith(NUMBERS[row["url"]]) for row in out.rows)
    return [row["url"] for row in out.rows]


@pytest.mark.parametrize("name", ["a.warc.gz", "a.warc"])
def test_a_crawl(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(crawl(name.endswith(".gz"))[0])
    out = Ingested(tmp_path / "out", tmp_path / name, license="CC0-1.0")
    assert (urls(out), out.faults) == (list(NUMBERS), [])
    assert out.texts[1] == f"二\n{BOTCHAN}"


def test_records_in_zstandard_frames(tmp_path: Path) -> None:
    raw, starts = crawl(False)
    pieces = [raw[a:b] for a, b in zip(starts, [*starts[1:], len(raw)], strict=True)]
    frames = [zstandard.ZstdCompressor().compress(piece) for piece in pieces]
    (tmp_path / "a.warc.zst").write_bytes(b"".join(frames))
    assert urls(Ingested(tmp_path / "out", tmp_path / "a.warc.zst")) == list(NUMBERS)
    frames[1] = frames[1][:50] + bytes(20) + frames[1][70:]
    (tmp_path / "a.warc.zst").write_bytes(b"".join(frames))
    out = Ingested(tmp_path / "again", tmp_path / "a.warc.zst")
    assert urls(out) == [url for url in NUMBERS if not url.endswith("/2")]
    assert len(out.faults) == 1


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(("name", "damage"), [("a.warc.gz", 1), ("a.warc.gz", 60), ("a.warc", 5)])
def test_a_broken_record_spoils_no_other(tmp_path: Path, name: str, damage: int, place: int) -> None:
    raw, starts = crawl(name.endswith(".gz"))
    damaged = bytearray(raw)
    damaged[starts[place] + damage] ^= 0xFF
    (tmp_path / name).write_bytes(damaged)
    out = Ingested(tmp_path / "out", tmp_path / name)
    assert urls(out) == [url for number, url in enumerate(NUMBERS) if number != place]
    assert len(out.faults) == 1 and "broken record" in out.reasons[0]


def test_a_crawl_that_breaks_off(tmp_path: Path) -> None:
    raw, starts = crawl(False)
    (tmp_path / "a.warc").write_bytes(raw[: starts[1] + 500])
    out = Ingested(tmp_path / "out", tmp_path / "a.warc")
    assert (urls(out), out.places) == (["http://example.org/1"], [("a.warc", starts[1], "byte")])


def test_the_texts_of_wet(tmp_path: Path) -> None:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    for url, raw in (("http://example.org/1", NEKO.encode()), ("http://example.org/2", b"\xff")):
        writer.write_record(
            writer.create_warc_record(url, "conversion", io.BytesIO(raw), warc_content_type="text/plain")
        )
    (tmp_path / "a.warc.wet.gz").write_bytes(out.getvalue())
    read = Ingested(tmp_path / "out", tmp_path / "a.warc.wet.gz")
    assert [(row["text"], row["url"]) for row in read.rows] == [(NEKO, "http://example.org/1")]
    assert "not utf-8" in read.reasons[0]


def test_a_page_that_unpacks_without_end(tmp_path: Path) -> None:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    record(writer, "http://example.org/bomb", gzip.compress(bytes(100_000_000)), Content_Encoding="gzip")
    record(writer, "http://example.org/1", page("一", NEKO))
    (tmp_path / "a.warc.gz").write_bytes(out.getvalue())
    read = Ingested(tmp_path / "out", tmp_path / "a.warc.gz")
    assert urls(read) == ["http://example.org/1"]
    assert "over 64,000,000 bytes" in read.reasons[0]
