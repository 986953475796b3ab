import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from language_model_inputs import DOCUMENTS, LINES, make_inputs, make_tokens, recipe
from release_inputs import make_tokenizer

from hagane.core.component import Result
from hagane.core.errors import BadInput, NonFinite, OutOfMemory, Preempted, UsageError
from hagane.models.folder import load_model
from hagane.models.shapes import SpecialTokens, build_model, model_config
from hagane.storage.tokens import TokenStream, TokenWriter
from hagane.training.device import memory_errors, reproducible
from hagane.training.language_model import causal_loss, pretrain
from hagane.training.samples import Samples, padded

OUTPUT = ["config.json", "generation_config.json", "model.safetensors", "training.json"]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    documents = ["", "吾輩は", *LINES, *DOCUMENTS]
    return make_inputs(tmp_path_factory.mktemp("windows"), layout="windows", train=documents, held_out=documents)


def run(home: Path, inputs: tuple[Path, Path], checkpoint_every: int = 2, **changes: Any) -> Result:
    for folder in (home / "model", home / "work"):
        folder.mkdir(parents=True, exist_ok=True)
    return pretrain(*inputs, home / "model", home / "work", recipe(**changes), checkpoint_every, None)


def contents(home: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((home / "model").iterdir())}


def stop_at(step: int, monkeypatch: pytest.MonkeyPatch, work: Path) -> None:
    """Ask for a stop when the training asks for the step's first sample."""
    read = Samples.sample

    def sample(self: Samples, number: int) -> Any:
        if number == (step - 1) * 8:
            (work / "stop").touch()
        return read(self, number)

    monkeypatch.setattr(Samples, "sample", sample)


@pytest.mark.parametrize(
    ("shape", "layout"), [("gpt2-smoke", "inputs"), ("gpt-neox-smoke", "inputs"), ("gpt2-smoke", "windows")]
)
def test_a_training_stopped_at_any_step_ends_with_the_same_bytes(
    shape: str, layout: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    inputs = request.getfixturevalue(layout)
    run(tmp_path / "whole", inputs, shape=shape)
    assert list(contents(tmp_path / "whole")) == OUTPUT
    for step in (1, 3, 4):
        home = tmp_path / f"stopped-{step}"
        (home / "work").mkdir(parents=True)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Preempted, match=f"step {step} of 6"):
            stop_at(step, patch, home / "work")
            run(home, inputs, shape=shape)
        run(home, inputs, shape=shape)
        assert contents(home) == contents(tmp_path / "whole")


def test_a_training_that_died_goes_on_from_its_last_checkpoint(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    run(tmp_path / "whole", inputs)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(ConnectionError):
        patch.setattr(Samples, "sample", dying_at(4 * 8 + 3))
        run(tmp_path / "died", inputs, checkpoint_every=3)
    assert [folder.name for folder in (tmp_path / "died" / "work").iterdir()] == ["checkpoint-000000003"]
    run(tmp_path / "died", inputs)
    assert contents(tmp_path / "died") == contents(tmp_path / "whole")


def dying_at(number: int) -> Any:
    read = Samples.sample

    def sample(self: Samples, asked: int) -> Any:
        if asked == number:
            raise ConnectionError
        return read(self, asked)

    return sample


def test_bfloat16_and_activation_checkpointing_resume_too(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    changes = {"precision": "bf16", "threads": 2, "activation_checkpointing": True}
    run(tmp_path / "whole", inputs, **changes)
    (tmp_path / "stopped" / "work").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Preempted):
        stop_at(3, patch, tmp_path / "stopped" / "work")
        run(tmp_path / "stopped", inputs, **changes)
    run(tmp_path / "stopped", inputs, **changes)
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")


@pytest.mark.parametrize("layout", ["inputs", "windows"])
def test_accumulation_changes_the_memory_and_not_the_training(
    layout: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    inputs = request.getfixturevalue(layout)
    run(tmp_path / "whole", inputs, dropout=0.0, batch_size=8, accumulation=1)
    run(tmp_path / "parts", inputs, dropout=0.0, batch_size=2, accumulation=4)
    whole, parts = (load_model(tmp_path / name / "model").state_dict() for name in ("whole", "parts"))
    torch.testing.assert_close(whole, parts, atol=1e-4, rtol=1e-3)


def test_it_learns_its_text_and_records_how(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    result = run(tmp_path, inputs, steps=60, dropout=0.0)
    record = json.loads((tmp_path / "model" / "training.json").read_bytes())
    assert record["train_loss"][0][1] == pytest.approx(math.log(420), abs=0.5)  # an untrained model knows nothing
    assert result.metrics["train_loss"] < 2
    assert record["parameters"] == sum(p.numel() for p in load_model(tmp_path / "model").parameters())
    assert record["tokens_seen"] == 60 * 8 * 16
    assert record["recipe"]["steps"] == 60 and record["recipe"]["precision"] == "fp32"
    assert {amount["split"] for amount in record["data"]} == {"train", "validation"}
    assert record["validation_loss"][-1] == [60, result.metrics["validation_loss"]]
    assert result.metrics["validation_perplexity"] == pytest.approx(math.exp(result.metrics["validation_loss"]))
    assert result.blocks[0]["type"] == "series"


def test_epochs_are_passes_over_all_samples(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    run(tmp_path, inputs, steps=None, epochs=2)
    record = json.loads((tmp_path / "model" / "training.json").read_bytes())
    size = (len(TokenStream(inputs[0], "train")) - 1) // 16
    assert record["epochs"] == 2 and record["tokens_seen"] == 2 * size * 16
    assert record["recipe"]["layout"] == "packed"


def test_windows_learn_their_documents_and_count_no_padding(windows: tuple[Path, Path], tmp_path: Path) -> None:
    result = run(tmp_path, windows, steps=None, epochs=12, context=64, dropout=0.0)
    record = json.loads((tmp_path / "model" / "training.json").read_bytes())
    lengths = TokenStream(windows[0], "train").index["tokens"].astype(int)
    assert lengths.min() == 2 and lengths.max() > 65
    assert record["epochs"] == 12 and record["tokens_seen"] == 12 * sum(min(length - 1, 64) for length in lengths)
    assert record["recipe"]["layout"] == "windows"
    assert result.metrics["train_loss"] < record["train_loss"][0][1] - 1.5


def test_the_loss_is_that_of_transformers() -> None:
    batch = torch.randint(300, (3, 17), generator=torch.Generator().manual_seed(0))
    for name in ("gpt2-smoke", "gpt-neox-smoke"):
        model = build_model(model_config(name, 300, SpecialTokens(2, 3), context=32), 0).eval()
        with torch.no_grad():
            torch.testing.assert_close(causal_loss(model, batch), model(batch, labels=batch).loss)


@pytest.mark.parametrize("shape", ["gpt2-smoke", "gpt-neox-smoke"])
def test_padding_changes_neither_loss_nor_gradient(shape: str) -> None:
    """Against each document by itself through transformers, with a mean over all of their targets."""
    random = np.random.default_rng(0)
    documents = [random.integers(0, 300, length) for length in (2, 33, 17, 5)]
    model = build_model(model_config(shape, 300, SpecialTokens(2, 3), context=40), 0)
    alone = [model(ids, labels=ids).loss for ids in (torch.from_numpy(document)[None] for document in documents)]
    expected = sum(loss * (len(document) - 1) for loss, document in zip(alone, documents, strict=True)) / (
        1 + 32 + 16 + 4
    )
    wanted = torch.autograd.grad(expected, list(model.parameters()))
    loss = causal_loss(model, torch.from_numpy(padded(documents)))
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(torch.autograd.grad(loss, list(model.parameters())), wanted, atol=1e-6, rtol=1e-4)


def test_the_loss_of_a_validation_is_the_mean_over_its_tokens(windows: tuple[Path, Path], tmp_path: Path) -> None:
    result = run(tmp_path, windows, batch_size=3)
    model, held_out = load_model(tmp_path / "model").eval(), TokenStream(windows[0], "validation")
    ends = np.cumsum(held_out.index["tokens"].astype(int))[:-1]
    firsts = [torch.from_numpy(ids[:16])[None] for ids in np.split(held_out.read(0, len(held_out)), ends)]
    with torch.no_grad():
        losses = [float(model(ids, labels=ids).loss) for ids in firsts]
    mean = np.average(losses, weights=[ids.shape[1] - 1 for ids in firsts])
    assert result.metrics["validation_loss"] == pytest.approx(mean, rel=1e-5)


def test_other_settings_do_not_continue_a_checkpoint(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    run(tmp_path / "first", inputs, seed=2)
    run(tmp_path / "second", inputs, seed=3)
    (tmp_path / "first" / "work").rename(tmp_path / "third")
    (tmp_path / "third").mkdir(exist_ok=True)
    (tmp_path / "home").mkdir()
    (tmp_path / "third").rename(tmp_path / "home" / "work")
    run(tmp_path / "home", inputs, seed=3)
    assert contents(tmp_path / "home") == contents(tmp_path / "second")


def test_another_layout_does_not_continue_a_checkpoint(
    inputs: tuple[Path, Path], windows: tuple[Path, Path], tmp_path: Path
) -> None:
    run(tmp_path / "home", inputs)
    run(tmp_path / "home", windows)
    run(tmp_path / "fresh", windows)
    assert contents(tmp_path / "home") == contents(tmp_path / "fresh")


def test_documents_that_predict_nothing_are_no_samples(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    tokens = make_tokens(tmp_path / "tokens", inputs[1], [], [], layout="windows")
    with pytest.raises(BadInput, match="got 0: a windows sample takes 2"):
        run(tmp_path, (tokens, inputs[1]))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"context": 100_000}, BadInput, "a packed sample takes 100001"),
        ({"shape": "bert"}, UsageError, "choose from gpt2-xsmall"),
        ({"batch_size": 0}, UsageError, "batch_size wants more than 0, got 0"),
        ({"dropout": 1.5}, UsageError, "dropout wants 0 to below 1, got 1.5"),
        ({"steps": 0}, UsageError, "steps wants more than 0, got 0"),
        ({"beta2": 1.0}, UsageError, "beta2 wants 0 to below 1, got 1.0"),
        ({"weight_decay": -0.1}, UsageError, "weight_decay wants 0 or more, got -0.1"),
        ({"minimum_learning_rate": math.nan}, UsageError, "a share from 0 to 1, got nan"),
        ({"threads": 0}, UsageError, "threads wants 1 or more, got 0"),
        ({"learning_rate": 1e30, "clip": 1e30}, NonFinite, "lower learning_rate"),
    ],
)
def test_what_cannot_be_trained_is_told(
    changes: dict[str, Any], error: type[Exception], message: str, inputs: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        run(tmp_path, inputs, **changes)


def test_an_id_outside_the_vocabulary_is_found(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    tokens = make_tokens(tmp_path / "tokens", inputs[1])
    with (tokens / "train" / "part-00000.bin").open("r+b") as stream:
        stream.seek(50 * 2)
        stream.write(np.array([9_999], "<u2").tobytes())
    with pytest.raises(BadInput, match="vocabulary of 420, got 9999"):
        run(tmp_path, (tokens, inputs[1]))


def test_a_shard_without_documents_of_a_split_changes_nothing(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    tokens = make_tokens(tmp_path / "tokens", inputs[1])
    with TokenWriter(tokens / "train" / "part-00001", "<u2"):
        pass
    run(tmp_path / "with", (tokens, inputs[1]))
    run(tmp_path / "without", inputs)
    assert contents(tmp_path / "with") == contents(tmp_path / "without")


def test_tokens_of_another_tokenizer_are_refused(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    other = make_tokenizer(tmp_path / "other", 422)
    with pytest.raises(BadInput, match="got 420: it has 422 pieces"):
        run(tmp_path, (inputs[0], other))


def test_without_held_out_text_there_is_no_validation_loss(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    tokens = make_tokens(tmp_path / "tokens", inputs[1], DOCUMENTS, [])
    assert set(run(tmp_path, (tokens, inputs[1])).metrics) == {"train_loss", "tokens_per_second"}


def test_utilization_is_the_share_of_the_declared_peak(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("model", "work"):
        (tmp_path / name).mkdir()
    metrics = pretrain(*inputs, tmp_path / "model", tmp_path / "work", recipe(), 0, peak_tflops=1.0).metrics
    assert 0 < metrics["model_flops_utilization"] < 1


def test_a_full_memory_is_told_apart_from_a_bug() -> None:
    with pytest.raises(OutOfMemory, match=r"can't allocate memory.*: lower it"), memory_errors("lower it"):
        torch.empty(2**60)
    with pytest.raises(RuntimeError, match="must match"), memory_errors("lower it"):
        torch.ones(2) + torch.ones(3)


def test_threads_and_determinism_are_given_back() -> None:
    before = torch.get_num_threads()
    with reproducible(1):
        assert torch.get_num_threads() == 1 and torch.are_deterministic_algorithms_enabled()
    assert torch.get_num_threads() == before and not torch.are_deterministic_algorithms_enabled()
