from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from hagane.core.errors import BadInput, CorruptArtifact
from hagane.storage.tokens import (
    SourceAmount,
    TokensMeta,
    TokenStream,
    TokenWriter,
    read_meta,
    write_meta,
)

TEXTS = ["吾輩は猫である。", "", "Tokyo 東京", "𠮷野家"]
IDS = [np.arange(2, 9), np.array([2, 3]), np.array([2, 40_000, 65_535, 3]), np.array([2, 7, 3])]


def amount(split: str, source: str, tokens: int) -> SourceAmount:
    return SourceAmount(split, source, "CC0-1.0", "ja", 3, 2, 20, 60, tokens)


def lengths(*texts: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return np.array([len(text) for text in texts]), np.array([len(text.encode()) for text in texts])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three shards, the second of them empty."""
    for number, chosen in enumerate(([0, 1], [], [2, 3])):
        with TokenWriter(tmp_path / "train" / f"part-{number:05}", "<u2") as writer:
            for document in chosen:
                writer.append([IDS[document]], *lengths(TEXTS[document]))
    amounts = (amount("train", "青空文庫", 16), amount("validation", "x", 5))
    write_meta(tmp_path, TokensMeta("windows", "<u2", 65_536, 2, 3, amounts))
    return tmp_path


def test_the_index_describes_each_document(folder: Path) -> None:
    index = TokenStream(folder, "train").index
    assert index["tokens"].tolist() == [len(ids) for ids in IDS]
    assert index["characters"].tolist() == [8, 0, 8, 3]
    assert index["bytes"].tolist() == [len(text.encode()) for text in TEXTS]


def test_any_stretch_reads_as_the_documents_in_a_row(folder: Path) -> None:
    stream, whole = TokenStream(folder, "train"), np.concatenate(IDS)
    assert len(stream) == len(whole)
    for start in range(len(whole) + 1):
        for count in range(len(whole) + 2):
            assert np.array_equal(stream.read(start, count), whole[start : start + count])


def test_a_split_without_tokens_is_empty(folder: Path) -> None:
    stream = TokenStream(folder, "validation")
    assert (len(stream), stream.read(0, 4).tolist(), len(stream.index)) == (0, [], 0)


def test_meta_reads_as_it_was_written(folder: Path) -> None:
    meta = read_meta(folder)
    assert (meta.layout, meta.dtype, meta.vocab_size, meta.bos, meta.eos) == ("windows", "<u2", 65_536, 2, 3)
    assert [entry.epochs for entry in meta.amounts] == [1.5, 1.5]
    assert [entry.source for entry in meta.amounts] == ["青空文庫", "x"]
    assert (meta.total("train", "tokens"), meta.total("validation", "tokens")) == (16, 5)


def test_missing_or_torn_files_are_corrupt(folder: Path) -> None:
    part = folder / "train" / "part-00002.bin"
    part.write_bytes(part.read_bytes()[:-2])
    with pytest.raises(CorruptArtifact, match=r"part-00002\.bin should hold 7 tokens as <u2, got '12 bytes'"):
        TokenStream(folder, "train")


@pytest.mark.parametrize("text", ['{"schema": 2, "amo', "[]", "1", '{"schema": 2, "amounts": [{}]}', '{"schema": 2}'])
def test_a_broken_description_is_corrupt(folder: Path, text: str) -> None:
    (folder / "tokens.json").write_text(text)
    with pytest.raises(CorruptArtifact, match=r"tokens.json cannot be read"):
        read_meta(folder)


def test_tokens_of_an_earlier_version_are_to_be_packed_again(folder: Path) -> None:
    (folder / "tokens.json").write_text('{"schema": 1, "amounts": []}')
    with pytest.raises(CorruptArtifact, match=r"wants schema 2, got 1: pack the documents again"):
        read_meta(folder)


def test_a_document_longer_than_the_index_can_say_is_refused_whole(tmp_path: Path) -> None:
    endless = np.broadcast_to(np.int32(7), 2**32)  # takes four bytes of memory
    with TokenWriter(tmp_path / "part-00000", "<u2") as writer:
        with pytest.raises(BadInput, match=r"at most 4,294,967,295 tokens, got 4294967296: split it"):
            writer.append([endless], *lengths("鋼"))
        with pytest.raises(BadInput, match=r"at most 4,294,967,295 bytes, got 4294967298"):
            writer.append([np.array([2, 3])], np.array([2**32 - 1]), np.array([2**32 + 2]))
    assert [file.stat().st_size for file in sorted(tmp_path.iterdir())] == [0, 0]


def test_large_vocabularies_keep_their_ids(tmp_path: Path) -> None:
    with TokenWriter(tmp_path / "train" / "part-00000", "<u4") as writer:
        writer.append([np.array([2, 100_000, 3])], *lengths("鋼"))
    write_meta(tmp_path, TokensMeta("packed", "<u4", 128_000, 2, 3, ()))
    assert TokenStream(tmp_path, "train").read(0, 3).tolist() == [2, 100_000, 3]
