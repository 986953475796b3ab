"""Texts through a sequence of HojiChar filters, by faster rules where a filter is known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, reduce
from typing import Any

import numpy as np
import numpy.typing as npt
from hojichar import Document, Filter

from hagane.core.errors import BadInput
from hagane.text.filtering.screening.rules import Change, Rule, known
from hagane.text.filtering.screening.text import Text
from hagane.text.filtering.screening.word_lists import WordLists

KEPT = -1
SETTINGS = {"name", "p", "skip_rejected", "use_batch", "batch_size"}  # of every filter: no news in a rejection
FOUND = {"matched_text", "matched_text_neighbor"}  # by a word list, in whatever it rejected last
Scores = npt.NDArray[np.float64]


class FilterFailed(BadInput):
    """A filter raised, or left what is no document; ``number`` is the text's, ``filter`` HojiChar's name for it."""

    def __init__(self, filter: str, number: int, error: Exception) -> None:
        super().__init__(f"{filter} failed on text {number}", fix=repr(error))
        self.filter, self.number, self.error = filter, number, error

    def __reduce__(self) -> tuple[type, tuple[str, int, Exception]]:  # a worker sends it to the process that waits
        return type(self), (self.filter, self.number, self.error)


@dataclass(frozen=True)
class Screened:
    """What the filters made of texts.

    A score is what a filter compares with its limit, infinite for the sentence length without any 。. It is 1 or 0
    for words found or not, kana missing or not, and a filter that runs as it is; NaN for one that was not asked or only
    changes texts.
    """

    texts: list[str]  # as the filters left them
    rejected_by: npt.NDArray[np.int32]  # (texts,): the filter's number in the sequence, or KEPT
    scores: Scores  # (texts, filters)
    details: list[dict[str, Any]]  # limits of the filter that rejected, and the words that it found; {} if kept


@dataclass
class Passage:
    """A text on its way; ``text`` is the document's own."""

    document: Document
    text: Text


class Screen:
    """A sequence of filters, with the decisions and texts of HojiChar's ``Compose``: each text through all of them."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        lists = WordLists()
        self.filters = list(filters)
        self.names = [type(each).__name__ for each in self.filters]
        self.rules = [known(each, lists) for each in self.filters]

    def apply(self, texts: Sequence[str]) -> Screened:
        """Screen texts without lone surrogates; FilterFailed (BadInput) if a filter fails."""
        scores = np.full((len(texts), len(self.filters)), np.nan)
        rejected_by = np.full(len(texts), KEPT, np.int32)
        documents = []
        for number, text in enumerate(texts):
            document, rejected_by[number] = self._screen(text, number, scores[number])
            documents.append(document)
        return Screened([each.text for each in documents], rejected_by, scores, [detail(each) for each in documents])

    def _screen(self, text: str, number: int, scores: Scores) -> tuple[Document, int]:
        passage, rejected_by = Passage(Document(text), Text(text)), KEPT
        for place, (each, rule) in enumerate(zip(self.filters, self.rules, strict=True)):
            if passage.document.is_rejected and each.skip_rejected:
                continue
            try:
                scores[place] = ask(each, rule, passage)
            except (MemoryError, OSError):
                raise
            except Exception as error:  # whatever a user's filter raises
                raise FilterFailed(each.name, number, error) from error
            if not passage.document.is_rejected:
                rejected_by = KEPT
            elif rejected_by == KEPT:
                rejected_by = place
        return passage.document, rejected_by

    def transform(self, texts: Sequence[str]) -> list[str]:
        """What the filters make of texts that are known to pass them all; exact if ``changes_are_known``."""
        changes = [rule.transform for rule in self.rules if isinstance(rule, Change)]
        return [reduce(lambda text, change: change(text), changes, Text(text)).string for text in texts]

    @property
    def changes_are_known(self) -> bool:
        """False if a filter runs as it is, for it may change texts."""
        return None not in self.rules

    def passes(self, number: int, scores: Scores) -> npt.NDArray[np.bool_]:
        """``(texts,)``: whether filter ``number``, with the limits it has now, passes texts of these scores."""
        rule = self.rules[number]
        if isinstance(rule, Change):
            return np.ones(len(scores), np.bool_)
        return ~np.asarray(rule.rejects(scores) if rule else scores > 0, np.bool_)


def ask(each: Filter, rule: Rule | Change | None, passage: Passage) -> float:
    """Put a passage to a filter, or to the rule for it; the score."""
    if rule is None:
        return ask_as_it_is(each, passage)
    if isinstance(rule, Change):
        passage.text = rule.transform(passage.text)
        passage.document.text = passage.text.string
        return math.nan
    score = float(rule.score(passage.text))
    if rule.rejects(score):
        passage.document.is_rejected = True
        passage.document.reject_reason = settings(each) | rule.evidence(passage.text)
    return score


@cache
def settings(each: Filter) -> dict[str, Any]:
    """What HojiChar tells of a filter beside what it found; to ask for it takes as long as to filter a page."""
    return dict(each.get_jsonable_vars(exclude_keys=FOUND))


def ask_as_it_is(each: Filter, passage: Passage) -> float:
    document = each._apply(passage.document)
    if not isinstance(document, Document):
        raise TypeError(f"it returned {document!r}, which is no Document")
    passage.document = document
    if document.text is not passage.text.string:
        passage.text = Text(document.text)
    return float(bool(document.is_rejected))


def detail(document: Document) -> dict[str, Any]:
    reason = document.reject_reason if document.is_rejected else {}
    return {name: value for name, value in reason.items() if name not in SETTINGS}
