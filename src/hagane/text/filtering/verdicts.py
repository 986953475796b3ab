"""Why a document was rejected, in words that do not depend on how the decision came about."""

import json
import math
from collections.abc import Sequence
from typing import Any

from hojichar import Filter

from hagane.text.filtering.screening.screen import KEPT, Screened
from hagane.text.filtering.thresholds import limits_of


def evidence(filters: Sequence[Filter], screened: Screened) -> list[dict[str, Any]]:
    """Of each document what a filter without limits told of its rejection: the word that it found, say."""
    limited = [bool(limits_of(each)) for each in filters]
    told = zip(screened.rejected_by.tolist(), screened.details, strict=True)
    return [{} if number == KEPT or limited[number] else details for number, details in told]


def verdicts(filters: Sequence[Filter], screened: Screened, found: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """Columns of the rejected documents: the rule, and its limits and score, or else its evidence, as JSON."""
    names, limits = [type(each).__name__ for each in filters], [limits_of(each) for each in filters]
    rejected = [(row, number) for row, number in enumerate(screened.rejected_by.tolist()) if number != KEPT]
    details = [
        {"score": finite(screened.scores[row, number])} | limits[number] if limits[number] else found[row]
        for row, number in rejected
    ]
    return {
        "rule": [names[number] for _, number in rejected],
        "detail": [json.dumps(detail, ensure_ascii=False) for detail in details],
    }


def finite(score: float) -> float | None:
    """The score, or None where there is nothing to divide by, which JSON has no number for."""
    return score if math.isfinite(score) else None
