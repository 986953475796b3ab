import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tokenizer_inputs import rows, trained
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from hagane.core.errors import BadInput
from hagane.scripts import CLASSES, count_classes
from hagane.tokenizers.costs import WHOLE, Cost, costs
from hagane.tokenizers.folder import load
from hagane.tokenizers.hard_texts import HARD
from hagane.tokenizers.names import RecipeName
from hagane.tokenizers.round_trips import hard_outcomes, hard_table, outcome
from hagane.tokenizers.subwords import Subwords, open_subwords

TEXTS = [row["text"] for row in rows(60)]
KINDS = ("bytes", "words")


def own(recipe: RecipeName = "hagane", file: str = "spiece.model") -> Subwords:
    return open_subwords((trained(recipe)[0] / file).read_bytes(), file)


def foreign(kind: str) -> tuple[Subwords, Tokenizer]:
    """A byte-level BPE and a WordPiece, with settings that encoding must not heed."""
    if kind == "bytes":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer: Any = trainers.BpeTrainer(vocab_size=600, initial_alphabet=alphabet, show_progress=False)
    else:
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(vocab_size=600, special_tokens=["[UNK]"], show_progress=False)
    tokenizer.train_from_iterator(TEXTS[:10], trainer)
    settings = json.loads(tokenizer.to_str())
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    return open_subwords(tokenizer.to_str().encode(), "tokenizer.json"), Tokenizer.from_str(json.dumps(settings))


def test_the_whole_is_what_counting_tokens_gives() -> None:
    processor = load(trained()[0])
    tokens = Counter(number for text in TEXTS for number in processor.encode(text))
    entropy = -sum(count * math.log2(count / tokens.total()) for count in tokens.values())
    whole = costs(own(), TEXTS)[WHOLE]
    assert whole.characters == sum(map(len, TEXTS))
    assert whole.tokens == pytest.approx(tokens.total())
    assert whole.measures()["bits_per_character"] == pytest.approx(entropy / sum(map(len, TEXTS)))


@pytest.mark.parametrize("kind", KINDS)
def test_tokenizers_of_other_kinds_are_counted_alike(kind: str) -> None:
    subwords, tokenizer = foreign(kind)
    encoded = tokenizer.encode_batch(TEXTS)
    assert costs(subwords, TEXTS)[WHOLE].tokens == pytest.approx(sum(len(encoding.ids) for encoding in encoded))
    assert subwords.kind == {"bytes": "tokenizers BPE", "words": "tokenizers WordPiece"}[kind]


@pytest.mark.parametrize("recipe", ["hagane", "rinna-gpt2", "line"])
def test_both_forms_of_a_tokenizer_cost_the_same(recipe: RecipeName) -> None:
    model, fast = costs(own(recipe), TEXTS), costs(own(recipe, "tokenizer.json"), TEXTS)
    assert model.keys() == fast.keys()
    for name in model:
        for measure, value in model[name].measures().items():
            assert fast[name].measures()[measure] == pytest.approx(value, rel=0.05, abs=1e-6), (name, measure)


def test_classes_share_what_the_whole_costs() -> None:
    found = costs(own(), TEXTS)
    classes = {name: cost for name, cost in found.items() if name != WHOLE}
    for field in ("characters", "runs", "tokens", "bits", "unknown", "bytes"):
        assert sum(getattr(cost, field) for cost in classes.values()) == pytest.approx(getattr(found[WHOLE], field))
    counted = sum(count_classes(text) for text in TEXTS)
    expected = {name: int(count) for name, count in zip(CLASSES, counted, strict=True) if count}
    assert {name: cost.characters for name, cost in classes.items()} == expected


def test_a_text_by_hand() -> None:
    subwords = open_subwords(
        json.dumps(
            {
                "version": "1.0",
                "added_tokens": [],
                "model": {"type": "WordLevel", "vocab": {"か": 0, "漢字": 1, "?": 2}, "unk_token": "?"},
                "pre_tokenizer": {
                    "type": "Split",
                    "pattern": {"Regex": "漢字|."},
                    "behavior": "Isolated",
                    "invert": False,
                },
            }
        ).encode(),
        "tokenizer.json",
    )
    found = costs(subwords, ["かか漢字x", "漢字か漢"])  # か か 漢字 ? | 漢字 か ?
    bits = [-math.log2(3 / 7), -math.log2(2 / 7), -math.log2(2 / 7)]
    assert found["hiragana"] == Cost(3, 2, 3, pytest.approx(3 * bits[0]), 0, 0)
    assert found["kanji"] == Cost(5, 3, pytest.approx(3), pytest.approx(2 * bits[1] + bits[2]), 1, 0)
    assert found["latin"] == Cost(1, 1, 1, pytest.approx(bits[2]), 1, 0)


def test_unknown_characters_and_bytes_are_counted_once_each() -> None:
    text = "𠮷𩸽は𠮷"
    by_bytes = costs(own(), [text])["kanji"]
    assert (by_bytes.bytes, by_bytes.unknown, by_bytes.tokens) == (3, 0, 12)
    unknown = costs(own("rinna-gpt2"), [text])["kanji"]
    assert (unknown.bytes, unknown.unknown) == (0, 3)
    split = costs(foreign("bytes")[0], [text])["kanji"]
    assert split.bytes == 3
    assert costs(foreign("words")[0], ["ℵ ℶ"])["other"].unknown == 2


def test_texts_without_characters_cost_nothing() -> None:
    assert costs(own(), []) == costs(own(), ["", ""]) == {}
    spaces = costs(own("rinna-gpt2"), [" \n "])
    assert spaces["space"].measures()["characters_per_token"] == 0


def test_round_trips_are_told_apart() -> None:
    assert outcome("①", "①") == "exact"
    assert outcome("①ｶﾞ", "1ガ") == "NFKC-equal"
    assert outcome("髙橋", "高橋") == outcome("a  b", "a b") == "lost"


def test_hard_texts_fare_as_their_recipe_lets_them() -> None:
    ours, rinnas, bytes_ = (hard_outcomes(s) for s in (own(), own("rinna-gpt2"), foreign("bytes")[0]))
    assert ours.keys() == HARD.keys()
    assert (ours["lines"], ours["emoji"], ours["variant kanji"]) == ("exact",) * 3
    assert (ours["half-width kana"], ours["compatibility characters"]) == ("NFKC-equal",) * 2
    assert (rinnas["lines"], rinnas["emoji"], rinnas["capitals"]) == ("lost",) * 3
    assert set(bytes_.values()) == {"exact"}


def test_the_table_of_hard_texts_shows_pieces_and_escapes() -> None:
    shown = {row[0]: row[1:] for row in hard_table(own())["rows"]}
    assert shown["emoji"][1].startswith("<0xF0> <0x9F>") and "\\u200d" in shown["emoji"][0]
    assert shown["lines"][0].startswith("\\n\\n")
    assert shown["compatibility characters"][2:] == [shown["compatibility characters"][2], "NFKC-equal"]


@pytest.mark.parametrize("name", ["spiece.model", "tokenizer.json"])
@pytest.mark.parametrize("content", [b"", b"\x0a\xff half", b"{}", b'{"version": "1.0", "model": {"type": "Magic"}}'])
def test_a_broken_tokenizer_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(BadInput, match=rf"the tokenizer cannot be read, got '{name}'"):
        open_subwords(content, name)


def test_names_of_special_pieces_are_text_in_every_form(tmp_path: Path) -> None:
    for file in ("spiece.model", "tokenizer.json"):
        subwords = own("rinna-gpt2", file)
        (found,) = subwords.encode(["</s>"])
        assert subwords.pieces.index("</s>") not in found.ids
