from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from hagane.core.errors import BadInput, CorruptArtifact
from hagane.storage.tokens import (
    INDEX,
    SourceAmount,
    TokensMeta,
    TokenStream,
    TokenWriter,
    order,
    read_meta,
    write_meta,
)

TEXTS = ["吾輩は猫である。", "", "Tokyo 東京", "𠮷野家"]
IDS = [np.arange(2, 9), np.array([2, 3]), np.array([2, 40_000, 65_535, 3]), np.array([2, 7, 3])]


def amount(split: str, source: str, tokens: int) -> SourceAmount:
    return SourceAmount(split, source, "CC0-1.0", "ja", 2, 20, 60, tokens)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three shards, the second of them empty."""
    for number, chosen in enumerate(([0, 1], [], [2, 3])):
        with TokenWriter(tmp_path / "train" / f"part-{number:05}", "<u2") as writer:
            for document in chosen:
                writer.append([IDS[document]], [TEXTS[document]])
    write_meta(
        tmp_path, TokensMeta("<u2", 65_536, 2, 3, (amount("train", "青空文庫", 16), amount("validation", "x", 5)))
    )
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


@pytest.mark.parametrize("context", [1, 3, 5, 15])
def test_samples_cover_the_stream_and_share_only_a_target(folder: Path, context: int) -> None:
    stream, whole = TokenStream(folder, "train"), np.concatenate(IDS)
    samples = [stream.sample(number, context) for number in range(stream.samples(context))]
    assert all(sample.shape == (context + 1,) for sample in samples)
    inputs = np.concatenate([sample[:-1] for sample in samples])
    assert np.array_equal(inputs, whole[: len(inputs)])
    assert len(whole) - len(inputs) <= context
    with pytest.raises(BadInput, match="samples"):
        stream.sample(len(samples), context)


def test_a_split_without_tokens_has_no_samples(folder: Path) -> None:
    stream = TokenStream(folder, "validation")
    assert (len(stream), stream.samples(4), stream.read(0, 4).tolist(), len(stream.index)) == (0, 0, [], 0)


def test_meta_reads_as_it_was_written(folder: Path) -> None:
    meta = read_meta(folder)
    assert (meta.dtype, meta.vocab_size, meta.bos, meta.eos) == ("<u2", 65_536, 2, 3)
    assert [entry.source for entry in meta.amounts] == ["青空文庫", "x"]
    assert (meta.total("train", "tokens"), meta.total("validation", "tokens")) == (16, 5)


def test_missing_or_torn_files_are_corrupt(folder: Path) -> None:
    part = folder / "train" / "part-00002.bin"
    part.write_bytes(part.read_bytes()[:-2])
    with pytest.raises(CorruptArtifact, match=r"part-00002\.bin should hold 7 tokens as <u2, got '12 bytes'"):
        TokenStream(folder, "train")
    (folder / "tokens.json").write_text('{"schema": 1, "amo')
    with pytest.raises(CorruptArtifact, match=r"tokens.json cannot be read"):
        read_meta(folder)


def test_order_is_a_permutation_of_its_own_for_each_epoch_and_seed() -> None:
    def visited(epoch: int, seed: int) -> npt.NDArray[np.int64]:
        return order(1_000, epoch, seed)

    assert sorted(visited(0, 42)) == list(range(1_000))
    assert np.array_equal(visited(0, 42), visited(0, 42))
    assert not np.array_equal(visited(0, 42), visited(1, 42))
    assert not np.array_equal(visited(0, 42), visited(0, 43))


def test_large_vocabularies_keep_their_ids(tmp_path: Path) -> None:
    with TokenWriter(tmp_path / "train" / "part-00000", "<u4") as writer:
        records = writer.append([np.array([2, 100_000, 3])], ["鋼"])
    write_meta(tmp_path, TokensMeta("<u4", 128_000, 2, 3, ()))
    assert records.dtype == INDEX
    assert TokenStream(tmp_path, "train").read(0, 3).tolist() == [2, 100_000, 3]
