"""The one training loop: it serves every objective and knows no tracker."""

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from hagane.core.errors import NonFinite, Preempted
from hagane.events import metric, progress
from hagane.training.checkpoints import State, load_checkpoint, save_checkpoint
from hagane.training.device import autocast
from hagane.training.interruption import stop_requests
from hagane.training.schedules import ScheduleName, learning_rate_factor

REPORTS = 100  # points of the loss curve (ours)

Batches = Callable[[int, int], Any]  # samples number start to stop, in the order of the training
Sizes = Callable[[int, int], int]  # how many units, such as tokens to predict, samples number start to stop hold
Objective = Callable[[Any], Tensor]  # the mean loss of a batch over its units
Validation = Callable[[], float]


@dataclass(frozen=True)
class Plan:
    """How many samples to see, in which portions, at which learning rate."""

    samples: int  # to visit in all, each epoch counted
    batch_size: int  # samples of a micro-batch
    accumulation: int  # micro-batches of an optimizer update
    learning_rate: float
    minimum_ratio: float
    warmup_steps: int
    schedule: ScheduleName
    clip: float  # global norm of the gradient
    precision: Literal["bf16", "fp32"]
    validate_every: int  # updates; 0 for only at the end
    checkpoint_every: int  # updates; 0 for only on request
    unit: str  # what a loss is the mean over and a throughput counts

    @property
    def updates(self) -> int:
        return math.ceil(self.samples / (self.batch_size * self.accumulation))

    def window(self, update: int) -> range:
        """The first samples of an update's micro-batches; the last update takes what is left."""
        size = self.batch_size * self.accumulation
        return range(update * size, min((update + 1) * size, self.samples), self.batch_size)

    def rate(self, update: int) -> float:
        factor = learning_rate_factor(update, self.updates, self.warmup_steps, self.schedule, self.minimum_ratio)
        return self.learning_rate * factor


@dataclass
class History:
    """How far a training is and what it saw; a part of its checkpoints."""

    update: int = 0
    recent: list[float] = field(default_factory=list)  # losses since the last point of the curve
    train_loss: list[tuple[int, float]] = field(default_factory=list)  # (update, mean loss since the point before)
    validation_loss: list[tuple[int, float]] = field(default_factory=list)


@dataclass
class Throughput:
    """Of this process alone, without validation and checkpoints."""

    units: int = 0
    seconds: float = 0.0

    def add(self, units: int, seconds: float) -> None:
        self.units += units
        self.seconds += seconds

    @property
    def units_per_second(self) -> float:
        return self.units / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Training:
    """What is trained, on what, where."""

    model: nn.Module
    objective: Objective
    optimizer: torch.optim.Optimizer
    batches: Batches
    sizes: Sizes
    validation: Validation | None
    plan: Plan
    device: torch.device
    work: Path  # checkpoints; a file ``stop`` in it asks for one and an end
    sampler: Mapping[str, Any]  # what the batches depend on beside the plan: data, order, seed

    def fingerprint(self) -> dict[str, Any]:
        """What a checkpoint must agree in: shapes, optimizer and sampler."""
        fixed = [{k: v for k, v in g.items() if k not in ("params", "lr")} for g in self.optimizer.param_groups]
        plan = {name: getattr(self.plan, name) for name in ("samples", "batch_size", "accumulation", "precision")}
        content = {
            "shapes": {name: [*p.shape, str(p.dtype)] for name, p in self.model.named_parameters()},
            "optimizer": [type(self.optimizer).__name__, fixed],
            "sampler": {**self.sampler, **plan},
        }
        normalised: dict[str, Any] = json.loads(json.dumps(content))
        return normalised


def train(training: Training) -> tuple[History, Throughput]:
    """Train to the plan's end, from the newest sound checkpoint if there is one.

    On request (SIGTERM, SIGINT, a stop file) it ends the update, saves and raises Preempted. With the same threads a
    resumed training ends with the same bits as an undisturbed one. NonFinite if a loss or gradient is not finite.
    """
    history, throughput, plan = resume(training), Throughput(), training.plan
    training.model.train()
    with stop_requests(training.work) as stop_requested:
        while history.update < plan.updates:
            started = time.perf_counter()
            loss, norm, units = update_weights(training, history.update)
            throughput.add(units, time.perf_counter() - started)
            history.update += 1
            report(history, throughput, plan, loss, norm)
            if is_due(history.update, plan.validate_every, plan.updates):
                validate(training, history)
            stopping = stop_requested() and history.update < plan.updates
            if stopping or (plan.checkpoint_every and history.update % plan.checkpoint_every == 0):
                save_checkpoint(training.work, history.update, state_of(training, history), training.fingerprint())
            if stopping:
                raise Preempted(f"stopped on request at step {history.update} of {plan.updates}; a checkpoint is kept")
    return history, throughput


def update_weights(training: Training, update: int) -> tuple[float, float, int]:
    """One optimizer update over its micro-batches: the mean loss of its units, the gradient's norm, the units."""
    plan, window = training.plan, training.plan.window(update)
    units = training.sizes(window.start, window.stop)
    total = torch.zeros((), device=training.device)
    for start in window:
        stop = min(start + plan.batch_size, window.stop)
        with autocast(plan.precision, training.device):
            loss = training.objective(training.batches(start, stop))
        loss = loss * (training.sizes(start, stop) / units)
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.detach()
    norm = float(nn.utils.clip_grad_norm_(training.model.parameters(), plan.clip))
    check_finite(float(total), norm, update + 1)
    for group in training.optimizer.param_groups:
        group["lr"] = plan.rate(update)
    training.optimizer.step()
    training.optimizer.zero_grad(set_to_none=True)
    return float(total), norm, units


def check_finite(loss: float, norm: float, step: int) -> None:
    for name, value in (("loss", loss), ("norm of the gradient", norm)):
        if not math.isfinite(value):
            raise NonFinite(f"the {name} at step {step} is not finite", value, "lower learning_rate, or warm up longer")


def is_due(update: int, every: int, updates: int) -> bool:
    return update == updates or (every > 0 and update % every == 0)


def report(history: History, throughput: Throughput, plan: Plan, loss: float, norm: float) -> None:
    step, rate = history.update, throughput.units_per_second
    history.recent.append(loss)
    progress(step, plan.updates, "steps", f"loss {loss:.3f}, {rate:,.0f} {plan.unit}/s")
    if is_due(step, max(1, plan.updates // REPORTS), plan.updates):
        mean = sum(history.recent) / len(history.recent)
        history.train_loss.append((step, mean))
        history.recent.clear()
        for name, value in (("train_loss", mean), ("learning_rate", plan.rate(step - 1)), ("gradient_norm", norm)):
            metric(name, value, step)


def validate(training: Training, history: History) -> None:
    if training.validation is None:
        return
    training.model.eval()
    with torch.no_grad(), autocast(training.plan.precision, training.device):
        loss = training.validation()
    training.model.train()
    history.validation_loss.append((history.update, loss))
    metric("validation_loss", loss, history.update)


def state_of(training: Training, history: History) -> State:
    """Everything that the rest of a training depends on; its schedule and samples follow from ``history.update``."""
    return {
        "model": training.model.state_dict(),
        "optimizer": training.optimizer.state_dict(),
        "history": asdict(history),
        "random": torch.get_rng_state(),
        "random_cuda": torch.cuda.get_rng_state_all(),
    }


def resume(training: Training) -> History:
    state = load_checkpoint(training.work, training.fingerprint(), training.device)
    if state is None:
        return History()
    training.model.load_state_dict(state["model"])
    training.optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"].cpu())
    torch.cuda.set_rng_state_all([random.cpu() for random in state["random_cuda"]])
    return History(**state["history"])
