import json
import random
import shutil
import unicodedata
from pathlib import Path
from typing import get_args

import pytest
from tokenizer_inputs import rows, trained
from transformers import AutoTokenizer, GPT2Config, GPTNeoXConfig

from hagane.core.errors import CorruptArtifact, Refused
from hagane.tokenizers.equality import check_equality, differing
from hagane.tokenizers.fast import write_fast
from hagane.tokenizers.folder import load
from hagane.tokenizers.hard_texts import HARD
from hagane.tokenizers.names import RecipeName
from hagane.tokenizers.recipes import RECIPES, with_symbols
from hagane.tokenizers.unigram import train_unigram

LINES = [line for row in rows(150)[60:] for line in row["text"].split("\n")]  # not trained on
EVERY = pytest.mark.parametrize("recipe", get_args(RecipeName))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained()[0], tmp_path / "tokenizer"))


CASES = [(recipe, None) for recipe in get_args(RecipeName)] + [("hagane", GPT2Config()), ("hagane", GPTNeoXConfig())]


@pytest.mark.parametrize("recipe, config", CASES)
def test_plain_transformers_encode_and_decode_as_sentencepiece(
    tmp_path: Path, recipe: RecipeName, config: GPT2Config | None
) -> None:
    folder = Path(shutil.copytree(trained(recipe)[0], tmp_path / "tokenizer"))
    if config:
        config.save_pretrained(folder)
    processor, tokenizer = load(folder), AutoTokenizer.from_pretrained(folder)
    for text in [text for text in HARD.values() if "<s>" not in text] + LINES[:200]:
        ids = processor.encode(text)
        assert tokenizer(text, add_special_tokens=False).input_ids == ids
        if processor.unk_id() not in ids:
            assert tokenizer.decode(ids) == processor.decode(ids)
    assert tokenizer("日本の").input_ids == processor.encode("日本の", add_bos=True)
    ids = (tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id)
    assert ids == (processor.pad_id(), processor.unk_id(), processor.bos_id(), processor.eos_id())


@pytest.mark.parametrize("recipe, ids", [("rinna-gpt2", (4, 5, 6)), ("line", (6, 4, 5)), ("hagane", (None,) * 3)])
def test_transformers_know_the_published_pieces_for_masked_models(recipe: RecipeName, ids: tuple[int, ...]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(trained(recipe)[0])
    assert (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id) == ids


def test_lines_and_spaces_come_back_from_plain_transformers(copy: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(copy)
    assert tokenizer.decode(tokenizer("一行目\n  二行目 ").input_ids, skip_special_tokens=True) == "一行目\n  二行目 "


@EVERY
def test_hard_texts_and_decomposed_kana_agree(recipe: RecipeName) -> None:
    decomposed = [unicodedata.normalize("NFD", line) for line in LINES[:1_000]]
    assert list(differing(trained(recipe)[0], [*HARD.values(), *decomposed])) == []


@EVERY
def test_mixtures_of_japanese_widths_and_marks_agree(recipe: RecipeName) -> None:
    dice = random.Random(42)
    characters = [chr(code) for code in [*range(0x20, 0x7F), *range(0x3041, 0x30FF), *range(0xFF01, 0xFFA0)]]
    more = ["㈱", "①", "神", "\n", "\r", "　", "▁", "😀", "İ", "ß", "Σ", "ς"]
    mixtures = ["".join(dice.choices([*characters, *more], k=12)) for _ in range(2_000)]
    assert list(differing(trained(recipe)[0], mixtures)) == []


@EVERY
def test_whole_documents_agree(recipe: RecipeName) -> None:
    assert list(differing(trained(recipe)[0], [row["text"] for row in rows(100)])) == []


def test_extra_symbols_agree(tmp_path: Path) -> None:
    for number, (recipe, symbols) in enumerate([("hagane", ("①", "😀", "👍🏽")), ("rinna-gpt2", ("😀", "👍🏽", "髙"))]):
        folder = tmp_path / str(number)
        folder.mkdir()
        chosen = with_symbols(RECIPES[recipe], symbols)  # type: ignore[index]
        lines = [line for line in LINES if line][:800]
        (folder / "spiece.model").write_bytes(train_unigram(lines, 1_500, 0.999, 1, chosen)[0])
        write_fast(folder)
        texts = ["①と㈱と1", "😀", " 😀😀　髙い👍🏽 👍", "\n①\n\n", *LINES[:100]]
        assert list(differing(folder, texts)) == []
        processor = load(folder)
        assert processor.id_to_piece(processor.encode("良い👍🏽")[-1]) == "👍🏽"


def test_the_gate_counts_what_differs() -> None:
    assert check_equality(trained()[0], LINES) == 0


def test_the_gate_refuses_a_tokenizer_that_normalizes_otherwise(copy: Path) -> None:
    content = json.loads((copy / "tokenizer.json").read_text(encoding="utf-8"))
    content["normalizer"] = {"type": "NFD"}
    (copy / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(Refused, match=r"differs from SentencePiece in \d+ of"):
        check_equality(copy, LINES)


def test_a_broken_model_is_said_to_be_corrupt(copy: Path) -> None:
    (copy / "spiece.model").write_bytes(b"\x0a\xff half a model")
    with pytest.raises(CorruptArtifact, match=r"spiece\.model cannot be read"):
        load(copy)
    (copy / "spiece.model").write_bytes(b"")
    with pytest.raises(CorruptArtifact, match=r"spiece\.model cannot be read"):
        load(copy)
    (copy / "spiece.model").unlink()
    with pytest.raises(CorruptArtifact, match=r"spiece\.model cannot be read"):
        load(copy)
