"""Language models as Hugging Face folders."""

import re
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM
from transformers.utils import logging

from hagane.core.errors import CorruptArtifact

FILES = ("config.json", "generation_config.json", "model.safetensors")

logging.disable_progress_bar()  # transformers shows one a file, in the midst of our own


def save_model(model: Any, folder: Path) -> None:
    """Write ``FILES``: the weights in one safetensors file, shared ones once; OSError as the disk gives it."""
    try:
        model.save_pretrained(folder, max_shard_size="1000GB")
    except SafetensorError as error:
        if number := re.search(r"\(os error (\d+)\)", str(error)):
            raise OSError(int(number[1]), str(error)) from error
        raise
    (folder / "model.safetensors").chmod(0o644)  # safetensors' 0600 would keep a team out of a shared store


def load_model(folder: Path) -> Any:
    """The model in fp32, ready to be used; CorruptArtifact if the folder does not hold a whole one."""
    if missing := [name for name in FILES if not (folder / name).is_file()]:
        raise CorruptArtifact(f"{folder} is not a language model: it lacks {', '.join(missing)}")
    try:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's; transformers tells a broken file by an OSError of its own
        raise CorruptArtifact(f"{folder} holds a model that cannot be loaded", fix=str(error)) from error
    return model.eval()
