"""Named shapes of decoder-only language models, and the models built from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from transformers import AutoModelForCausalLM, GPT2Config, GPTNeoXConfig, PretrainedConfig
from transformers.activations import GELUTanh, NewGELUActivation

from hagane.core.errors import BadInput, UsageError

Family = Literal["gpt2", "gpt-neox"]


@dataclass(frozen=True)
class Shape:
    family: Family
    layers: int
    hidden: int
    heads: int
    feed_forward: int
    context: int
    vocab_size: int | None = None  # None: the tokenizer's


SHAPES: Mapping[str, Shape] = {
    # rinnakk/japanese-pretrained-models 8543ab4, src/model/gpt2-ja-*-config.json
    "gpt2-xsmall": Shape("gpt2", 6, 512, 8, 2304, 1024, 32_000),
    "gpt2-small": Shape("gpt2", 12, 768, 12, 3072, 1024, 32_000),
    "gpt2-medium": Shape("gpt2", 24, 1024, 16, 4096, 1024, 32_000),
    # rinna/japanese-gpt-neox-small: layers and width from its card, the rest from its published parameter count
    "gpt-neox-small": Shape("gpt-neox", 12, 768, 12, 3072, 2048, 44_416),
    # ours: minutes on two cores, and seconds for tests
    "gpt2-tiny": Shape("gpt2", 4, 256, 4, 1024, 256),
    "gpt-neox-tiny": Shape("gpt-neox", 4, 256, 4, 1024, 256),
    "gpt2-smoke": Shape("gpt2", 1, 64, 2, 256, 64),
    "gpt-neox-smoke": Shape("gpt-neox", 1, 64, 2, 256, 64),
}


@dataclass(frozen=True)
class SpecialTokens:
    bos: int | None
    eos: int


def find_shape(name: str) -> Shape:
    if name not in SHAPES:
        raise UsageError("no such model shape", name, f"choose from {', '.join(SHAPES)}")
    return SHAPES[name]


def model_config(
    name: str, pieces: int, special: SpecialTokens, context: int | None = None, dropout: float = 0.0
) -> PretrainedConfig:
    """The transformers configuration of a named shape for a tokenizer of ``pieces``.

    ``context`` is the shape's own unless given. A published shape keeps its published vocabulary: ids that the
    tokenizer lacks stay unused, and a larger tokenizer is BadInput.
    """
    shape = find_shape(name)
    if shape.vocab_size is not None and pieces > shape.vocab_size:
        fix = f"{name} has {shape.vocab_size} ids: train a smaller tokenizer or choose another model"
        raise BadInput("the tokenizer has too many pieces for the model", pieces, fix)
    build = gpt2_config if shape.family == "gpt2" else gpt_neox_config
    tokens = {"bos_token_id": special.bos, "eos_token_id": special.eos}
    return build(shape, shape.vocab_size or pieces, context or shape.context, dropout, tokens)


def gpt2_config(shape: Shape, vocab_size: int, context: int, dropout: float, tokens: dict[str, Any]) -> GPT2Config:
    """Pre-LN, learned positions, tanh gelu, tied embeddings: rinna's configuration, which is OpenAI's GPT-2."""
    return GPT2Config(
        vocab_size=vocab_size,
        n_positions=context,
        n_embd=shape.hidden,
        n_layer=shape.layers,
        n_head=shape.heads,
        n_inner=shape.feed_forward,
        resid_pdrop=dropout,
        embd_pdrop=dropout,
        attn_pdrop=dropout,
        **tokens,
    )


def gpt_neox_config(
    shape: Shape, vocab_size: int, context: int, dropout: float, tokens: dict[str, Any]
) -> GPTNeoXConfig:
    """Full rotary positions, sequential residual, untied embeddings, as the card of japanese-gpt-neox-3.6b has it."""
    return GPTNeoXConfig(
        vocab_size=vocab_size,
        max_position_embeddings=context,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0, "partial_rotary_factor": 1.0},
        use_parallel_residual=False,
        tie_word_embeddings=False,
        hidden_dropout=dropout,
        attention_dropout=dropout,
        **tokens,
    )


def build_model(config: PretrainedConfig, seed: int) -> Any:
    """A model in fp32 with weights drawn from the seed (normal, standard deviation 0.02)."""
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa", dtype=torch.float32)
    for module in model.modules():
        if isinstance(getattr(module, "act", None), NewGELUActivation):
            module.act = GELUTanh()  # the same function in one kernel instead of eight
    return model


def parameter_count(model: torch.nn.Module) -> int:
    """Weights, shared ones once."""
    return sum(parameter.numel() for parameter in model.parameters())


def flops_per_token(model: torch.nn.Module, config: PretrainedConfig, context: int) -> int:
    """Of one training step: 6 N + 12 L H Q T (Chowdhery et al. 2022, PaLM, appendix B).

    N counts the weights that are multiplied: embeddings that are only looked up do not count.
    """
    positions = config.n_positions * config.hidden_size if config.model_type == "gpt2" else 0
    looked_up = positions if config.tie_word_embeddings else positions + config.vocab_size * config.hidden_size
    attention = 12 * config.num_hidden_layers * config.hidden_size * context
    return int(6 * (parameter_count(model) - looked_up) + attention)
