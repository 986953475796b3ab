"""HojiChar's filters that are known here: what each compares with its limits, computed faster.

A rule takes its parameters from the filter and compares as the filter's ``apply`` does, so the decision is the same.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hojichar import Filter
from hojichar.filters import document_filters as hoji

from hagane.text.filtering.filters import DiscardRareKana
from hagane.text.filtering.screening.repetition import repetition_ratio, run_lengths
from hagane.text.filtering.screening.text import Text, members
from hagane.text.filtering.screening.word_lists import WordLists, matches_in_turn
from hagane.text.normalization import normalized

SPACES = [chr(code) for code in range(0x3001) if chr(code).isspace()]  # where ``str.split`` splits
NEIGHBORHOOD = 20  # characters on each side of a word found, as HojiChar shows them


@dataclass(frozen=True)
class Rule:
    """``rejects`` takes one score or an array; ``evidence`` tells why of a text that it rejects, beside the limits."""

    score: Callable[[Text], float]
    rejects: Callable[[Any], Any]
    evidence: Callable[[Text], dict[str, str]] = lambda text: {}


@dataclass(frozen=True)
class Change:
    """A filter that passes all texts, and what it makes of them."""

    transform: Callable[[Text], Text]


def known(each: Filter, lists: WordLists) -> Rule | Change | None:
    """None for another class, even a subclass, and for settings under which no rule here decides as the filter."""
    if each.p != 1 or not each.skip_rejected:
        return None
    if type(each) in LISTS:
        return LISTS[type(each)](each, lists)
    return RULES[type(each)](each) if type(each) in RULES else None


def normalizer(each: hoji.DocumentNormalizer) -> Change:
    return Change(normalized)


def length(each: hoji.DocumentLengthFilter) -> Rule:
    def rejects(score: Any) -> Any:
        least, most = each.min_doc_len, each.max_doc_len
        return (score < (-math.inf if least is None else least)) | ((math.inf if most is None else most) < score)

    return Rule(lambda text: len(text.string), rejects)


def japanese(each: hoji.AcceptJapanese) -> Rule | None:
    def score(text: Text) -> float:
        return each.hiragana_katakana_pat.search(text.string, 0, each.lookup_size) is None

    return Rule(score, lambda score: score > 0) if each.lookup_size >= 0 else None


def rare_kuten(each: hoji.DiscardRareKuten) -> Rule | None:
    """Scored by the average sentence length, infinite without any 。.

    It is HojiChar's, the least limit that passes the text, to the last bit: stops < characters / limit rounds
    elsewhere than characters / stops.
    """

    def score(text: Text) -> float:
        characters, stops = len(text.string), text.string.count("。")
        if not stops:
            return math.inf if characters else 0.0
        average = characters / stops
        while stops < characters / average:
            average = math.nextafter(average, math.inf)
        while stops >= characters / (less := math.nextafter(average, 0)):
            average = less
        return average

    limit = each.max_average_sentence_length
    return Rule(score, lambda score: score > each.max_average_sentence_length) if limit > 0 else None


def rare_kana(each: DiscardRareKana) -> Rule:
    kana, spaces = members("ぁ-ん", "ァ-ヴ", "ー"), members(*SPACES)

    def score(text: Text) -> float:
        return text.count(kana) / max(len(text.string) - text.count(spaces), 1)

    return Rule(score, lambda score: score < each.threshold)


def special_tokens(each: hoji.DiscardTooManySpecialToken) -> Rule:
    special = members(*(token for token in each.special_characters if len(token) == 1))
    return Rule(lambda text: text.count(special) / max(len(text.string), 1), lambda score: score > each.threshold)


def comments(each: hoji.DiscardBBSComments) -> Rule:
    return Rule(lambda text: len(each.keyword_pat.findall(text.string)), lambda score: score > each.max_allowed_num)


def character_repetition(each: hoji.CharRepetitionRatioFilter) -> Rule | None:
    size = each.ngram_size
    return Rule(lambda text: repetition_ratio(text, size), lambda score: score >= each.threshold) if size > 0 else None


def longest_run(each: hoji.SingleCharacterRepetitionFilter) -> Rule:
    def score(text: Text) -> float:
        return int(run_lengths(text.points).max()) if text.string else -math.inf

    return Rule(score, lambda score: score >= each.threshold)


def short_lines(each: hoji.DiscardTooShortLines) -> Rule:
    def score(text: Text) -> float:
        lines = text.string.split("\n")
        return len([line for line in lines if len(line) <= each.minimum_line_length]) / len(lines)

    return Rule(score, lambda score: score > each.threshold)


def ending_ellipsis(each: hoji.DiscardTooManyEndingEllipsis) -> Rule:
    def score(text: Text) -> float:
        endings = text.string.count("...\n") + text.string.count("…\n")
        return endings / max(text.string.count("\n"), 1)

    return Rule(score, lambda score: score > each.threshold)


def japanese_words(each: hoji.NgWordsFilterJa, lists: WordLists) -> Rule | None:
    if (number := lists.add_japanese(each.keyword_pat)) is None:
        return None

    def evidence(text: Text) -> dict[str, str]:
        first, _, _ = min(lists.find(text, number))
        start = len(text.utf8[:first].decode())
        word = each.keyword_pat.match(text.string, start).group()
        neighborhood = text.string[start - NEIGHBORHOOD : start + len(word) + NEIGHBORHOOD]
        return {"matched_text": word, "matched_text_neighbor": neighborhood}

    return Rule(lambda text: bool(lists.find(text, number)), lambda score: score > 0, evidence)


def english_words(each: hoji.NgWordsFilterEn, lists: WordLists) -> Rule | None:
    if (number := lists.add_english(each.keyword_pat)) is None:
        return None

    def score(text: Text) -> float:
        if lists.find(text, lists.caseless):
            return each.keyword_pat.search(text.string) is not None
        return bool(lists.find(text, number))

    return Rule(score, lambda score: score > 0, lambda text: {"matched_text": each.keyword_pat.search(text.string)[1]})


def ads(each: hoji.DiscardAds, lists: WordLists) -> Rule | None:
    if (number := lists.add_japanese(each.keyword_pat)) is None:
        return None
    return Rule(lambda text: matches_in_turn(lists.find(text, number)), lambda score: score > each.max_allow_num)


RULES: dict[type[Filter], Callable[[Any], Rule | Change | None]] = {
    hoji.DocumentNormalizer: normalizer,
    hoji.DocumentLengthFilter: length,
    hoji.AcceptJapanese: japanese,
    hoji.DiscardRareKuten: rare_kuten,
    DiscardRareKana: rare_kana,
    hoji.DiscardTooManySpecialToken: special_tokens,
    hoji.DiscardBBSComments: comments,
    hoji.CharRepetitionRatioFilter: character_repetition,
    hoji.SingleCharacterRepetitionFilter: longest_run,
    hoji.DiscardTooShortLines: short_lines,
    hoji.DiscardTooManyEndingEllipsis: ending_ellipsis,
}
LISTS: dict[type[Filter], Callable[[Any, WordLists], Rule | None]] = {
    hoji.NgWordsFilterJa: japanese_words,
    hoji.DiscardAdultContentJa: japanese_words,
    hoji.DiscardDiscriminationContentJa: japanese_words,
    hoji.DiscardViolenceContentJa: japanese_words,
    hoji.NgWordsFilterEn: english_words,
    hoji.DiscardAdultContentEn: english_words,
    hoji.DiscardAds: ads,
}
