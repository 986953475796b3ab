import io
import re
import signal
import time

import pytest
from sentencepiece import SentencePieceTrainer
from tokenizer_inputs import rows, trained

from hagane.core.errors import BadInput, UsageError
from hagane.tokenizers.folder import SpecialIds, load, special_ids
from hagane.tokenizers.sampling import sentences
from hagane.tokenizers.unigram import RECIPE, interruptible, required_characters, train_unigram

LINES = [sentence.replace("\t", " ") for row in rows(20) for sentence in sentences(row["text"])]


@pytest.mark.parametrize("coverage", [0.98, 0.9995, 1.0])
def test_required_characters_are_those_that_sentencepiece_counts(coverage: float) -> None:
    settings = RECIPE | {"vocab_size": 263, "character_coverage": coverage, "minloglevel": 2}
    with pytest.raises(RuntimeError) as refusal:
        SentencePieceTrainer.train(sentence_iterator=iter(LINES), model_writer=io.BytesIO(), **settings)
    wanted = re.search(r"263 vs (\d+)", str(refusal.value))
    assert wanted
    assert required_characters(LINES, coverage) + 262 == int(wanted[1])


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


def test_ids_are_the_recipes() -> None:
    processor = load(trained()[0])
    assert special_ids(processor) == SpecialIds(pad=0, unk=1, bos=2, eos=3)
    assert [processor.id_to_piece(number) for number in range(7)] == [
        "[PAD]",
        "<unk>",
        "<s>",
        "</s>",
        "\n",
        "\t",
        "<0x00>",
    ]
    assert processor.get_piece_size() == 2_000


@pytest.mark.parametrize("text", ["一行目\n\n二行目\n", "項目\t値\t\n", "  字下げ   と空白 ", "𠮷野家😀", ""])
def test_lines_spaces_and_rare_characters_survive(text: str) -> None:
    processor = load(trained()[0])
    ids = processor.encode(text)
    assert processor.unk_id() not in ids
    assert processor.decode(ids).replace("▁", " ") == text


def test_no_text_spells_a_special_piece() -> None:
    processor = load(trained()[0])
    ids = processor.encode("<s>吾輩</s>[PAD]<unk><0x0A>")
    assert not [number for number in ids if processor.is_control(number) or processor.is_unknown(number)]
    assert processor.piece_to_id("<0x0A>") not in ids
