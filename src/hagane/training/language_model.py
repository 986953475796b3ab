"""Pretraining of decoder-only language models."""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
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
from hagane.storage.tokens import TokenStream
from hagane.tokenizers.folder import load
from hagane.training.cross_entropy import linear_cross_entropy
from hagane.training.device import Precision, best_device, memory_errors, reproducible, resolve
from hagane.training.loop import History, Plan, Throughput, Training, train
from hagane.training.samples import IGNORED, Samples, validation_batches
from hagane.training.schedules import ScheduleName

RECORD = "training.json"
EPSILON = 1e-8  # of AdamW: rinna's train.py and GPT-NeoX's configurations agree
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
    samples = Samples(data, context, recipe.seed)
    check_data(samples, int(config.vocab_size))
    with reproducible(recipe.threads), memory_errors(LESS_MEMORY):
        model = build_model(config, recipe.seed).to(best_device())
        plan = make_plan(recipe, samples, checkpoint_every)
        training = language_model_training(model, samples, held_out, recipe, plan, work)
        history, throughput = train(training)
        save_model(model, output)
    write_record(output, recipe, plan, samples, history, parameter_count(model))
    speed = throughput_metrics(throughput, flops_per_token(model, config, context), peak_tflops)
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


def check_data(samples: Samples, vocab_size: int) -> None:
    """BadInput if the data give no sample, or hold an id that the model does not have."""
    data = samples.data
    if not samples.size:
        least = 2 if data.meta.layout == "windows" else samples.context + 1
        fix = f"a {data.meta.layout} sample takes {least}: add documents or lower context"
        raise BadInput("too few tokens to train on", len(data), fix)
    if (largest := max(int(part.max()) for part in data.parts if len(part))) >= vocab_size:
        raise BadInput(f"a token id lies outside the vocabulary of {vocab_size}", largest, "pack the tokens again")


def make_plan(recipe: Recipe, samples: Samples, checkpoint_every: int) -> Plan:
    per_update = recipe.batch_size * recipe.accumulation
    return Plan(
        samples=recipe.steps * per_update if recipe.steps else recipe.epochs * samples.size,
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
        unit="tokens",
    )


def language_model_training(
    model: Any, samples: Samples, held_out: TokenStream, recipe: Recipe, plan: Plan, work: Path
) -> Training:
    held_out_batches = list(validation_batches(held_out, samples.context, recipe.batch_size))
    if not held_out_batches:
        warn(f"the validation split holds {len(held_out)} tokens: no validation loss")
    if recipe.activation_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})

    def objective(batch: npt.NDArray[np.int64]) -> Tensor:
        return causal_loss(model, torch.from_numpy(batch))

    def validation() -> float:
        weights = [np.count_nonzero(batch[:, 1:] != IGNORED) for batch in held_out_batches]
        return float(np.average([float(objective(batch)) for batch in held_out_batches], weights=weights))

    return Training(
        model=model,
        objective=objective,
        optimizer=adamw(model, recipe),
        batches=samples.batch,
        sizes=samples.targets,
        validation=validation if held_out_batches else None,
        plan=plan,
        device=model.device,
        work=work,
        sampler=fingerprint(samples),
    )


def causal_loss(model: Any, batch: Tensor) -> Tensor:
    """Mean next-token loss in nats of ``batch`` (samples, longest), the last id of each sample only a target.

    ``IGNORED`` ids after a sample are padding, which carries no loss. Causal attention sees nothing that stands
    behind, so that neither an attention mask nor the id put in their place changes a sample's own loss.
    """
    targets = batch[:, 1:].flatten()
    hidden = model.base_model(batch[:, :-1].clamp(min=0).to(model.device), use_cache=False).last_hidden_state
    if torch.is_autocast_enabled(hidden.device.type):
        hidden = hidden.to(torch.get_autocast_dtype(hidden.device.type))
    hidden, real = hidden.flatten(0, 1), (targets != IGNORED).nonzero().squeeze(1)
    if len(real) < len(targets):
        hidden, targets = hidden[real.to(hidden.device)], targets[real]
    return linear_cross_entropy(hidden, model.get_output_embeddings().weight, targets.to(hidden.device))


def adamw(model: Any, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW that spares biases and norms from the decay, as rinna's train.py does; they are the vectors."""
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    spared = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": spared, "weight_decay": 0.0}]
    return torch.optim.AdamW(
        groups, lr=recipe.learning_rate, betas=(recipe.beta1, recipe.beta2), eps=EPSILON, fused=True
    )


def fingerprint(samples: Samples) -> dict[str, Any]:
    """What the order and content of the samples depend on; the head tells other data of the same length."""
    data = samples.data
    head = hashlib.sha256(data.read(0, 1_000_000).tobytes()).hexdigest()
    settings = {"layout": data.meta.layout, "seed": samples.seed, "context": samples.context}
    return settings | {"tokens": len(data), "head": head}


def write_record(output: Path, recipe: Recipe, plan: Plan, samples: Samples, history: History, parameters: int) -> None:
    """``training.json``: what the release's card tells of the recipe and the data."""
    meta = samples.data.meta
    resolved = {"steps": plan.updates, "precision": plan.precision, "optimizer": "AdamW", "epsilon": EPSILON}
    content = {
        "schema": 2,
        "model": recipe.shape,
        "parameters": parameters,
        "context": samples.context,
        "vocab_size": meta.vocab_size,
        "recipe": asdict(recipe) | resolved | {"layout": meta.layout},
        "tokens_seen": samples.targets(0, plan.samples),
        "epochs": plan.samples / samples.size,
        "data": [asdict(amount) for amount in meta.amounts],
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


def throughput_metrics(throughput: Throughput, flops: int, peak_tflops: float | None) -> dict[str, float]:
    """Tokens a second of this process, and the share of the declared peak that the model's own arithmetic took."""
    rate = throughput.units_per_second
    share = {"model_flops_utilization": rate * flops / (peak_tflops * 1e12)} if peak_tflops else {}
    return {"tokens_per_second": rate} | share


def loss_curves(history: History) -> tuple[dict[str, Any], ...]:
    curves = {"train": history.train_loss, "validation": history.validation_loss}
    series = [{"name": name, "points": [list(point) for point in points]} for name, points in curves.items() if points]
    return ({"type": "series", "title": "Loss", "x": "step", "y": "nats per token", "series": series},)
