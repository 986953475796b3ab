"""Whatever can be read becomes a document; whatever cannot is told with its place, and nothing is lost."""

import gzip
import io
import shutil
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ingest_inputs import BOTCHAN, NEKO, SANSHIRO, Ingested, jsonl, texts

from hagane.blocks import excerpt
from hagane.core.errors import BadInput, UsageError
from hagane.storage.documents import digest, shards
from hagane.text.ingestion.corpus import QUARANTINE


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


def test_ids_that_a_source_gives_twice(tmp_path: Path) -> None:
    rows = [{"id": id, "text": f"{number} {NEKO}"} for number, id in enumerate([7, 8, 7, "7", None, 9])]
    (tmp_path / "a.jsonl").write_bytes(jsonl(*rows))
    out = Ingested(tmp_path / "out", tmp_path / "a.jsonl")
    ids = [row["id"] for row in out.rows]
    assert len(set(ids)) == 6
    assert [ids[0], ids[1], ids[4], ids[5]] == [digest("a.jsonl", f"a.jsonl{own}") for own in ("#7", "#8", ":5", "#9")]
    (tmp_path / "a.jsonl").write_bytes(jsonl(*rows[:3], {"id": 10, "text": SANSHIRO}, *rows[3:]))
    later = {row["id"] for row in Ingested(tmp_path / "later", tmp_path / "a.jsonl").rows}
    assert {ids[0], ids[1], ids[2], ids[5]} <= later


def many(folder: Path) -> Path:
    folder.mkdir()
    for number in range(12):
        rows = texts(*(f"{number} {row} {NEKO * 40}" for row in range(100)))
        (folder / f"{number:02}.jsonl").write_bytes(rows + b"{\n" * (number % 2))
    return folder


def test_any_number_of_workers_gives_the_same(tmp_path: Path) -> None:
    source = many(tmp_path / "source")
    one, two = (Ingested(tmp_path / str(workers), source, workers=workers) for workers in (1, 2))
    assert one.files == two.files
    assert one.result.blocks == two.result.blocks
    assert [text.split()[:2] for text in one.texts] == [[str(f), str(r)] for f in range(12) for r in range(100)]
    assert [file for file, _, _ in one.places] == [f"{number:02}.jsonl" for number in range(1, 12, 2)]
    assert 1 < len(shards(one.documents)) < 12


def test_a_killed_run_goes_on_at_the_files_that_it_did_not_finish(tmp_path: Path) -> None:
    source = many(tmp_path / "source")
    whole = Ingested(tmp_path / "whole", source)
    shutil.copytree(whole.work, tmp_path / "again" / "work")
    groups = sorted((tmp_path / "again" / "work" / "groups").iterdir())
    groups[-1].rename(groups[-1].with_suffix(".half"))
    first = source / "00.jsonl"
    first.write_bytes(b" " * first.stat().st_size)  # it is not read again
    again = Ingested(tmp_path / "again", source)
    assert again.files == whole.files


def test_the_report(tmp_path: Path, sample: list[str]) -> None:
    rows = [{"text": text, "source": f"s{number % 30}", "license": "MIT"} for number, text in enumerate(sample[:300])]
    (tmp_path / "a.jsonl").write_bytes(jsonl(*rows) + b"{}\n[]\n{}\n")
    result = Ingested(tmp_path / "out", tmp_path / "a.jsonl").result
    blocks = {block["title"]: block for block in result.blocks}
    everything = "".join(sample[:300])
    assert result.metrics == {
        "files": 1,
        "documents": 300,
        "bytes": len(everything.encode()),
        "characters": len(everything),
        "quarantined": 3,
    }
    amounts = blocks["Documents"]["rows"]
    assert [sum(row[column] for row in amounts) for column in (2, 3, 4)] == [
        result.metrics[name] for name in ("documents", "bytes", "characters")
    ]
    assert (len(amounts), amounts[-1][0]) == (21, "10 others")
    classes = {name: count for name, count, _ in blocks["Characters"]["rows"]}
    assert classes["hiragana"] == sum("\u3041" <= letter <= "\u309f" for letter in everything)
    assert sum(classes.values()) == len(everything)
    lengths = blocks["Lengths"]
    assert lengths["counts"][0] == sum(len(text) < lengths["edges"][1] for text in sample[:300]) > 0
    assert sum(lengths["counts"]) == 300
    assert dict(map(tuple, blocks["Quarantine"]["rows"])) == {"no field text": 2, "no JSON object but list": 1}
    least = min(sample[:300], key=digest)
    assert blocks["Examples"]["samples"][0]["text"] == excerpt(least)
