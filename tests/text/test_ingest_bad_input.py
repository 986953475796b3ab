"""Hostile and broken sources: memory stays bounded, what can be read stays, what cannot is told."""

import gzip
import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from ingest_inputs import BOTCHAN, NEKO, SANSHIRO, Ingested, jsonl, texts

from hagane.core.errors import BadInput
from hagane.text.ingestion.source_files import SourceFile

PEAK = 1_000  # MiB of memory at most, imports included; a bomb here holds at least twice that
MEGABYTE = 1_000_000

READ = r"""
import re, sys
from pathlib import Path
from ingest_inputs import Ingested
out = Ingested(Path(sys.argv[1]), sys.argv[2], megabytes=100)
peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
print(len(out.texts), int(peak[1]) // 1024, out.reasons)
"""


def ingested_in_bounds(home: Path, source: Path) -> tuple[int, str]:
    """How many documents a process of its own read, and the reasons of its faults."""
    command = [sys.executable, "-c", READ, str(home), str(source)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    count, peak, reasons = done.stdout.split(maxsplit=2)
    assert int(peak) < PEAK
    return int(count), reasons


BOMBS = {
    "a.jsonl.gz": lambda: gzip.compress(texts(NEKO)) + gzip.compress(bytes(20 * MEGABYTE)) * 60,
    "a.jsonl.zst": lambda: pack_zst(texts(NEKO)) + pack_zst(bytes(100 * MEGABYTE)) * 500,
}


def pack_zst(raw: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(raw)


@pytest.mark.parametrize("name", BOMBS)
def test_a_decompression_bomb(tmp_path: Path, name: str) -> None:
    """1.2 GB from 1.2 MB of gzip, 50 GB from 1.5 MB of zstandard."""
    (tmp_path / name).write_bytes(BOMBS[name]())
    count, reasons = ingested_in_bounds(tmp_path / "out", tmp_path / name)
    assert count == 1 and "a decompression bomb" in reasons and "a line of over 64,000,000 bytes" in reasons


def test_a_bomb_in_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hagane.text.ingestion.readers.BOMB", MEGABYTE)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.txt", bytes(2 * MEGABYTE))
        archive.writestr("2.jsonl", texts(NEKO))
    out = Ingested(tmp_path / "out", tmp_path / "a.zip")
    assert (out.texts, out.reasons) == ([NEKO], ["a decompression bomb: 2,000,000 bytes"])


def test_a_tar_member_of_a_terabyte_of_nothing(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        sparse = tarfile.TarInfo("1.txt")
        sparse.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(10**12)}
        sparse.size = 1
        archive.addfile(sparse, io.BytesIO(b"x"))
        whole = tarfile.TarInfo("2.jsonl")
        whole.size = len(texts(NEKO))
        archive.addfile(whole, io.BytesIO(texts(NEKO)))
    out = Ingested(tmp_path / "out", tmp_path / "a.tar")
    assert (out.texts, out.places) == ([NEKO], [("a.tar/1.txt", 0, "byte")])


def test_parquet_that_unpacks_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hagane.text.ingestion.parquet.BOMB", MEGABYTE)
    zeros = pa.table({"text": ["\0" * 2 * MEGABYTE]})
    pq.write_table(zeros, tmp_path / "a.parquet", compression="zstd", use_dictionary=False)
    pq.write_table(pa.table({"text": [NEKO]}), tmp_path / "b.parquet")
    out = Ingested(tmp_path / "out", tmp_path)
    assert out.texts == [NEKO] and "a decompression bomb" in out.reasons[0]


def test_one_long_text_for_ten_thousand_rows_of_parquet(tmp_path: Path) -> None:
    """8 MB that a reader who unpacks its dictionary takes for 80 GB."""
    text = pa.array([NEKO, "x" * 70 * MEGABYTE])
    rows = pa.DictionaryArray.from_arrays(pa.array([0] + [1] * 10_000, pa.int32()), text)
    pq.write_table(pa.table({"text": rows}), tmp_path / "a.parquet", compression="zstd")
    count, reasons = ingested_in_bounds(tmp_path / "out", tmp_path / "a.parquet")
    assert count == 1 and "one document of over 64,000,000 bytes" in reasons


def test_lines_and_files_of_a_hundred_megabytes(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    with (source / "a.jsonl").open("wb") as stream:
        for text in (NEKO, "あ" * (100 * MEGABYTE // 3), BOTCHAN):
            stream.write(texts(text))
    with (source / "b.txt").open("wb") as stream:
        stream.truncate(100 * MEGABYTE)
    count, reasons = ingested_in_bounds(tmp_path / "out", source)
    assert count == 2
    assert "a line of over 64,000,000 bytes" in reasons and "one document of over 64,000,000 bytes" in reasons


def test_json_that_nests_and_numbers_that_are_none(tmp_path: Path) -> None:
    deep = b"[" * 500 + b"]" * 500
    bottomless = b"[" * 100_000 + b"]" * 100_000
    rows = [b'{"text": "%s", "x": %s}\n' % (NEKO.encode(), x) for x in (deep, bottomless, b"NaN", b"-Infinity")]
    surrogate = b'{"text": "\\ud800", "x": %s}\n' % bottomless
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + b"".join(rows) + surrogate)
    out = Ingested(tmp_path / "out", tmp_path / "a.jsonl")
    assert (out.texts, [offset for _, offset, _ in out.places]) == ([NEKO], [2, 3, 4, 5])
    assert out.reasons[0] == out.reasons[3] == "no JSON: nested too deep"
    assert "NaN is no number" in out.reasons[1]


def test_mixed_line_ends(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(
        texts(NEKO) + b"\r\n\n\r\n" + texts(BOTCHAN).replace(b"\n", b"\r\n") + texts(SANSHIRO).strip()
    )
    (tmp_path / "b.txt").write_bytes(f"{NEKO}\r\n{BOTCHAN}\r{SANSHIRO}\n".encode())
    out = Ingested(tmp_path / "out", tmp_path)
    assert out.texts == [NEKO, BOTCHAN, SANSHIRO, f"{NEKO}\n{BOTCHAN}\n{SANSHIRO}\n"]


def test_a_row_of_ten_thousand_fields_without_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(jsonl({f"field{number}": number for number in range(10_000)}) + texts(NEKO))
    out = Ingested(tmp_path / "out", tmp_path / "a.jsonl")
    assert out.reasons[0].startswith("no field text; it has field0, field1") and len(out.reasons[0]) < 200


@pytest.mark.parametrize("format", ["text", "jsonl", "parquet", "aozora", "cc100", "wikipedia", "warc", "html", "man"])
def test_the_wrong_format_named(tmp_path: Path, format: str) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(range(256)) * 100)
    with pytest.raises(BadInput, match=r"no document could be read.*a\.bin"):
        Ingested(tmp_path / "out", tmp_path / "a.bin", format=format)


@pytest.mark.parametrize(
    "name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.xz", "a.parquet", "a.zip", "a.tar", "a.warc.gz", "a.1"]
)
def test_an_empty_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(BadInput, match="no document could be read"):
        Ingested(tmp_path / "out", tmp_path / name)


def test_an_archive_padded_with_zeros(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(texts(NEKO)) + bytes(1_000_000))
    out = Ingested(tmp_path / "out", tmp_path / "a.jsonl.gz")
    assert (out.texts, out.faults) == ([NEKO], [])


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "a.jsonl"
    source.write_bytes(texts(*[NEKO] * 100_000))
    stamp = SourceFile.stamp

    def grows(file: SourceFile) -> Any:
        """Stamps the file as it is, and lets another program append to it then."""
        before = stamp(file)
        with source.open("ab") as stream:
            stream.write(texts(BOTCHAN))
        return before

    monkeypatch.setattr(SourceFile, "stamp", grows)
    with pytest.raises(BadInput, match=r"changed while it was read, got 'a\.jsonl'"):
        Ingested(tmp_path / "out", source)
    assert not list((tmp_path / "out" / "documents").iterdir())


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadInput):
        Ingested(tmp_path / "out", tmp_path / "a.jsonl")
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "b.jsonl").symlink_to(tmp_path / "nowhere")
    (tmp_path / "source" / "c.jsonl").write_bytes(texts(NEKO))
    with pytest.raises(BadInput, match=r"may not be read, got 'b\.jsonl'"):
        Ingested(tmp_path / "again", tmp_path / "source")


def test_parquet_strings_over_the_limit_and_wide_groups(tmp_path: Path) -> None:
    rows = [f"{number} {NEKO * 3_000}" for number in range(400)]
    pq.write_table(pa.table({"text": rows}), tmp_path / "a.parquet", row_group_size=400)
    assert Ingested(tmp_path / "out", tmp_path / "a.parquet").texts == rows
