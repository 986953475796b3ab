"""Limits of HojiChar's filters set by name, as ``CharRepetitionRatioFilter.threshold=0.4``."""

import math
from collections.abc import Sequence

from hojichar import Filter

from hagane.core.errors import UsageError

# What filters compare a document's score with; their other arguments change the score itself.
LIMITS = (
    "threshold",
    "min_doc_len",
    "max_doc_len",
    "max_average_sentence_length",
    "max_allowed_num",
    "max_allow_num",
)


def limits_of(each: Filter) -> dict[str, float]:
    return {name: getattr(each, name) for name in LIMITS if hasattr(each, name)}


def set_thresholds(filters: Sequence[Filter], thresholds: Sequence[str]) -> None:
    """Set limits of the filters; UsageError, with those that there are, for one that none has or that is no number."""
    for threshold in thresholds:
        place, _, value = threshold.partition("=")
        name, _, limit = place.strip().partition(".")
        found = [each for each in filters if type(each).__name__ == name and limit in limits_of(each)]
        if not found:
            known = [f"{type(each).__name__}.{k}={v}" for each in filters for k, v in limits_of(each).items()]
            raise UsageError("no such threshold", threshold, f"the profile has {', '.join(known) or 'none'}")
        for each in found:
            setattr(each, limit, number(threshold, value))


def number(threshold: str, value: str) -> float:
    try:
        limit = float(value)
    except ValueError:
        limit = math.nan
    if math.isnan(limit):
        raise UsageError("a threshold wants FILTER.LIMIT=NUMBER", threshold)
    return int(limit) if limit.is_integer() else limit
