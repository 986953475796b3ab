"""Decisions, texts and evidence are plain HojiChar's, whatever the text and whichever the batch."""

import math
import pickle
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hojichar import Compose, Document, Filter
from hojichar.filters import document_filters as hoji

from hagane.text.filtering.filters import DiscardRareKana
from hagane.text.filtering.profiles import PROFILES
from hagane.text.filtering.screening.screen import KEPT, SETTINGS, FilterFailed, Screen

Make = Callable[[], list[Filter]]
PROSE = "吾輩は猫である。名前はまだ無い。どこで生れたか頓と見当がつかぬ。\n"


def parts(joined: str) -> list[str]:
    return joined.split("|")


PIECES = [
    *parts("吾輩は猫である|名前はまだ無い|。|、|あ|ア|ー|ヴ|コメント|レビュー|投稿|楽天市場|SOLD OUT|第3話|-|(月)"),
    *parts("アスパラガス|リュックサック|ｱｽ|求人情報|送料|よくある質問|お問い合わせください|2012年1月2日|2012-01-02"),
    *parts("\n|\n\n|…|...|...\n|…\n|....\n|\0|\u00ad|\u200b|\ufeff|\u3000|\x1c|\x85| |\t|\r\n|😀|👨\u200d👩|𠮷|🈁"),
    *parts("が|か\u3099|\u3099|\u309a|ｶﾞ|ﾊﾟ|ﾞ|ﷺ|㈱|①|②|１２３|ＡＢＣ|Å|A\u030a|각|가\u11a8|\u1161|\u1112|!|！|x"),
    *parts(" sex |SEX| Sex,| fuc\u212a.| t\u0131ts | T\u0130TS|A\u017f\u017f | av|available | bl.| f u c k "),
]


def made(seed: int, number: int) -> list[str]:
    """Texts of random pieces, each text of a few or of many kinds."""
    chance = random.Random(seed)
    kinds = [chance.sample(PIECES, chance.choice((1, 3, 10, 40))) for _ in range(number)]
    return ["".join(chance.choices(kind, k=chance.choice((0, 1, 2, 20, 150)))) for kind in kinds]


EDGES = [
    *parts("|あ|\0|\u3099|\u11a8|…|\n|。| |アス|送料|ﷺ|\u0130|sex|sex\n|sex\n\n| sex"),
    "\n" * 30,
    *("あ。" * n + "。" * m for n in (99, 100) for m in (0, 1, 2)),  # at 200 characters
    *("あ" * (300 + n) + "。" * 3 for n in (-4, -3, -2)),  # at 100 characters a sentence
    *("あ" * n + "!" * 40 for n in (59, 60, 61)),  # at 0.4 of special characters
    *("あ\n" * n + "\n".join([PROSE[:11]] * 10) for n in (9, 10, 11)),  # at 0.5 of short lines
    *("続く…\n" * n + "終。\n" * 3 for n in (6, 7, 8)),  # at 0.7 of endings
    *("コメント" * n + "①" * m for n in (14, 15) for m in (14, 15)),
    "".join(map(chr, range(0x4E00, 0x4E00 + 5_000))) * 2,  # more characters than 5-grams of them fit 64 bits
    "".join(map(chr, range(0x20000, 0x20000 + 4_097))),
    "\\" * 199 + "あ",
    "\\" * 200,
    "とても長い行、" * 2_000,
    *("\n".join(("..", ".", "...", "…", "")) + tail for tail in ("", "\n")),
]


def plain(filters: list[Filter], texts: Sequence[str]) -> list[tuple[str, int, dict[str, Any]]]:
    """By HojiChar itself: the text, the place of the filter that rejected it, and what it told."""
    compose = Compose(filters, random_state=0)
    documents = [compose.apply(Document(text)) for text in texts]
    return [
        (each.text, int(each.reject_reason["name"].partition("-")[0]), reason(each))
        if each.is_rejected
        else (each.text, KEPT, {})
        for each in documents
    ]


def reason(document: Document) -> dict[str, Any]:
    return {name: value for name, value in document.reject_reason.items() if name not in SETTINGS}


def check(make: Make, texts: Sequence[str]) -> Screen:
    """Compare each text, decision and detail; a rule may add to the detail."""
    screen = Screen(Compose(make(), random_state=0).filters)
    seen = screen.apply(texts)
    expected = plain(make(), texts)
    found = zip(seen.texts, seen.rejected_by.tolist(), seen.details, strict=True)
    for text, (left, place, detail), (known, rejected_by, told) in zip(texts, found, expected, strict=True):
        assert (left, place) == (known, rejected_by), ascii(text[:200])
        assert {name: detail[name] for name in told} == told
    return screen


def word_list(file: Path, *words: str) -> str:
    file.write_text("\n".join(words), encoding="utf-8")
    return str(file)


KNOWN: list[Make] = [
    PROFILES["japanese-web"],
    PROFILES["japanese-technical"],
    lambda: [hoji.DocumentNormalizer()],
    lambda: [hoji.DocumentLengthFilter()],
    lambda: [hoji.DocumentLengthFilter(min_doc_len=2), hoji.DocumentLengthFilter(max_doc_len=300)],
    lambda: [hoji.AcceptJapanese()],
    lambda: [hoji.AcceptJapanese(lookup_size=0)],
    lambda: [hoji.DiscardRareKuten()],
    lambda: [hoji.DiscardRareKuten(max_average_sentence_length=4)],
    lambda: [hoji.DiscardAdultContentJa()],
    lambda: [hoji.DiscardAdultContentJa(ignore_confused=True)],
    lambda: [hoji.DiscardAdultContentEn()],
    lambda: [hoji.DocumentNormalizer(), hoji.DiscardAdultContentEn()],
    lambda: [hoji.DiscardDiscriminationContentJa(), hoji.DiscardViolenceContentJa()],
    lambda: [hoji.DiscardBBSComments()],
    lambda: [hoji.DiscardAds()],
    lambda: [hoji.DiscardAds(max_allowed_num=0)],
    lambda: [hoji.CharRepetitionRatioFilter()],
    lambda: [hoji.CharRepetitionRatioFilter(threshold=0.1, ngram_size=1)],
    lambda: [hoji.CharRepetitionRatioFilter(threshold=0.05, ngram_size=12)],
    lambda: [hoji.DiscardTooManySpecialToken()],
    lambda: [hoji.SingleCharacterRepetitionFilter()],
    lambda: [hoji.SingleCharacterRepetitionFilter(threshold=0)],
    lambda: [hoji.DiscardTooShortLines()],
    lambda: [hoji.DiscardTooManyEndingEllipsis()],
    lambda: [hoji.DiscardTooManyEndingEllipsis(threshold=0.2)],
    lambda: [DiscardRareKana()],
]


@pytest.mark.parametrize("make", KNOWN, ids=lambda make: "+".join(type(each).__name__ for each in make())[:60])
def test_known_filters_decide_as_hojichar(make: Make) -> None:
    screen = check(make, [*EDGES, *made(1, 400)])
    assert screen.changes_are_known


@pytest.mark.parametrize("profile", ["japanese-web", "japanese-technical"])
def test_profiles_decide_as_hojichar_on_real_text(profile: str, sample: list[str]) -> None:
    check(PROFILES[profile], sample)
    check(lambda: PROFILES[profile]()[1:], [text[start : start + 700] for start, text in enumerate(sample)])


@pytest.mark.parametrize("confused", [False, True])
def test_word_lists_of_ones_own(tmp_path: Path, confused: bool) -> None:
    words = ("スパム", "スパ", "ハムa", "ハム", "Ab|c", "ab\\", "猫 犬", "猫", ".*", "ア")
    english = ("Ham", "k.o.", "ham|eggs", "■x", "猫", "is")
    ja, en = word_list(tmp_path / "ja.txt", *words), word_list(tmp_path / "en.txt", *english)
    makes: list[Make] = [
        lambda: [hoji.NgWordsFilterJa(ja, ignore_confused=confused)],
        lambda: [hoji.NgWordsFilterEn(en)],
        lambda: [hoji.NgWordsFilterEn(en), hoji.NgWordsFilterJa(ja, ignore_confused=confused), hoji.DiscardAds(ja, 2)],
        lambda: [hoji.DiscardAds(ja, 1), hoji.DiscardAds(word_list(tmp_path / "one.txt", "ア"), 3)],
    ]
    pieces = (
        *words,
        *english,
        "ハムA",
        "ab|c",
        "AB\\",
        "ー",
        "ス",
        "ム",
        " HAM ",
        " K.O.,",
        " \u212a.o. ",
        " \u0130s ",
        " i\u017f.",
        " ",
        "\n",
        "x",
        "あ",
    )
    chance = random.Random(3)
    texts = ["".join(chance.choices(pieces, k=chance.randrange(7))) for _ in range(1_500)]
    for make in makes:
        assert check(make, texts).changes_are_known


@pytest.mark.parametrize("words", [(), ("",), ("  ",), ("猫", " ", "犬"), ("アア",), ("猫",)])
def test_word_lists_that_match_everything_or_nothing(tmp_path: Path, words: tuple[str, ...]) -> None:
    file = word_list(tmp_path / "list.txt", *words)
    for confused in (False, True):
        check(lambda: [hoji.NgWordsFilterJa(file, ignore_confused=confused)], ["", "猫", "アア", "アアア", "犬", "あ"])  # noqa: B023
    check(lambda: [hoji.NgWordsFilterEn(file)], ["", "猫", " ", "x y", "a,b"])
    check(lambda: [hoji.DiscardAds(file, 1)], ["", "猫", "猫猫", "x"])


def test_cased_words_beyond_ascii_are_left_to_hojichar(tmp_path: Path) -> None:
    file = word_list(tmp_path / "list.txt", "Ärger", "ΣΑΣ")
    check(lambda: [hoji.NgWordsFilterEn(file)], ["ärger", "ÄRGER.", "σας", " ΣΑς ", "Arger"])


class Shout(Filter):  # type: ignore[misc]
    """Changes texts, rejects some, and leaves a note to whoever follows."""

    def apply(self, document: Document) -> Document:
        document.extras["seen"] = document.extras.get("seen", 0) + 1
        document.is_rejected = "!" in document.text
        return document if document.is_rejected else Document(document.text.upper() + "。", extras=document.extras)


class Pardon(Filter):  # type: ignore[misc]
    def apply(self, document: Document) -> Document:
        document.is_rejected = document.is_rejected and len(document.text) % 2 == 0
        return document


class Polite(hoji.DiscardTooShortLines):  # type: ignore[misc]
    def apply(self, document: Document) -> Document:
        return document if "です" in document.text else super().apply(document)


MIXED: list[Make] = [
    lambda: [Shout()],
    lambda: [hoji.DocumentNormalizer(), Shout(), hoji.DiscardTooShortLines(), Shout(), hoji.DocumentNormalizer()],
    lambda: [hoji.DocumentLengthFilter(2, 90), Pardon(skip_rejected=False), hoji.AcceptJapanese(), Shout()],
    lambda: [Polite(), hoji.DiscardRareKuten(skip_rejected=False)],
    lambda: [hoji.DiscardAll(p=0.3), hoji.DocumentNormalizer(p=0.5), hoji.AcceptJapanese(), hoji.DiscardAll(p=0.3)],
    lambda: [hoji.MaskPersonalInformation(), hoji.ExampleHojiChar(), hoji.CharRepetitionRatioFilter()],
]


@pytest.mark.parametrize("make", MIXED)
def test_other_filters_run_as_they_are_in_their_place(make: Make, sample: list[str]) -> None:
    screen = check(make, [*EDGES, *made(2, 300), *sample[:40]])
    assert not screen.changes_are_known


@pytest.mark.parametrize("make", [PROFILES["japanese-web"], MIXED[1]])
def test_the_batch_does_not_show(make: Make, sample: list[str]) -> None:
    texts = [*EDGES, *made(4, 100), *sample[::4]]
    screen, order = Screen(make()), random.Random(5).sample(range(len(texts)), len(texts))
    whole, shuffled = screen.apply(texts), screen.apply([texts[place] for place in order])
    assert [whole.texts[place] for place in order] == shuffled.texts
    assert [whole.details[place] for place in order] == shuffled.details
    np.testing.assert_array_equal(whole.rejected_by[order], shuffled.rejected_by)
    np.testing.assert_array_equal(whole.scores[order], shuffled.scores)
    for place, text in enumerate(texts):
        single = screen.apply([text])
        assert (single.texts[0], single.details[0]) == (whole.texts[place], whole.details[place])
        np.testing.assert_array_equal(single.scores[0], whole.scores[place])


LIMITS: list[tuple[Callable[[], Filter], str]] = [
    (lambda: hoji.DocumentLengthFilter(0, 10_000_000), "min_doc_len"),
    (lambda: hoji.DocumentLengthFilter(0, 10_000_000), "max_doc_len"),
    (hoji.DiscardRareKuten, "max_average_sentence_length"),
    (hoji.DiscardBBSComments, "max_allowed_num"),
    (hoji.DiscardAds, "max_allow_num"),
    (hoji.CharRepetitionRatioFilter, "threshold"),
    (hoji.SingleCharacterRepetitionFilter, "threshold"),
    (hoji.DiscardTooManySpecialToken, "threshold"),
    (hoji.DiscardTooShortLines, "threshold"),
    (hoji.DiscardTooManyEndingEllipsis, "threshold"),
    (DiscardRareKana, "threshold"),
]


@pytest.mark.parametrize(("make", "limit"), LIMITS)
def test_scores_decide_at_other_limits_as_hojichar(make: Callable[[], Filter], limit: str, sample: list[str]) -> None:
    each, texts = make(), [text[:1_500] for text in (*EDGES, *made(6, 60), *sample[::9])]
    screen = Screen([each])
    scores = screen.apply(texts).scores[:, 0]
    met = np.random.default_rng(0).permutation(np.unique(scores[np.isfinite(scores) & (scores > 0)]))[:6].tolist()
    for value in [near for score in met for near in (score, math.nextafter(score, 0), math.nextafter(score, 1e9))]:
        setattr(each, limit, value)
        expected = [not each.apply(Document(text)).is_rejected for text in texts]
        assert screen.passes(0, scores).tolist() == expected, value


def test_an_average_sentence_length_is_exact_at_any_limit() -> None:
    """33.3 is just below 999/30: HojiChar's quotient and the average round to different sides of it."""
    text = "あ" * 969 + "。" * 30
    screen = Screen([each := hoji.DiscardRareKuten()])
    scores = screen.apply([text]).scores[:, 0]
    for limit in (33, 33.29, 33.3, 33.300000000000004, 33.31, 34):
        each.max_average_sentence_length = limit
        assert screen.passes(0, scores)[0] != each.apply(Document(text)).is_rejected
    assert scores[0] == pytest.approx(33.3)


def test_scores_of_words_and_of_other_filters_tell_found_or_not() -> None:
    screen = Screen([hoji.DocumentNormalizer(), hoji.DiscardViolenceContentJa(), Polite()])
    seen = screen.apply(["<TEST_STRING_OF_VIOLENCE_KEYWORD>", "短い", "短いです"])
    np.testing.assert_array_equal(seen.scores, [[np.nan, 1, np.nan], [np.nan, 0, 1], [np.nan, 0, 0]])
    assert [screen.passes(place, seen.scores[1:, place]).tolist() for place in range(3)] == [[True] * 2] * 2 + [
        [False, True]
    ]


def test_details_tell_the_limits_or_the_word() -> None:
    screen = Screen([hoji.DiscardAdultContentEn(), hoji.DiscardAdultContentJa(), hoji.DocumentLengthFilter(5)])
    details = screen.apply(["a nude.", f"{PROSE}アスパラガスを食べる。", "短い", PROSE]).details
    assert details[0] == {"matched_text": "nude"}
    assert details[1]["matched_text"] == "アス" and details[1]["matched_text_neighbor"].endswith(
        "アスパラガスを食べる。"
    )
    assert details[2:] == [{"min_doc_len": 5, "max_doc_len": None}, {}]


def test_transform_changes_as_the_filters_do(sample: list[str]) -> None:
    texts = [*EDGES, *made(7, 100), *sample]
    screen = Screen(PROFILES["japanese-web"]())
    assert screen.transform(texts) == screen.apply(texts).texts


class Broken(Filter):  # type: ignore[misc]
    def __init__(self, answer: Callable[[Document], Any]) -> None:
        super().__init__()
        self.answer = answer

    def apply(self, document: Document) -> Any:
        return self.answer(document) if "猫" in document.text else document


def with_text(text: Any) -> Callable[[Document], Document]:
    return lambda document: Document(text)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda document: {}["tama"], "tama"),
        (lambda document: None, "NoneType"),
        (lambda document: document.text, "str"),
        (with_text(None), "NoneType"),
        (with_text(b"cat"), "bytes"),
        (with_text("\ud800"), "surrogates"),
    ],
)
def test_a_filter_that_fails_is_named_with_the_text(answer: Callable[[Document], Any], told: str) -> None:
    screen = Screen(Compose([hoji.DocumentNormalizer(), Broken(answer)]).filters)
    with pytest.raises(FilterFailed, match=f"1-Broken failed on text 2: .*{told}") as failed:
        screen.apply(["犬", "馬", "猫", "猫"])
    again = pickle.loads(pickle.dumps(failed.value))
    assert (again.filter, again.number, str(again)) == ("1-Broken", 2, str(failed.value))


@pytest.mark.parametrize("error", [MemoryError, OSError(28, "No space left on device")])
def test_a_full_memory_or_disk_is_not_the_filters_fault(error: Any) -> None:
    def full(document: Document) -> Document:
        raise error

    with pytest.raises((MemoryError, OSError)):
        Screen([Broken(full)]).apply(["猫"])


def test_no_filters_and_no_texts() -> None:
    assert Screen([]).apply(["猫"]).texts == ["猫"] and Screen([]).apply(["猫"]).rejected_by.tolist() == [KEPT]
    seen = Screen(PROFILES["japanese-web"]()).apply([])
    assert (seen.texts, seen.details, seen.scores.shape) == ([], [], (0, 14))
