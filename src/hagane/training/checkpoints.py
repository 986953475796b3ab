"""Checkpoints: whole or absent, checked by a sum, the newest two kept."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from hagane.events import warn
from hagane.storage.files import sha256, write_whole

KEPT = 2
PATTERN = "checkpoint-[0-9]*[0-9]"
STATE, ABOUT = "state.pt", "about.json"

State = dict[str, Any]  # tensors and plain values, nested


def save_checkpoint(work: Path, step: int, state: State, fingerprint: Mapping[str, Any]) -> None:
    """Write ``work/checkpoint-<step>`` beside its place, sync it, rename it, and drop all but the newest two."""
    place = work / f"checkpoint-{step:09}"
    half = place.with_suffix(".half")
    for folder in (half, place):
        shutil.rmtree(folder, ignore_errors=True)
    half.mkdir(parents=True)
    write_state(half / STATE, state)
    about = {"schema": 1, "step": step, "sha256": sha256(half / STATE), "fingerprint": fingerprint}
    write_whole(half / ABOUT, json.dumps(about, sort_keys=True))
    for file in (half / STATE, half / ABOUT):
        with file.open("rb") as stream:
            os.fsync(stream.fileno())
    half.rename(place)
    for old in sorted(work.glob(PATTERN))[:-KEPT]:
        shutil.rmtree(old)


def write_state(file: Path, state: State) -> None:
    with file.open("wb") as stream:
        try:
            torch.save(state, stream)
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None  # torch hides a full disk behind an error of its own
            raise


def load_checkpoint(work: Path, fingerprint: Mapping[str, Any], device: torch.device) -> State | None:
    """The newest sound checkpoint of this very training, None to start anew; warns of each that it passes over."""
    for place in sorted(work.glob(PATTERN), reverse=True):
        if problem := trouble(place, fingerprint):
            warn(f"{place.name} is not used: {problem}")
            continue
        state: State = torch.load(place / STATE, map_location=device, weights_only=True)
        return state
    return None


def trouble(place: Path, fingerprint: Mapping[str, Any]) -> str:
    """Why a checkpoint cannot be used; empty if it can."""
    try:
        about = json.loads((place / ABOUT).read_bytes())
        if about["sha256"] != sha256(place / STATE):
            return "its state does not have the checksum that was noted"
        noted = about["fingerprint"]
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        return f"it is torn ({error!r})"
    differing = sorted(k for k in noted.keys() | fingerprint.keys() if noted.get(k) != fingerprint.get(k))
    return f"it belongs to a training with other {', '.join(differing)}" if differing else ""
