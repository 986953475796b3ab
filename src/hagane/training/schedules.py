"""Learning-rate schedules, as a factor of the peak."""

import math
from typing import Literal

ScheduleName = Literal["linear", "cosine"]


def learning_rate_factor(update: int, updates: int, warmup: int, schedule: ScheduleName, minimum: float) -> float:
    """The factor at optimizer update ``update`` (from 0) of ``updates``.

    It rises linearly, from ``1 / warmup`` and not from 0, which would waste an update, to 1 at update ``warmup - 1``;
    then falls towards ``minimum``, on a line or on half a cosine (Loshchilov and Hutter 2017, SGDR, equation 5).
    """
    if update < warmup:
        return (update + 1) / warmup
    passed = (update - warmup) / max(1, updates - warmup)
    left = 1 - passed if schedule == "linear" else (1 + math.cos(math.pi * passed)) / 2
    return minimum + (1 - minimum) * left
