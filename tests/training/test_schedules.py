import pytest
import torch
from transformers import get_cosine_with_min_lr_schedule_with_warmup, get_linear_schedule_with_warmup

from hagane.training.schedules import learning_rate_factor

WARMUP, UPDATES = 5, 40


def test_both_schedules_are_those_of_transformers() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    linear = get_linear_schedule_with_warmup(optimizer, WARMUP, UPDATES).lr_lambdas[0]
    cosine = get_cosine_with_min_lr_schedule_with_warmup(optimizer, WARMUP, UPDATES, min_lr=0.1).lr_lambdas[0]
    for update in range(UPDATES):
        theirs = update + 1 if update < WARMUP else update  # theirs begins with a rate of 0
        assert learning_rate_factor(update, UPDATES, WARMUP, "linear", 0.0) == pytest.approx(linear(theirs))
        assert learning_rate_factor(update, UPDATES, WARMUP, "cosine", 0.1) == pytest.approx(cosine(theirs))


@pytest.mark.parametrize("warmup", [0, 3, 100])
def test_no_update_is_wasted_and_none_exceeds_the_peak(warmup: int) -> None:
    factors = [learning_rate_factor(update, 20, warmup, "linear", 0.0) for update in range(20)]
    assert all(0 < factor <= 1 for factor in factors)
