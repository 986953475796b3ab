import json
import random
import shutil
import unicodedata
from pathlib import Path

import pytest
from tokenizer_inputs import rows, trained
from transformers import AutoTokenizer, GPT2Config, GPTNeoXConfig

from hagane.core.errors import CorruptArtifact, Refused
from hagane.tokenizers.equality import HARD, check_equality, differing
from hagane.tokenizers.folder import load

LINES = [line for row in rows(150)[60:] for line in row["text"].split("\n")]  # not trained on


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained()[0], tmp_path / "tokenizer"))


@pytest.mark.parametrize("config", [None, GPT2Config(), GPTNeoXConfig()])
def test_plain_transformers_encode_and_decode_as_sentencepiece(copy: Path, config: GPT2Config | None) -> None:
    if config:
        config.save_pretrained(copy)
    processor, tokenizer = load(copy), AutoTokenizer.from_pretrained(copy)
    for text in [text for text in HARD if "<s>" not in text] + LINES[:200]:
        ids = processor.encode(text)
        assert tokenizer(text, add_special_tokens=False).input_ids == ids
        assert tokenizer.decode(ids) == processor.decode(ids)
    assert tokenizer("日本の").input_ids == processor.encode("日本の", add_bos=True)
    assert tokenizer.decode(tokenizer("一行目\n  二行目 ").input_ids, skip_special_tokens=True) == "一行目\n  二行目 "
    assert (tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id) == (
        0,
        1,
        2,
        3,
    )


def test_hard_texts_and_decomposed_kana_agree() -> None:
    decomposed = [unicodedata.normalize("NFD", line) for line in LINES]
    assert list(differing(trained()[0], HARD)) == []
    assert len(list(differing(trained()[0], decomposed))) <= len(LINES) / 1_000


def test_mixtures_of_japanese_widths_and_marks_agree() -> None:
    dice = random.Random(42)
    characters = [chr(code) for code in [*range(0x20, 0x7F), *range(0x3041, 0x30FF), *range(0xFF01, 0xFFA0)]]
    mixtures = ["".join(dice.choices([*characters, "㈱", "①", "神", "\n", "　"], k=12)) for _ in range(2_000)]
    assert len(list(differing(trained()[0], mixtures))) <= 4  # ties, and marks on a character that takes none


def test_the_gate_counts_what_differs() -> None:
    assert check_equality(trained()[0], LINES) <= len(LINES) / 1_000


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
    (copy / "spiece.model").unlink()
    with pytest.raises(CorruptArtifact, match=r"spiece\.model cannot be read"):
        load(copy)
