"""Whatever can be read becomes a document; whatever cannot is told with its place, and nothing is lost."""

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.storage.documents import batches, digest, shards
from hagane.text.ingest import QUARANTINE, Reading, ingest

NEKO = "吾輩は猫である。名前はまだ無い。"
BOTCHAN = "親譲りの無鉄砲で小供の時から損ばかりしている。"
SANSHIRO = "うとうととして目がさめると女はいつのまにか、隣のじいさんと話を始めている。"


class Ingested:
    def __init__(self, home: Path, source: object, megabytes: int = 1, **reading: Any) -> None:
        self.documents, self.quarantine = home / "documents", home / "quarantine"
        self.documents.mkdir(parents=True)
        self.quarantine.mkdir()
        self.result: Result = ingest(str(source), self.documents, self.quarantine, Reading(**reading), megabytes)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [row for shard in shards(self.documents) for batch in batches(shard) for row in batch]

    @property
    def texts(self) -> list[str]:
        return [row["text"] for row in self.rows]

    @property
    def faults(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.quarantine / QUARANTINE).read_text(encoding="ascii").splitlines()]

    @property
    def places(self) -> list[tuple[str, int, str]]:
        return [(fault["file"], fault["offset"], fault["unit"]) for fault in self.faults]


def jsonl(*rows: object) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def texts(*them: str) -> bytes:
    return jsonl(*({"text": text} for text in them))


def test_a_row_keeps_what_it_says_of_itself(tmp_path: Path) -> None:
    own = {"source": "zenshu", "license": "CC0-1.0", "language": "ja-Hrkt", "url": "https://example.org/1", "id": 7}
    (tmp_path / "a.jsonl").write_bytes(jsonl({"text": NEKO, **own}, {"text": BOTCHAN, "license": None}))
    first, second = Ingested(tmp_path / "out", tmp_path / "a.jsonl", license="MIT").rows
    assert {**own, "id": digest("zenshu", "a.jsonl#7"), "text": NEKO, "text_digest": digest(NEKO)} == first
    assert (second["source"], second["license"], second["language"], second["url"]) == ("a.jsonl", "MIT", "ja", None)


def test_broken_lines_are_told_and_their_neighbours_stay(tmp_path: Path) -> None:
    lines = [
        texts(NEKO),
        b'{"text": "\n',
        '{"text": "名前"}\n'.encode("cp932"),
        b"[1, 2]\n",
        jsonl({"body": NEKO}),
        jsonl({"text": None}),
        jsonl({"text": " \n"}),
        b'{"text": "\\ud83d"}\n',
        b"\n",
        jsonl({"text": NEKO, "license": 3}),
        b"[" * 100_000 + b"\n",
        texts(BOTCHAN),
    ]
    (tmp_path / "a.jsonl").write_bytes(b"".join(lines))
    out = Ingested(tmp_path / "out", tmp_path / "a.jsonl")
    assert out.texts == [NEKO, BOTCHAN]
    assert [offset for _, offset, _ in out.places] == [2, 3, 4, 5, 6, 7, 8, 10, 11]
    reasons = [fault["reason"] for fault in out.faults]
    told = ["no JSON", "not utf-8 from byte 10", "no JSON object but list", "no field text; it has body"]
    told += ["the text is null", "the text is empty", "lone surrogate U+D83D", "its license is no text but int"]
    assert all(part in reason for part, reason in zip(told, reasons, strict=False)), reasons
    assert out.faults[1]["excerpt"] == '{"text": "\\x96\\xbc\\x91O"}\n'
    assert out.result.metrics["quarantined"] == 9
    assert out.result.metrics["bytes"] == len((NEKO + BOTCHAN).encode())


def test_nul_and_odd_characters_stay(tmp_path: Path) -> None:
    odd = "吾輩は\0猫\u200bで\ufffdある\r\n"
    (tmp_path / "a.jsonl").write_bytes(texts(odd))
    assert Ingested(tmp_path / "out", tmp_path / "a.jsonl").texts == [odd]


def zst(raw: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(raw)


@pytest.mark.parametrize(("name", "pack"), [("a.jsonl.gz", gzip.compress), ("a.jsonl.zst", zst)])
def test_compressed_and_concatenated(tmp_path: Path, name: str, pack: Any) -> None:
    (tmp_path / name).write_bytes(pack(texts(NEKO, BOTCHAN)) + pack(texts(SANSHIRO)))
    assert Ingested(tmp_path / "out", tmp_path / name).texts == [NEKO, BOTCHAN, SANSHIRO]


@pytest.mark.parametrize(("name", "pack"), [("a.jsonl.gz", gzip.compress), ("a.jsonl.zst", zst)])
def test_a_truncated_file_keeps_its_whole_lines(tmp_path: Path, name: str, pack: Any) -> None:
    rows = texts(*(f"{number:05} {NEKO}" for number in range(20_000)))
    packed = pack(rows)
    (tmp_path / name).write_bytes(packed[: len(packed) // 2])
    out = Ingested(tmp_path / "out", tmp_path / name, megabytes=100)
    assert out.texts == [f"{number:05} {NEKO}" for number in range(len(out.texts))]
    assert 1_000 < len(out.texts) < 20_000
    ((file, offset, unit),) = out.places
    assert (file, unit) == (name, "byte") and 0 < offset <= len(packed) // 2
    assert "broken or truncated" in out.faults[0]["reason"]


@pytest.mark.parametrize(("name", "pack"), [("b.jsonl.gz", gzip.compress), ("b.jsonl.zst", zst)])
def test_a_damaged_file_spoils_no_other(tmp_path: Path, name: str, pack: Any) -> None:
    packed = bytearray(pack(texts(NEKO)))
    packed[-6] ^= 0xFF
    (tmp_path / name).write_bytes(packed)
    for other in ("a.jsonl", "c.jsonl"):
        (tmp_path / other).write_bytes(texts(other))
    out = Ingested(tmp_path / "out", tmp_path)
    assert [text for text in out.texts if text != NEKO] == ["a.jsonl", "c.jsonl"]
    assert [file for file, _, _ in out.places] == [name]


def test_a_text_file_is_a_document_in_any_encoding(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    (folder / "deep").mkdir(parents=True)
    (folder / ".hidden").write_text("x")
    for name, codec in {"a.txt": "utf-8-sig", "b.txt": "cp932", "c.txt": "euc_jp", "deep/d.txt": "utf-16"}.items():
        (folder / name).write_bytes(f"{NEKO}\r\n{BOTCHAN}\n".encode(codec))
    (folder / "e.txt").write_bytes(b"\xe9t\xe9 \xff")
    (folder / "f.pdf").write_bytes(b"%PDF")
    (folder / "g.txt").write_bytes(b"")
    out = Ingested(tmp_path / "out", folder)
    assert out.texts == [f"{NEKO}\n{BOTCHAN}\n"] * 4
    assert [row["source"] for row in out.rows] == ["a.txt", "b.txt", "c.txt", "d.txt"]
    assert out.places == [("e.txt", 0, "byte"), ("f.pdf", 0, "byte"), ("g.txt", 0, "byte")]
    assert "\ufffd" not in (out.quarantine / QUARANTINE).read_text()


def test_a_named_encoding_is_meant(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("東京都庁".encode("euc_jp"))
    assert Ingested(tmp_path / "out", tmp_path / "a.txt", encoding="euc_jp").texts == ["東京都庁"]
    with pytest.raises(BadInput, match="not utf-8"):
        Ingested(tmp_path / "again", tmp_path / "a.txt", encoding="utf-8")
    with pytest.raises(UsageError, match="no such encoding, got 'eucjpx'"):
        Ingested(tmp_path / "third", tmp_path / "a.txt", encoding="eucjpx")


def test_parquet(tmp_path: Path) -> None:
    table = pa.table({"body": [NEKO, None, "", BOTCHAN], "license": ["MIT", "MIT", "MIT", None], "n": [1, 2, 3, 4]})
    pq.write_table(table, tmp_path / "a.parquet")
    out = Ingested(tmp_path / "out", tmp_path / "a.parquet", text_field="body")
    assert [(row["text"], row["license"]) for row in out.rows] == [(NEKO, "MIT"), (BOTCHAN, "unknown")]
    assert out.places == [("a.parquet", 1, "row"), ("a.parquet", 2, "row")]
    with pytest.raises(BadInput, match="no column text; it has body, license, n"):
        Ingested(tmp_path / "again", tmp_path / "a.parquet")


def test_a_broken_row_group_spoils_no_other(tmp_path: Path) -> None:
    words = [f"{number} {NEKO}" for number in range(300)]
    pq.write_table(pa.table({"text": words}), tmp_path / "a.parquet", row_group_size=100, compression="zstd")
    column = pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(1).column(0)
    raw = bytearray((tmp_path / "a.parquet").read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    raw[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    (tmp_path / "a.parquet").write_bytes(raw)
    out = Ingested(tmp_path / "out", tmp_path / "a.parquet")
    assert out.texts == words[:100] + words[200:]
    assert out.places == [("a.parquet", 100, "row")]
    (tmp_path / "a.parquet").write_bytes(raw[:-10])
    with pytest.raises(BadInput, match="no parquet"):
        Ingested(tmp_path / "again", tmp_path / "a.parquet")


def test_parquet_strings_that_are_not_utf_8(tmp_path: Path) -> None:
    raw = pa.array([NEKO.encode(), "名前".encode("cp932"), BOTCHAN.encode()], pa.binary())
    pq.write_table(pa.table({"text": raw.view(pa.string())}), tmp_path / "a.parquet")
    out = Ingested(tmp_path / "out", tmp_path / "a.parquet")
    assert out.texts == [NEKO, BOTCHAN]
    assert out.places == [("a.parquet", 1, "row")]


def archive(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for name, raw in members.items():
            out.writestr(zipfile.ZipInfo(name), raw, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def test_an_aozora_archive(tmp_path: Path) -> None:
    work = "坊っちゃん\r\n夏目漱石\r\n\r\n　親譲《おやゆず》りの無鉄砲で\r\n\r\n底本：「全集」\r\n"
    members = {"b/2.txt": work.encode("cp932"), "a/1.txt": b"\xff\xff", "INDEX.tsv": b"x", "c/3.txt": b""}
    (tmp_path / "works.zip").write_bytes(archive(members))
    out = Ingested(tmp_path / "out", tmp_path / "works.zip", corpus="aozora", license="LicenseRef-PublicDomain")
    assert out.texts == ["坊っちゃん\n夏目漱石\n\n　親譲りの無鉄砲で\n"]
    assert out.rows[0]["source"] == "aozora"
    assert [file for file, _, _ in out.places] == ["works.zip/INDEX.tsv", "works.zip/a/1.txt", "works.zip/c/3.txt"]


def test_a_broken_member_and_a_broken_archive(tmp_path: Path) -> None:
    raw = bytearray(archive({"1.txt": f"{NEKO * 50}".encode(), "2.txt": BOTCHAN.encode()}))
    raw[45] ^= 0xFF
    (tmp_path / "works.zip").write_bytes(raw)
    out = Ingested(tmp_path / "out", tmp_path / "works.zip")
    assert (out.texts, [file for file, _, _ in out.places]) == ([f"{BOTCHAN}\n"], ["works.zip/1.txt"])
    (tmp_path / "works.zip").write_bytes(raw[:-30])
    with pytest.raises(BadInput, match="broken or truncated"):
        Ingested(tmp_path / "again", tmp_path / "works.zip")


def test_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.jsonl").write_bytes(b"")
    for source, told in {"no-such": "no such file", "empty": "holds no file", "empty.jsonl": "no document"}.items():
        with pytest.raises(BadInput, match=told) as caught:
            Ingested(tmp_path / f"out-{source}", tmp_path / source)
        assert source in str(caught.value) and caught.value.exit_code == 3
    with pytest.raises(UsageError, match="no such kind of address"):
        Ingested(tmp_path / "out", "nosuch://bucket/a.jsonl")


def test_the_place_of_a_source_does_not_show(tmp_path: Path) -> None:
    for home in ("here", "far/away"):
        (tmp_path / home / "corpus" / "b").mkdir(parents=True)
        (tmp_path / home / "corpus" / "b" / "a.jsonl").write_bytes(texts(NEKO, BOTCHAN) + b"{\n")
    outs = [Ingested(tmp_path / f"out-{home}", tmp_path / home / "corpus") for home in ("here", "far/away")]
    files = [[f.read_bytes() for folder in (o.documents, o.quarantine) for f in sorted(folder.iterdir())] for o in outs]
    assert files[0] == files[1]
    assert outs[0].places == [("b/a.jsonl", 3, "line")]


def test_an_fsspec_address(tmp_path: Path) -> None:
    import fsspec

    fsspec.filesystem("memory").pipe("/corpus/b.jsonl.gz", gzip.compress(texts(NEKO)))
    fsspec.filesystem("memory").pipe("/corpus/a.txt", BOTCHAN.encode("euc_jp"))
    assert Ingested(tmp_path / "out", "memory://corpus").texts == [BOTCHAN, NEKO]
    assert Ingested(tmp_path / "one", "memory://corpus/b.jsonl.gz").texts == [NEKO]


def test_shards_and_order(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(texts(*(f"{number} {NEKO * 1000}" for number in range(60))))
    out = Ingested(tmp_path / "out", tmp_path / "a.jsonl", megabytes=1)
    assert len(shards(out.documents)) == 3
    assert [int(text.split()[0]) for text in out.texts] == list(range(60))
    assert len({row["id"] for row in out.rows}) == 60
