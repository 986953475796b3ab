import hashlib
import io
import math
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sentencepiece import SentencePieceTrainer
from tokenizer_inputs import rows, trained, write_documents

from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.storage.documents import COPY, SCHEMA, SHARD, ShardWriter, document
from hagane.storage.names import Layout
from hagane.storage.tokens import SPLITS, SourceAmount, TokenStream, read_meta
from hagane.text.packing import pack_documents
from hagane.tokenizers.folder import load

DOCUMENTS = rows(60)


def pack(
    home: Path,
    documents: Any,
    shards: int = 1,
    fraction: float = 0.1,
    workers: int = 1,
    layout: Layout = "packed",
    tokenizer: Path | None = None,
) -> tuple[Path, Result]:
    source = write_documents(home / "documents", documents, shards)
    (home / "tokens").mkdir()
    folders = (source, tokenizer or trained()[0], home / "tokens", home / "work")
    return home / "tokens", pack_documents(*folders, fraction, workers, layout)


def restored(tokens: Path, split: str) -> list[list[int]]:
    """The ids of each document, as the index cuts the stream."""
    stream = TokenStream(tokens, split)
    pieces = np.split(stream.read(0, len(stream)), np.cumsum(stream.index["tokens"].astype(int))[:-1])
    return [piece.tolist() for piece in pieces]


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


def test_every_document_can_be_restored_from_the_token_files(tmp_path: Path) -> None:
    hard = ["", "\n", "鋼", "前\0後", "\0", "𠮷野家で𩸽、😀👨‍👩‍👧‍👦", "<s></s><unk>", "  \t二つ\n\n", "▁下線▁", "㈱①ｶﾞ"]
    texts = [*hard, *(row["text"] for row in DOCUMENTS)]
    tokens, _ = pack(tmp_path, [document(text, "試し", str(n), "MIT") for n, text in enumerate(texts)], 3, fraction=0)
    processor = load(trained()[0])
    found = restored(tokens, "train")
    assert found == [[2, *processor.encode(text), 3] for text in texts]
    plain = [unicodedata.normalize("NFKC", text).replace("▁", " ") for text in texts]  # as this tokenizer sees them
    assert processor.decode(found) == plain


def test_amounts_add_up_to_the_index(tmp_path: Path) -> None:
    tokens, result = pack(tmp_path, DOCUMENTS, shards=2)
    meta = read_meta(tokens)
    assert (meta.layout, meta.dtype, meta.vocab_size, meta.bos, meta.eos) == ("packed", "<u2", 2_000, 2, 3)
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
    (block,) = result.blocks
    assert [dict(zip(block["columns"], row, strict=True)) for row in block["rows"]] == [
        vars(amount) | {"epochs": 1.0} for amount in meta.amounts
    ]


def test_copies_of_a_mixture_count_as_epochs_of_their_source(tmp_path: Path) -> None:
    """Five copies of two novels and, in a shard as it comes without a mixture, a manual."""
    novels = [document(text, "青空文庫", text, "CC0-1.0") for text in ("山路を登りながら", "こう考えた。")]
    copies = [novels[place] | {"copy": copy} for place, copy in ((0, 0), (1, 0), (0, 1), (1, None), (0, 2))]
    write(tmp_path / "documents" / SHARD.format(0), copies, pa.schema([*SCHEMA, COPY]))
    write(tmp_path / "documents" / SHARD.format(1), [document("説明書", "debian", "1", "MIT")], SCHEMA)
    (tmp_path / "tokens").mkdir()
    folders = (tmp_path / "documents", trained()[0], tmp_path / "tokens", tmp_path / "work")
    result = pack_documents(*folders, 0.0, 1, "packed")
    ids = [len(load(trained()[0]).encode(row["text"])) + 2 for row in (*copies, {"text": "説明書"})]
    assert read_meta(tmp_path / "tokens").amounts == (
        SourceAmount("train", "debian", "MIT", "ja", 1, 1, 3, 9, ids[5]),
        SourceAmount("train", "青空文庫", "CC0-1.0", "ja", 5, 3, 36, 108, sum(ids[:5])),
    )
    assert [row[-1] for row in result.blocks[0]["rows"]] == [1.0, 1.67]


def write(file: Path, rows: Sequence[dict[str, Any]], schema: pa.Schema) -> None:
    file.parent.mkdir(exist_ok=True)
    with ShardWriter(file, schema) as writer:
        writer.add(rows)


def test_a_layout_changes_nothing_but_its_name(tmp_path: Path) -> None:
    packed, windows = (contents(pack(tmp_path / name, DOCUMENTS, layout=name)[0]) for name in ("packed", "windows"))
    described = packed.pop("tokens.json"), windows.pop("tokens.json")
    assert packed == windows
    assert described[0].replace(b'"packed"', b'"windows"') == described[1]


@pytest.mark.parametrize(("bos", "eos"), [(-1, 1), (1, 2)])
def test_a_tokenizer_of_other_special_ids(tmp_path: Path, bos: int, eos: int) -> None:
    tokens, _ = pack(tmp_path, DOCUMENTS[:5], fraction=0, tokenizer=train(tmp_path / "tokenizer", bos, eos))
    meta, found = read_meta(tokens), restored(tokens, "train")
    assert (meta.bos, meta.eos) == (None if bos < 0 else bos, eos)
    assert all(ids[-1] == eos and ids.count(eos) == 1 and ids.count(bos) == (bos >= 0) for ids in found)


def test_a_tokenizer_that_cannot_end_a_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no piece for the end of a text, got -1"):
        pack(tmp_path, DOCUMENTS[:5], tokenizer=train(tmp_path / "tokenizer", 1, -1))


def train(folder: Path, bos: int, eos: int) -> Path:
    model = io.BytesIO()
    texts = iter(line for row in DOCUMENTS[:5] for line in row["text"].split("\n"))
    settings = {"vocab_size": 300, "model_type": "char", "bos_id": bos, "eos_id": eos, "minloglevel": 2}
    SentencePieceTrainer.train(sentence_iterator=texts, model_writer=model, hard_vocab_limit=False, **settings)
    folder.mkdir(parents=True)
    (folder / "spiece.model").write_bytes(model.getvalue())
    return folder


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
    pack_documents(tmp_path / "documents", trained()[0], tmp_path / "again", tmp_path / "work", 0.1, 1, "packed")
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


@pytest.mark.parametrize("fraction", [-0.1, 1.0, 1.5, math.nan, math.inf])
def test_a_share_that_is_none_is_refused(tmp_path: Path, fraction: float) -> None:
    with pytest.raises(UsageError, match=f"validation_fraction.*got {fraction}"):
        pack(tmp_path, DOCUMENTS[:2], fraction=fraction)


def test_without_documents_there_is_nothing_to_pack(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no document to pack"):
        pack(tmp_path, [], shards=2)
