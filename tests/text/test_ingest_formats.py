"""Each format gives the text that its authors meant, and loses nothing silently."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from ingest_inputs import BOTCHAN, NEKO, SANSHIRO, Ingested, jsonl, texts

PackMembers = Callable[[dict[str, bytes]], bytes]
Pack = Callable[[bytes], bytes]
PACKS: list[tuple[str, Pack]] = [
    (".gz", gzip.compress),
    (".zst", zstandard.ZstdCompressor().compress),
    (".xz", lzma.compress),
    (".bz2", bz2.compress),
]


@pytest.mark.parametrize(("suffix", "pack"), PACKS)
def test_compressed_and_concatenated(tmp_path: Path, suffix: str, pack: Pack) -> None:
    (tmp_path / f"a.jsonl{suffix}").write_bytes(pack(texts(NEKO, BOTCHAN)) + pack(texts(SANSHIRO)))
    assert Ingested(tmp_path / "out", tmp_path / f"a.jsonl{suffix}").texts == [NEKO, BOTCHAN, SANSHIRO]


@pytest.mark.parametrize(("suffix", "pack"), PACKS)
def test_a_truncated_file_keeps_its_whole_lines(tmp_path: Path, suffix: str, pack: Pack) -> None:
    packed = pack(texts(*(f"{number:06} {NEKO}" for number in range(40_000))))
    (tmp_path / f"a.jsonl{suffix}").write_bytes(packed[: len(packed) // 2])
    out = Ingested(tmp_path / "out", tmp_path / f"a.jsonl{suffix}", megabytes=100)
    assert out.texts == [f"{number:06} {NEKO}" for number in range(len(out.texts))]
    assert 1_000 < len(out.texts) < 40_000
    ((file, offset, unit),) = out.places
    assert (file, unit) == (f"a.jsonl{suffix}", "byte") and 0 < offset <= len(packed) // 2
    assert "broken or truncated" in out.reasons[0]


@pytest.mark.parametrize(("suffix", "pack"), PACKS)
def test_a_damaged_file_spoils_no_other(tmp_path: Path, suffix: str, pack: Pack) -> None:
    source = tmp_path / "source"
    source.mkdir()
    packed = bytearray(pack(texts(NEKO)))
    packed[-6 if suffix in (".gz", ".zst") else len(packed) // 2] ^= 0xFF
    (source / f"b.jsonl{suffix}").write_bytes(packed)
    (source / f"d.jsonl{suffix}").write_bytes(texts(NEKO))
    for other in ("a.jsonl", "c.jsonl"):
        (source / other).write_bytes(texts(other))
    out = Ingested(tmp_path / "out", source)
    assert [text for text in out.texts if text != NEKO] == ["a.jsonl", "c.jsonl"]
    assert [file for file, _, _ in out.places] == [f"b.jsonl{suffix}", f"d.jsonl{suffix}"]


def test_cc100(tmp_path: Path) -> None:
    raw = (
        f"  {NEKO}　\r\n{BOTCHAN}\r\n\r\n \n\n{SANSHIRO}\rここまで\n\nbroken ".encode()
        + b"\xff\nstill\n\n"
        + NEKO.encode()
    )
    (tmp_path / "ja.txt.xz").write_bytes(lzma.compress(raw))
    out = Ingested(tmp_path / "out", tmp_path / "ja.txt.xz", format="cc100")
    assert out.texts == [f"{NEKO}\n{BOTCHAN}", f"{SANSHIRO}\nここまで", NEKO]
    assert out.places == [("ja.txt.xz", 8, "line")]


def cirrus(page: int, **fields: object) -> bytes:
    return jsonl({"index": {"_type": "_doc", "_id": str(page)}}, {"namespace": 0, "wiki": "jawiki", **fields})


def test_a_wikipedia_dump_by_rinnas_rules(tmp_path: Path) -> None:
    text = (
        "日本の小説 > 吾輩は猫である 『吾輩は猫である』は、夏目漱石の長編小説[1]。"
        "　１９０５年\n発表[要出典]！{{出典|2020}}"
        "数式 {\\displaystyle x} は捨てる。\u200b短い文？ 最後[いつ?]に句点なし ^ 脚注はここから。捨てる。"
    )
    pages = [
        cirrus(5, title="吾輩は猫である", text=text, language="ja"),
        cirrus(6, title="長", text="あ" * 1024 + "。" + "い" * 1023 + "。"),
        cirrus(7, title="ノート", text=NEKO, namespace=1),
        cirrus(8, title="空"),
        b'{"index": \n',
        cirrus(9, title="数式だけ", text="\\displaystyle。"),
        jsonl({"title": "番号なし", "text": NEKO}),
    ]
    (tmp_path / "jawiki-20240101-cirrussearch-content.json.gz").write_bytes(gzip.compress(b"".join(pages)))
    out = Ingested(tmp_path / "out", tmp_path, license="CC-BY-SA-4.0", corpus="wikipedia")
    assert out.texts == [
        "『吾輩は猫である』は、夏目漱石の長編小説。\n1905年発表!\n短い文?\n最後に句点なし",
        "い" * 1023 + "。",
        "吾輩は猫である。\n名前はまだ無い。",
    ]
    assert [row["url"] for row in out.rows] == [f"https://ja.wikipedia.org/?curid={page}" for page in (5, 6)] + [None]
    assert [offset for _, offset, _ in out.places] == [6, 8, 9, 11]
    assert "namespace 1" in out.reasons[0] and "no text" in out.reasons[1] and "empty" in out.reasons[3]


def test_sentences_are_those_of_mecabs_own_output() -> None:
    import fugashi
    import unidic_lite

    from hagane.text.ingestion.wikipedia import split

    text = f"{NEKO}「{BOTCHAN}」と 3.11の URL http://a.example/。終り！ほんと？ {SANSHIRO}"
    own, start, end = [], 0, 0
    for line in (
        fugashi.GenericTagger(f'-r "{unidic_lite.DICDIR}/mecabrc" -d "{unidic_lite.DICDIR}"').parse(text).splitlines()
    ):
        surface, _, features = line.partition("\t")
        if surface != "EOS":
            end = text.index(surface, end) + len(surface)
            if "補助記号-句点" in features:
                own.append(text[start:end])
                start = end
    assert [part for part in split(text) if part] == [part for part in [*own, text[start:]] if part]


def test_manual_pages(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    man = '.TH NEKO 1\n.SH 名前\nneko \\- 猫を呼ぶ\n.SH 説明\n\\fBneko\\fR は猫を\n呼ぶ。\n.\\" 注釈\n名前は無い。\n'
    mdoc = ".Dd 2024-01-01\n.Dt INU 1\n.Os\n.Sh 名前\n.Nm inu\n.Nd 犬を呼ぶ\n"
    (source / "neko.1.gz").write_bytes(gzip.compress(man.encode("euc_jp")))
    (source / "inu.8").write_text(mdoc, encoding="utf-8")
    (source / "link.1").write_text(".so man1/neko.1\n")
    out = Ingested(tmp_path / "out", source)
    inu, neko = out.texts
    assert neko == "名前\n\nneko - 猫を呼ぶ\n\n説明\n\nneko は猫を呼ぶ。名前は無い。\n"
    assert "inu — 犬を呼ぶ" in inu
    assert (out.places, out.reasons) == ([("link.1", 0, "byte")], ["the text is empty"])


def packed_zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members.items():
            archive.writestr(zipfile.ZipInfo(name), raw, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def packed_tar(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, raw in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(raw)
            archive.addfile(entry, io.BytesIO(raw))
    return out.getvalue()


@pytest.mark.parametrize(("name", "pack"), [("a.zip", packed_zip), ("a.tar", packed_tar)])
def test_an_archive_is_read_by_its_members(
    tmp_path: Path, name: str, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    members = {
        "1/a.jsonl.gz": gzip.compress(texts(NEKO)),
        "2.jsonl": texts(BOTCHAN) + b"{\n",
        "3.zst": b"x",
        "4.txt.gz": b"no gzip",
        "5.txt": SANSHIRO.encode("cp932"),
    }
    (tmp_path / name).write_bytes(pack(members))
    out = Ingested(tmp_path / "out", tmp_path / name)
    assert [text.strip() for text in out.texts] == [NEKO, BOTCHAN, SANSHIRO]
    assert [file for file, _, _ in out.places] == [f"{name}/2.jsonl", f"{name}/3.zst", f"{name}/4.txt.gz"]


def test_a_truncated_tar_keeps_what_came_before(tmp_path: Path) -> None:
    packed = packed_tar({f"{number}.txt": f"{number} {NEKO}".encode() for number in range(100)})
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(packed)[:-200])
    out = Ingested(tmp_path / "out", tmp_path / "a.tar.gz")
    assert out.texts == [f"{number} {NEKO}" for number in range(len(out.texts))] and len(out.texts) > 10
    assert any("broken or truncated" in reason for reason in out.reasons)


def test_a_pattern_chooses_files(tmp_path: Path) -> None:
    from hagane.core.errors import BadInput

    source = tmp_path / "source"
    for name in ("data/train-0.jsonl", "data/train-1.jsonl", "data/test-0.jsonl", "README.md"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(texts(name))
    out = Ingested(tmp_path / "out", source, files="data/train-*")
    assert (out.texts, out.faults) == (["data/train-0.jsonl", "data/train-1.jsonl"], [])
    with pytest.raises(BadInput, match=r"got 'dev/\*'.*README.md"):
        Ingested(tmp_path / "none", source, files="dev/*")
