import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizer_inputs import rows, trained, write_documents

from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.storage.documents import document
from hagane.storage.tokens import SPLITS, TokenStream, read_meta
from hagane.text.packing import pack_documents
from hagane.tokenizers.folder import load

DOCUMENTS = rows(60)


def pack(home: Path, documents: Any, shards: int = 1, fraction: float = 0.1, workers: int = 1) -> tuple[Path, Result]:
    source = write_documents(home / "documents", documents, shards)
    (home / "tokens").mkdir()
    result = pack_documents(source, trained()[0], home / "tokens", home / "work", fraction, workers)
    return home / "tokens", result


def held_out(row: dict[str, Any], fraction: float) -> bool:
    """By hand: the first 8 bytes of blake2b-128 of the text, as a share of 2^64."""
    first = hashlib.blake2b(row["text"].encode(), digest_size=16).digest()[:8]
    return int.from_bytes(first, "big") / 2**64 < fraction


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_each_split_is_its_documents_as_sentencepiece_encodes_them(tmp_path: Path) -> None:
    tokens, _ = pack(tmp_path, DOCUMENTS, shards=3)
    processor = load(trained()[0])
    for split in SPLITS:
        chosen = [row["text"] for row in DOCUMENTS if held_out(row, 0.1) == (split == "validation")]
        expected = [[2, *processor.encode(text), 3] for text in chosen]
        stored = np.concatenate([np.fromfile(file, "<u2") for file in sorted((tokens / split).glob("*.bin"))])
        assert stored.tolist() == [number for ids in expected for number in ids]
        index = TokenStream(tokens, split).index
        assert index["tokens"].tolist() == [len(ids) for ids in expected]
        assert index["characters"].tolist() == [len(text) for text in chosen]
        assert index["bytes"].tolist() == [len(text.encode()) for text in chosen]


def test_amounts_add_up_to_the_index(tmp_path: Path) -> None:
    tokens, result = pack(tmp_path, DOCUMENTS, shards=2)
    meta = read_meta(tokens)
    assert (meta.dtype, meta.vocab_size, meta.bos, meta.eos) == ("<u2", 2_000, 2, 3)
    for split in SPLITS:
        index = TokenStream(tokens, split).index
        assert meta.total(split, "documents") == len(index) > 0
        for what in ("tokens", "characters", "bytes"):
            assert meta.total(split, what) == index[what].sum()
        assert result.metrics[f"{split}_tokens"] == index["tokens"].sum()
    assert {amount.source for amount in meta.amounts} == {row["source"] for row in DOCUMENTS}
    assert {(amount.source, amount.license) for amount in meta.amounts} == {
        (row["source"], row["license"]) for row in DOCUMENTS
    }


def test_the_bytes_do_not_depend_on_workers(tmp_path: Path) -> None:
    one, _ = pack(tmp_path / "1", DOCUMENTS, shards=4, workers=1)
    two, _ = pack(tmp_path / "2", DOCUMENTS, shards=4, workers=2)
    assert contents(one) == contents(two)


def test_a_killed_run_goes_on_with_the_shards_that_are_left(tmp_path: Path) -> None:
    tokens, _ = pack(tmp_path, DOCUMENTS, shards=3)
    (tmp_path / "again").mkdir()
    finished = tmp_path / "work" / "00001" / "train.bin"
    inode = finished.stat().st_ino
    for file in (tmp_path / "work" / "00002").iterdir():
        file.unlink()
    (tmp_path / "work" / "00002").rmdir()
    pack_documents(tmp_path / "documents", trained()[0], tmp_path / "again", tmp_path / "work", 0.1, 1)
    assert finished.stat().st_ino == inode
    assert contents(tmp_path / "again") == contents(tokens)


def test_equal_texts_fall_on_one_side(tmp_path: Path) -> None:
    twice = [*DOCUMENTS, *(document(row["text"], "別の出典", row["id"], "CC0-1.0") for row in DOCUMENTS)]
    meta = read_meta(pack(tmp_path, twice, fraction=0.5)[0])
    amounts = {split: [a for a in meta.amounts if a.split == split] for split in SPLITS}
    for split in SPLITS:
        copies = sum(amount.documents for amount in amounts[split] if amount.source == "別の出典")
        assert 2 * copies == meta.total(split, "documents") > 0


@pytest.mark.parametrize("fraction", [1e-9, 0.5, 1 - 1e-9])
def test_two_different_documents_are_enough_for_both_splits(tmp_path: Path, fraction: float) -> None:
    meta = read_meta(pack(tmp_path, DOCUMENTS[:2], fraction=fraction)[0])
    assert [meta.total(split, "documents") for split in SPLITS] == [1, 1]


def test_a_single_text_and_a_fraction_of_zero_hold_nothing_out(tmp_path: Path) -> None:
    same = [document("同じ文章。", "青空文庫", str(number), "CC0-1.0") for number in range(3)]
    one, none = pack(tmp_path / "1", same)[0], pack(tmp_path / "2", DOCUMENTS, fraction=0)[0]
    assert [read_meta(one).total(split, "documents") for split in SPLITS] == [3, 0]
    assert [read_meta(none).total(split, "documents") for split in SPLITS] == [60, 0]


def test_an_empty_shard_and_an_empty_document_pack(tmp_path: Path) -> None:
    blank = [document("", "青空文庫", "1", "CC0-1.0"), document("鋼", "青空文庫", "2", "CC0-1.0")]
    tokens, _ = pack(tmp_path, blank, shards=3, fraction=0)
    assert TokenStream(tokens, "train").read(0, 2).tolist() == [2, 3]


def test_bad_settings_and_empty_documents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"validation_fraction.*got 1\.5"):
        pack(tmp_path / "1", DOCUMENTS[:2], fraction=1.5)
    with pytest.raises(BadInput, match="no document to pack"):
        pack(tmp_path / "2", [])
