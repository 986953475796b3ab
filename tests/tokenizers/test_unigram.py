import io
import re
import signal
import time

import pytest
from sentencepiece import SentencePieceTrainer
from tokenizer_inputs import rows, trained

from hagane.core.errors import BadInput, UsageError
from hagane.tokenizers.folder import SpecialIds, load, special_ids
from hagane.tokenizers.names import RecipeName
from hagane.tokenizers.recipes import RECIPES, with_symbols
from hagane.tokenizers.sampling import sentences
from hagane.tokenizers.unigram import interruptible, required_characters, train_unigram

LINES = [sentence.replace("\t", " ") for row in rows(20) for sentence in sentences(row["text"])]


@pytest.mark.parametrize("coverage", [0.98, 0.9995, 1.0])
@pytest.mark.parametrize("recipe", RECIPES)
def test_required_characters_are_those_that_sentencepiece_counts(recipe: RecipeName, coverage: float) -> None:
    chosen, lines = RECIPES[recipe], [*LINES, "列\t<s>と[PAD]と<0x0A>", "字下げ    の\t\t行"] * 2
    size = len(chosen.fixed) + 1
    settings = chosen.training() | {"vocab_size": size, "character_coverage": coverage, "minloglevel": 2}
    with pytest.raises(RuntimeError) as refusal:
        SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=io.BytesIO(), **settings)
    wanted = re.search(rf"{size} vs (\d+)", str(refusal.value))
    assert wanted
    assert required_characters(lines, coverage, chosen) + len(chosen.fixed) == int(wanted[1])


def test_a_vocabulary_too_small_is_refused_with_the_size_that_is_enough() -> None:
    with pytest.raises(BadInput, match=r"vocab_size is too small for \d+ characters.*got 300") as refusal:
        train_unigram(LINES, 300, 0.9995, threads=1)
    enough = int(re.search(r"at least (\d+)", str(refusal.value))[1])  # type: ignore[index]
    model, _ = train_unigram(LINES, enough, 0.9995, threads=1)
    assert model
    with pytest.raises(BadInput):
        train_unigram(LINES, enough - 1, 0.9995, threads=1)


def test_a_vocabulary_too_large_is_refused_with_the_size_that_fits() -> None:
    lines = [
        "親譲りの無鉄砲で小供の時から損ばかりしている。",
        "小学校に居る時分学校の二階から飛び降りて腰を抜かした。",
    ] * 9
    with pytest.raises(BadInput, match=r"too large for the text, got 9000") as refusal:
        train_unigram(lines, 9_000, 0.9995, threads=1)
    most = int(re.search(r"at most (\d+)", str(refusal.value))[1])  # type: ignore[index]
    assert train_unigram(lines, most, 0.9995, threads=1)[0]


@pytest.mark.parametrize("lines", [[], ["\0\0"]])
def test_text_without_characters_is_refused(lines: list[str]) -> None:
    with pytest.raises(BadInput, match="no sentence is left"):
        train_unigram(lines, 2_000, 0.9995, threads=1)


def test_settings_that_sentencepiece_does_not_take_are_refused() -> None:
    with pytest.raises(UsageError, match=r"character_coverage.*got 99\.95"):
        train_unigram(LINES, 2_000, 99.95, threads=1)
    with pytest.raises(UsageError, match=r"threads.*got 0"):
        train_unigram(LINES, 2_000, 0.9995, threads=0)


def test_native_training_hears_signals() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            interruptible(lambda: bytes(time.sleep(30) or 0))
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "recipe, ids, first",
    [
        ("hagane", SpecialIds(pad=0, unk=1, bos=2, eos=3), ["[PAD]", "<unk>", "<s>", "</s>", "\n", "\t", "<0x00>"]),
        (
            "rinna-gpt2",
            SpecialIds(pad=3, unk=0, bos=1, eos=2),
            ["<unk>", "<s>", "</s>", "[PAD]", "[CLS]", "[SEP]", "[MASK]"],
        ),
        ("rinna-gpt-neox", SpecialIds(pad=0, unk=1, bos=2, eos=3), ["[PAD]", "[UNK]", "<s>", "</s>"]),
        ("rinna-bilingual", SpecialIds(pad=0, unk=1, bos=2, eos=3), ["[PAD]", "[UNK]", "<s>", "</s>"]),
        (
            "line",
            SpecialIds(pad=3, unk=0, bos=1, eos=2),
            ["<unk>", "<s>", "</s>", "<pad>", "<sep>", "<mask>", "<cls>", "<0x00>"],
        ),
    ],
)
def test_special_pieces_have_the_published_ids(recipe: RecipeName, ids: SpecialIds, first: list[str]) -> None:
    processor, chosen = load(trained(recipe)[0]), RECIPES[recipe]
    assert special_ids(processor) == ids
    assert [processor.id_to_piece(number) for number in range(len(first))] == first
    assert processor.get_piece_size() == 2_000
    spelt = processor.encode("<s></s>[PAD]<unk>[UNK]<0x0A>", out_type=str)
    assert not set(spelt) & {*chosen.special, "<0x0A>"}


@pytest.mark.parametrize("text", ["一行目\n\n二行目\n", "項目\t値\t\n", "  字下げ   と空白 ", "𠮷野家😀", ""])
@pytest.mark.parametrize("recipe", ["hagane", "rinna-bilingual"])
def test_lines_spaces_and_rare_characters_survive(recipe: RecipeName, text: str) -> None:
    processor = load(trained(recipe)[0])
    ids = processor.encode(text)
    assert processor.unk_id() not in ids
    assert processor.decode(ids).replace("▁", " ") == text


def test_rinnas_first_vocabulary_folds_case_and_spaces_and_knows_no_bytes() -> None:
    processor = load(trained("rinna-gpt2")[0])
    assert processor.decode(processor.encode("　ＬＩＮＵＸ  の\n設定 ")) == "linux の 設定"
    assert processor.unk_id() in processor.encode("𠮷野家")


def test_rinnas_neox_vocabulary_keeps_spaces_and_has_no_newline() -> None:
    processor = load(trained("rinna-gpt-neox")[0])
    assert processor.decode(processor.encode("  Linux  の\n設定 ")) == "  Linux  の 設定 "


def test_a_space_is_a_piece_of_its_own_and_runs_are_one_in_rinnas_bilingual_vocabulary() -> None:
    processor = load(trained("rinna-bilingual")[0])
    pieces = [processor.id_to_piece(number) for number in range(processor.get_piece_size())]
    assert {piece for piece in pieces if "▁" in piece} == {"▁" * length for length in range(1, 25)}
    found = processor.encode("the file\n\n        of\t\tLinux", out_type=str)
    assert [piece for piece in found if not piece.strip("▁\n\t")] == ["▁", "\n\n", "▁▁▁▁▁▁▁▁", "\t\t"]


def test_lines_vocabulary_has_bytes_and_takes_a_sentence_as_it_is() -> None:
    processor = load(trained("line")[0])
    assert processor.decode(processor.encode(" 𠮷野家で  Linux ")) == "𠮷野家で Linux"
    assert processor.encode("設定", out_type=str)[0].startswith("▁")


@pytest.mark.parametrize("recipe", RECIPES)
def test_published_vocabularies_are_complete_with_their_fixed_pieces(recipe: RecipeName) -> None:
    chosen = RECIPES[recipe]
    assert len(set(chosen.fixed)) == len(chosen.fixed) < chosen.vocab_size
    assert {chosen.unknown, chosen.padding, "<s>", "</s>"} <= set(chosen.special)


@pytest.mark.parametrize("symbol", ["", " ", "a b", "\n", "▁", "▅", "<s>", "😀"])
def test_what_cannot_be_a_symbol_is_refused(symbol: str) -> None:
    with pytest.raises(UsageError, match="extra_symbols holds what cannot be a symbol"):
        with_symbols(RECIPES["hagane"], ["😀", symbol])


def test_a_symbol_that_a_stripping_recipe_normalizes_is_refused() -> None:
    with pytest.raises(UsageError, match=r"normalizer changes, got '㈱': give '\(株\)'"):
        with_symbols(RECIPES["line"], ["㈱"])
    assert "㈱" in with_symbols(RECIPES["rinna-gpt-neox"], ["㈱"]).fixed
