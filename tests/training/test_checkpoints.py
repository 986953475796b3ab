from pathlib import Path
from typing import Any

import pytest
import torch

from hagane.events import listen
from hagane.training.checkpoints import load_checkpoint, save_checkpoint

SAME = {"shapes": {"weight": [3]}, "sampler": {"seed": 1}}
CPU = torch.device("cpu")


class Heard(list[dict[str, Any]]):
    emit = list.append


def save(work: Path, *steps: int) -> None:
    for step in steps:
        save_checkpoint(work, step, {"step": step, "weight": torch.full((3,), float(step))}, SAME)


def loaded(work: Path, fingerprint: dict[str, Any] = SAME) -> tuple[Any, str]:
    """The step that is found, and the warnings."""
    heard = Heard()
    with listen(heard):
        state = load_checkpoint(work, fingerprint, CPU)
    return state and state["step"], " ".join(event["message"] for event in heard)


def test_the_newest_is_found_and_two_are_kept(tmp_path: Path) -> None:
    save(tmp_path, 9, 10, 100)
    assert loaded(tmp_path) == (100, "")
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["checkpoint-000000010", "checkpoint-000000100"]


def test_an_empty_folder_starts_anew(tmp_path: Path) -> None:
    assert loaded(tmp_path) == (None, "")


@pytest.mark.parametrize("damage", ["cut", "flip", "about", "lost"])
def test_a_torn_checkpoint_falls_back_to_the_one_before(damage: str, tmp_path: Path) -> None:
    save(tmp_path, 1, 2)
    newest = tmp_path / "checkpoint-000000002"
    state = (newest / "state.pt").read_bytes()
    if damage == "cut":
        (newest / "state.pt").write_bytes(state[: len(state) // 2])
    elif damage == "flip":
        (newest / "state.pt").write_bytes(state[:-100] + bytes([state[-100] ^ 1]) + state[-99:])
    elif damage == "about":
        (newest / "about.json").write_text("{")
    else:
        (newest / "state.pt").unlink()
    step, warning = loaded(tmp_path)
    assert step == 1
    assert "checkpoint-000000002 is not used" in warning


def test_what_a_kill_left_half_written_is_ignored_and_replaced(tmp_path: Path) -> None:
    save(tmp_path, 1)
    (tmp_path / "checkpoint-000000002.half").mkdir()
    assert loaded(tmp_path) == (1, "")
    save(tmp_path, 2)
    assert loaded(tmp_path) == (2, "")


def test_another_training_starts_anew_and_says_why(tmp_path: Path) -> None:
    save(tmp_path, 1)
    step, warning = loaded(tmp_path, SAME | {"sampler": {"seed": 2}})
    assert step is None
    assert "other sampler" in warning
