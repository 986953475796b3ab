"""What a release is made of: a small real tokenizer, a small real GPT, and what training and evaluation record."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, GPT2Config, GPTNeoXConfig

from hagane.storage.files import sha256
from hagane.storage.tokens import SourceAmount
from hagane.tokenizers.fast import write_fast
from hagane.tokenizers.unigram import train_unigram

TEXT = """吾輩は猫である。名前はまだ無い。
どこで生れたかとんと見当がつかぬ。
何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは記憶している。
吾輩はここで始めて人間というものを見た。
しかもあとで聞くとそれは書生という人間中で一番獰悪な種族であったそうだ。
親譲りの無鉄砲で小供の時から損ばかりしている。
小学校に居る時分学校の二階から飛び降りて一週間ほど腰を抜かした事がある。
山路を登りながら、こう考えた。
智に働けば角が立つ。情に棹させば流される。意地を通せば窮屈だ。
国境の長いトンネルを抜けると雪国であった。夜の底が白くなった。
メロスは激怒した。必ず、かの邪智暴虐の王を除かなければならぬと決意した。
ある日の暮方の事である。一人の下人が、羅生門の下で雨やみを待っていた。"""
VOCABULARY = 420
NOVELS = SourceAmount(
    "train", "青空文庫", "LicenseRef-PublicDomain", "ja", 2_098, 1_049, 14_000_000, 41_000_000, 9_000_000
)
MANUALS = SourceAmount("train", "debian-reference-ja", "GPL-2.0-or-later", "ja", 30, 30, 400_000, 900_000, 250_000)
HELD_OUT = SourceAmount("validation", "青空文庫", "LicenseRef-PublicDomain", "ja", 12, 12, 140_000, 410_000, 90_000)


def make_tokenizer(folder: Path, vocabulary: int = VOCABULARY) -> Path:
    folder.mkdir()
    (folder / "spiece.model").write_bytes(train_unigram(TEXT.split("\n"), vocabulary, 1.0, 1)[0])
    write_fast(folder)
    return folder


def make_model(folder: Path, *amounts: SourceAmount, family: str = "gpt2", vocabulary: int = VOCABULARY) -> Path:
    ids = {"vocab_size": vocabulary, "bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
    configs: dict[str, Any] = {
        "gpt2": GPT2Config(n_layer=1, n_embd=32, n_head=2, n_positions=64, **ids),
        "gpt-neox": GPTNeoXConfig(
            num_hidden_layers=1, hidden_size=32, num_attention_heads=2, intermediate_size=64, **ids
        ),
    }
    torch.manual_seed(1)
    AutoModelForCausalLM.from_config(configs[family]).save_pretrained(folder)
    (folder / "training.json").write_text(json.dumps(record(amounts or (NOVELS, MANUALS, HELD_OUT))))
    return folder


def record(amounts: tuple[SourceAmount, ...]) -> dict[str, Any]:
    """training.json as PretrainLanguageModel writes it."""
    return {
        "schema": 2,
        "model": "gpt2-smoke",
        "parameters": 33_472,
        "context": 64,
        "vocab_size": VOCABULARY,
        "recipe": {"optimizer": "AdamW", "steps": 1_200, "learning_rate": 7e-4, "schedule": "linear", "seed": 42},
        "tokens_seen": 18_500_000,
        "epochs": 2.0,
        "data": [asdict(amount) for amount in amounts],
        "train_loss": [[1, 6.4], [1200, 3.25]],
        "validation_loss": [[1200, 3.5]],
    }


def make_scores(folder: Path, tokenizer: Path) -> Path:
    folder.mkdir()
    content = scores_of("validation", tokenizer=sha256(tokenizer / "spiece.model"))
    (folder / "scores.json").write_text(json.dumps(content))
    return folder


def scores_of(*names: str, tokenizer: str = "") -> dict[str, Any]:
    """scores.json as EvaluateLanguageModel writes it."""
    measured = {
        "tokens": 90_000,
        "characters": 140_000,
        "bytes": 410_000,
        "perplexity": 33.115,
        "bits_per_character": 3.2461,
        "bits_per_byte": 1.1084,
    }
    settings = {"context": 64, "stride": 32, "dtype": "float32", "tokenizer": tokenizer}
    return {"schema": 1, "settings": settings, "scores": [{"name": name, **measured} for name in names]}
