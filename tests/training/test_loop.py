import math
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from hagane.core.errors import NonFinite, Preempted
from hagane.training.loop import Plan, Training, train

SAMPLES = torch.randn(11, 5, generator=torch.Generator().manual_seed(0))


def plan(**changes: Any) -> Plan:
    settled: dict[str, Any] = {
        "samples": 22,
        "batch_size": 2,
        "accumulation": 2,
        "learning_rate": 0.1,
        "minimum_ratio": 0.0,
        "warmup_steps": 2,
        "schedule": "linear",
        "clip": 0.5,
        "precision": "fp32",
        "validate_every": 0,
        "checkpoint_every": 0,
        "unit": "features",
    }
    return Plan(**(settled | changes))


def regression(work: Path, settled: Plan, hook: Any = None) -> Training:
    """Linear regression of the last column on the others: a Training without anything of language in it."""
    torch.manual_seed(0)
    model = nn.Linear(4, 1)

    def objective(batch: Tensor) -> Tensor:
        return nn.functional.mse_loss(model(batch[:, :4]).squeeze(1), batch[:, 4])

    def batches(start: int, stop: int) -> Tensor:
        if hook:
            hook(start)
        return SAMPLES[[number % len(SAMPLES) for number in range(start, stop)]]

    def validation() -> float:
        return float(objective(SAMPLES))

    return Training(
        model=model,
        objective=objective,
        optimizer=torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.1),
        batches=batches,
        sizes=lambda start, stop: stop - start,
        validation=validation,
        plan=settled,
        device=torch.device("cpu"),
        work=work,
        sampler={"seed": 0},
    )


def weights(training: Training) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in training.model.parameters()]


def test_it_equals_a_loop_written_by_hand_with_its_last_partial_window(tmp_path: Path) -> None:
    training, by_hand = regression(tmp_path / "a", plan()), regression(tmp_path / "b", plan())
    factors = [1 / 2, 1, 1, 3 / 4, 2 / 4, 1 / 4]
    for update, start in enumerate(range(0, 22, 4)):  # 22 samples: five windows of 4 and one of 2
        by_hand.objective(by_hand.batches(start, min(start + 4, 22))).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(by_hand.model.parameters(), 0.5)
        by_hand.optimizer.param_groups[0]["lr"] = 0.1 * factors[update]
        by_hand.optimizer.step()
        by_hand.optimizer.zero_grad()
    history, _ = train(training)
    assert history.update == training.plan.updates == 6
    torch.testing.assert_close(weights(training), weights(by_hand))


def test_the_loss_curve_averages_and_validation_comes_when_due_and_at_the_end(tmp_path: Path) -> None:
    history, throughput = train(regression(tmp_path, plan(validate_every=4)))
    assert [step for step, _ in history.train_loss] == [1, 2, 3, 4, 5, 6]
    assert [step for step, _ in history.validation_loss] == [4, 6]
    assert history.validation_loss[-1][1] < history.train_loss[0][1]
    assert throughput.units == 22


@pytest.mark.parametrize("way", ["file", "SIGTERM", "SIGINT"])
def test_a_request_saves_and_a_resume_ends_with_the_same_bits(way: str, tmp_path: Path) -> None:
    undisturbed = regression(tmp_path / "a", plan())
    train(undisturbed)

    def ask(start: int) -> None:
        if start == 9 - 1:  # within the third update
            (tmp_path / "stop").touch() if way == "file" else os.kill(os.getpid(), getattr(signal, way))

    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with pytest.raises(Preempted, match="step 3 of 6"):
        train(regression(tmp_path, plan(), ask))
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
    assert not (tmp_path / "stop").exists()
    resumed = regression(tmp_path, plan())
    history, throughput = train(resumed)
    assert throughput.units == 22 - 12
    assert len(history.train_loss) == 6
    assert all(map(torch.equal, weights(resumed), weights(undisturbed)))


def test_a_request_during_the_last_update_lets_it_end(tmp_path: Path) -> None:
    history, _ = train(regression(tmp_path, plan(), lambda start: start == 20 and (tmp_path / "stop").touch()))
    assert history.update == 6


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_with_its_step(value: float, tmp_path: Path) -> None:
    training = regression(tmp_path, plan())
    poisoned = Training(
        **(vars(training) | {"batches": lambda start, stop: SAMPLES[:2] * (value if start >= 8 else 1)})
    )
    with pytest.raises(NonFinite, match="loss at step 3"):
        train(poisoned)


def test_a_gradient_that_is_not_finite_stops_too(tmp_path: Path) -> None:
    training = regression(tmp_path, plan())
    training.model.weight.register_hook(lambda gradient: gradient * math.inf)  # type: ignore[operator, union-attr]
    with pytest.raises(NonFinite, match="gradient at step 1"):
        train(training)
