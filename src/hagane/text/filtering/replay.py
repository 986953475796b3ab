"""Other limits on the scores of an earlier run: a text is read again only where its scores do not decide."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hagane.text.filtering.scores import Known
from hagane.text.filtering.screening.rules import Change
from hagane.text.filtering.screening.screen import KEPT, FilterFailed, Screen, Screened
from hagane.text.filtering.thresholds import limits_of

UNDECIDED = -2  # a filter must be asked that was not


def replayable(screen: Screen) -> bool:
    """Whether scores can decide: not where chance does, or a filter looks at rejected documents too."""
    return all(each.p == 1 and each.skip_rejected for each in screen.filters)


def replay(screen: Screen, texts: Sequence[str], known: Known) -> tuple[Screened, int]:
    """What ``screen.apply(texts)`` gives, but for the texts of rejected documents; and how many no filter read."""
    decided = decide(screen, known.scores)
    if not screen.changes_are_known:
        decided[decided == KEPT] = UNDECIDED
    kept, undecided = np.flatnonzero(decided == KEPT), np.flatnonzero(decided == UNDECIDED)
    try:
        seen = screen.apply([texts[number] for number in undecided.tolist()])
    except FilterFailed as failed:
        raise FilterFailed(failed.filter, int(undecided[failed.number]), failed.error) from failed.error
    left, evidence = np.array(texts, dtype=object), np.array(known.evidence, dtype=object)
    left[kept] = screen.transform([texts[number] for number in kept.tolist()])
    left[undecided], evidence[undecided] = seen.texts, seen.details
    scores = known.scores.copy()
    scores[np.arange(scores.shape[1]) > np.where(decided < 0, scores.shape[1], decided)[:, None]] = np.nan
    scores[undecided], decided[undecided] = seen.scores, seen.rejected_by
    return Screened(left.tolist(), decided, scores, evidence.tolist()), len(texts) - len(undecided)


def decide(screen: Screen, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """``(texts,)``: the first filter whose limits the score does not keep, KEPT, or UNDECIDED."""
    decided = np.full(len(scores), KEPT, np.int32)
    for number, (each, rule) in enumerate(zip(screen.filters, screen.rules, strict=True)):
        if isinstance(rule, Change):
            continue
        column, waiting = scores[:, number], decided == KEPT
        unknown = np.isnan(column) if rule or not limits_of(each) else np.ones(len(column), bool)
        decided[waiting & unknown] = UNDECIDED
        decided[waiting & ~unknown & ~screen.passes(number, column)] = number
    return decided
