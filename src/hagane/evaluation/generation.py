"""Text from a released model folder."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer

from hagane.core.errors import BadInput, UsageError
from hagane.models.folder import FILES, load_model


def generate(
    folder: Path,
    prompt: str,
    max_new_tokens: int = 50,
    temperature: float = 1.0,
    top_k: int = 50,
    top_p: float = 0.95,
    seed: int = 0,
) -> str:
    """The prompt and what the model writes after it; a temperature of 0 always takes the likeliest token.

    The defaults are those of rinna's check script (rinnakk/japanese-pretrained-models). BadInput for a folder that is
    no model, and for a prompt that fills the model's context.
    """
    if max_new_tokens < 1:
        raise UsageError("max_new_tokens wants 1 or more", max_new_tokens)
    if temperature < 0:
        raise UsageError("temperature wants 0 or more", temperature)
    tokenizer, model = load(folder)
    ids = begin(model) + tokenizer.encode(prompt, add_special_tokens=False)
    room = int(model.config.max_position_embeddings) - len(ids)
    if room < 1:
        raise BadInput(f"the prompt fills the context of {model.config.max_position_embeddings} tokens", len(ids))
    sampling = {"do_sample": True, "temperature": temperature, "top_k": top_k, "top_p": top_p} if temperature else {}
    torch.manual_seed(seed)
    given = torch.tensor([ids or [model.config.eos_token_id]])
    fixed = {"max_new_tokens": min(max_new_tokens, room), "pad_token_id": model.config.eos_token_id}
    written = model.generate(given, attention_mask=torch.ones_like(given), **fixed, **sampling)
    return str(tokenizer.decode(written[0], skip_special_tokens=True))


def begin(model: Any) -> list[int]:
    """What every document of the training began with."""
    return [] if model.config.bos_token_id is None else [model.config.bos_token_id]


def load(folder: Path) -> tuple[Any, Any]:
    for name in (*FILES, "tokenizer.json"):
        if not (folder / name).is_file():
            raise BadInput(f"the folder has no {name}", str(folder), "give the folder of a released model")
    return AutoTokenizer.from_pretrained(folder, local_files_only=True), load_model(folder)
