"""Pretraining of decoder-only language models."""

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.events import warn
from hagane.models.folder import save_model
from hagane.models.shapes import SpecialTokens, build_model, flops_per_token, model_config, parameter_count
from hagane.storage.files import write_whole
from hagane.storage.tokens import TokenStream, order
from hagane.tokenizers.folder import load
from hagane.training.cross_entropy import linear_cross_entropy
from hagane.training.device import Precision, best_device, memory_errors, reproducible, resolve
from hagane.training.loop import History, Plan, Throughput, Training, train
from hagane.training.schedules import ScheduleName

RECORD = "training.json"
EPSILON = 1e-8  # of AdamW: rinna's train.py and GPT-NeoX's configurations agree
VALIDATION_TOKENS = 100_000  # at most so many in one validation (ours)
RANGES: tuple[tuple[str, Callable[[float], bool], tuple[str, ...]], ...] = (
    ("more than 0", lambda value: value > 0, ("context", "steps", "epochs", "batch_size", "accumulation")),
    ("more than 0", lambda value: value > 0, ("learning_rate", "clip")),
    ("0 or more", lambda value: value >= 0, ("warmup_steps", "weight_decay", "validate_every", "seed")),
    ("0 to below 1", lambda value: 0 <= value < 1, ("dropout", "beta1", "beta2")),
    ("a share from 0 to 1", lambda value: 0 <= value <= 1, ("minimum_learning_rate",)),
)
LESS_MEMORY = "lower batch_size and raise accumulation as much, or set activation_checkpointing"


@dataclass(frozen=True)
class Recipe:
    """The settings of PretrainLanguageModel, under their names there."""

    shape: str
    context: int | None
    steps: int | None
    epochs: int
    batch_size: int
    accumulation: int
    learning_rate: float
    minimum_learning_rate: float
    warmup_steps: int
    schedule: ScheduleName
    beta1: float
    beta2: float
    weight_decay: float
    clip: float
    dropout: float
    seed: int
    precision: Precision
    threads: int
    activation_checkpointing: bool
    validate_every: int


def pretrain(
    tokens: Path,
    tokenizer: Path,
    output: Path,
    work: Path,
    recipe: Recipe,
    checkpoint_every: int,
    peak_tflops: float | None,
) -> Result:
    """Train a model of the recipe's shape on the train split and save it with ``training.json``, its record."""
    check_recipe(recipe)
    data, held_out = TokenStream(tokens, "train"), TokenStream(tokens, "validation")
    check_tokenizer(tokenizer, data.meta.vocab_size)
    special = SpecialTokens(data.meta.bos, data.meta.eos)
    config = model_config(recipe.shape, data.meta.vocab_size, special, recipe.context, recipe.dropout)
    context = int(config.max_position_embeddings)
    check_data(data, context, int(config.vocab_size))
    with reproducible(recipe.threads), memory_errors(LESS_MEMORY):
        model = build_model(config, recipe.seed).to(best_device())
        plan = make_plan(recipe, data, context, checkpoint_every)
        training = language_model_training(model, data, held_out, recipe, plan, work)
        history, throughput = train(training)
        save_model(model, output)
    write_record(output, recipe, plan, data, history, parameter_count(model))
    speed = throughput_metrics(throughput, plan, flops_per_token(model, config, context), peak_tflops)
    return Result(final_losses(history) | speed, loss_curves(history))


def check_recipe(recipe: Recipe) -> None:
    """UsageError for a number that makes no sense; None is for the default."""
    for wanted, accepts, names in RANGES:
        for name in names:
            if (value := getattr(recipe, name)) is not None and not accepts(value):
                raise UsageError(f"{name} wants {wanted}", value)


def check_tokenizer(tokenizer: Path, vocab_size: int) -> None:
    pieces = load(tokenizer).get_piece_size()
    if pieces != vocab_size:
        fix = f"it has {pieces} pieces: pack the tokens with it"
        raise BadInput("the tokens were packed with another tokenizer, of so many pieces", vocab_size, fix)


def check_data(data: TokenStream, context: int, vocab_size: int) -> None:
    """BadInput if the data give no sample, or hold an id that the model does not have."""
    if not data.samples(context):
        fix = f"a sample takes {context + 1}: add documents or lower context"
        raise BadInput("too few tokens to train on", len(data), fix)
    if (largest := max(int(part.max()) for part in data.parts if len(part))) >= vocab_size:
        raise BadInput(f"a token id lies outside the vocabulary of {vocab_size}", largest, "pack the tokens again")


def make_plan(recipe: Recipe, data: TokenStream, context: int, checkpoint_every: int) -> Plan:
    per_update = recipe.batch_size * recipe.accumulation
    samples = recipe.steps * per_update if recipe.steps else recipe.epochs * data.samples(context)
    return Plan(
        samples=samples,
        batch_size=recipe.batch_size,
        accumulation=recipe.accumulation,
        learning_rate=recipe.learning_rate,
        minimum_ratio=recipe.minimum_learning_rate,
        warmup_steps=recipe.warmup_steps,
        schedule=recipe.schedule,
        clip=recipe.clip,
        precision=resolve(recipe.precision, best_device()),
        validate_every=recipe.validate_every,
        checkpoint_every=checkpoint_every,
        sample_size=context,
        unit="tokens",
    )


def language_model_training(
    model: Any, data: TokenStream, held_out: TokenStream, recipe: Recipe, plan: Plan, work: Path
) -> Training:
    device, context = model.device, plan.sample_size
    if recipe.activation_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})

    def objective(batch: npt.NDArray[np.int64]) -> Tensor:
        return causal_loss(model, torch.from_numpy(batch).to(device))

    def validation() -> float:
        parts = list(validation_batches(held_out, context, recipe.batch_size))
        weights = [batch.shape[0] * (batch.shape[1] - 1) for batch in parts]
        losses = [float(objective(batch)) for batch in parts]
        return float(np.average(losses, weights=weights))

    if len(held_out) < 2:
        warn(f"the validation split holds {len(held_out)} tokens: no validation loss")
    return Training(
        model=model,
        objective=objective,
        optimizer=adamw(model, recipe),
        batches=sampler(data, context, recipe.seed),
        validation=validation if len(held_out) > 1 else None,
        plan=plan,
        device=device,
        work=work,
        sampler={"seed": recipe.seed, "context": context, "tokens": len(data), "head": head_digest(data)},
    )


def causal_loss(model: Any, batch: Tensor) -> Tensor:
    """Mean next-token loss in nats of ``batch`` (samples, context + 1), the last id of each only a target."""
    hidden = model.base_model(batch[:, :-1], use_cache=False).last_hidden_state
    if torch.is_autocast_enabled(hidden.device.type):
        hidden = hidden.to(torch.get_autocast_dtype(hidden.device.type))
    head = model.get_output_embeddings().weight
    return linear_cross_entropy(hidden.flatten(0, 1), head, batch[:, 1:].flatten())


def adamw(model: Any, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW that spares biases and norms from the decay, as rinna's train.py does; they are the vectors."""
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    spared = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": spared, "weight_decay": 0.0}]
    return torch.optim.AdamW(
        groups, lr=recipe.learning_rate, betas=(recipe.beta1, recipe.beta2), eps=EPSILON, fused=True
    )


def sampler(data: TokenStream, context: int, seed: int) -> Any:
    """Samples ``start`` to ``stop`` of the training as ``(stop - start, context + 1)`` ids, each epoch in its order."""
    size = data.samples(context)
    epoch_order = lru_cache(maxsize=2)(lambda epoch: order(size, epoch, seed))

    def batches(start: int, stop: int) -> npt.NDArray[np.int64]:
        numbers = (int(epoch_order(number // size)[number % size]) for number in range(start, stop))
        return np.stack([data.sample(number, context) for number in numbers])

    return batches


def validation_batches(held_out: TokenStream, context: int, batch_size: int) -> Iterator[npt.NDArray[np.int64]]:
    """The split's first tokens in order, each predicted once; a shorter last sample comes alone."""
    length = min(len(held_out), VALIDATION_TOKENS + 1)
    samples = [held_out.read(start, min(context, length - 1 - start) + 1) for start in range(0, length - 1, context)]
    whole = [sample for sample in samples if len(sample) == context + 1]
    for start in range(0, len(whole), batch_size):
        yield np.stack(whole[start : start + batch_size])
    if len(samples) > len(whole):
        yield samples[-1][None]


def head_digest(data: TokenStream) -> str:
    """Tells other data of the same length."""
    return hashlib.sha256(data.read(0, 1_000_000).tobytes()).hexdigest()


def write_record(
    output: Path, recipe: Recipe, plan: Plan, data: TokenStream, history: History, parameters: int
) -> None:
    """``training.json``: what the release's card tells of the recipe and the data."""
    resolved = {"steps": plan.updates, "precision": plan.precision, "optimizer": "AdamW", "epsilon": EPSILON}
    content = {
        "schema": 1,
        "model": recipe.shape,
        "parameters": parameters,
        "context": plan.sample_size,
        "vocab_size": data.meta.vocab_size,
        "recipe": asdict(recipe) | resolved,
        "tokens_seen": plan.samples * plan.sample_size,
        "epochs": plan.samples / data.samples(plan.sample_size),
        "data": [asdict(amount) for amount in data.meta.amounts],
        "train_loss": [[step, loss] for step, loss in history.train_loss],
        "validation_loss": [[step, loss] for step, loss in history.validation_loss],
    }
    write_whole(output / RECORD, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True))


def final_losses(history: History) -> dict[str, float]:
    losses = {"train_loss": history.train_loss[-1][1]}
    if history.validation_loss:
        loss = history.validation_loss[-1][1]
        losses |= {"validation_loss": loss, "validation_perplexity": math.exp(loss)}
    return losses


def throughput_metrics(throughput: Throughput, plan: Plan, flops: int, peak_tflops: float | None) -> dict[str, float]:
    """Tokens a second of this process, and the share of the declared peak that the model's own arithmetic took."""
    rate = throughput.samples_per_second * plan.sample_size
    share = {"model_flops_utilization": rate * flops / (peak_tflops * 1e12)} if peak_tflops else {}
    return {"tokens_per_second": rate} | share


def loss_curves(history: History) -> tuple[dict[str, Any], ...]:
    curves = {"train": history.train_loss, "validation": history.validation_loss}
    series = [{"name": name, "points": [list(point) for point in points]} for name, points in curves.items() if points]
    return ({"type": "series", "title": "Loss", "x": "step", "y": "nats per token", "series": series},)
