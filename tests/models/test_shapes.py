from pathlib import Path
from typing import get_args

import pytest
import torch
from transformers import AutoModelForCausalLM

from hagane.core.errors import BadInput, UsageError
from hagane.models.folder import load_model, save_model
from hagane.models.names import ShapeName
from hagane.models.shapes import (
    SHAPES,
    SpecialTokens,
    build_model,
    find_shape,
    flops_per_token,
    model_config,
    parameter_count,
)

SPECIAL = SpecialTokens(bos=2, eos=3)
PUBLISHED = {
    "gpt2-xsmall": 37_398_016,
    "gpt2-small": 110_418_432,
    "gpt2-medium": 336_128_000,
    "gpt-neox-small": 153_278_976,
}


@pytest.mark.parametrize(("name", "weights"), PUBLISHED.items())
def test_published_shapes_have_their_published_parameter_counts(name: str, weights: int) -> None:
    with torch.device("meta"):
        assert parameter_count(build_model(model_config(name, 32_000, SPECIAL), seed=0)) == weights


def test_published_gpt2_keeps_the_published_configuration() -> None:
    config = model_config("gpt2-xsmall", 30_000, SPECIAL, dropout=0.1)
    published = {
        "vocab_size": 32_000,
        "n_positions": 1024,
        "n_inner": 2304,
        "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5,
        "initializer_range": 0.02,
        "attn_pdrop": 0.1,
        "embd_pdrop": 0.1,
        "resid_pdrop": 0.1,
        "tie_word_embeddings": True,
        "bos_token_id": 2,
        "eos_token_id": 3,
    }
    assert {name: getattr(config, name) for name in published} == published


def test_gpt_neox_is_sequential_with_full_rotary_positions_and_untied() -> None:
    config = model_config("gpt-neox-tiny", 500, SPECIAL)
    assert (config.use_parallel_residual, config.tie_word_embeddings, config.vocab_size) == (False, False, 500)
    assert config.rope_parameters["partial_rotary_factor"] == 1.0


@pytest.mark.parametrize("name", ["gpt2-smoke", "gpt-neox-tiny"])
def test_a_saved_model_computes_the_same_in_plain_transformers(name: str, tmp_path: Path) -> None:
    model = build_model(model_config(name, 400, SPECIAL, context=32), seed=7).eval()
    save_model(model, tmp_path)
    ids = torch.randint(400, (2, 32), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours, theirs = model(ids).logits, AutoModelForCausalLM.from_pretrained(tmp_path)(ids).logits
        assert torch.allclose(ours, theirs, atol=1e-5)
        assert torch.equal(theirs, load_model(tmp_path)(ids).logits)


def test_weights_follow_from_the_seed() -> None:
    config = model_config("gpt2-smoke", 300, SPECIAL)
    one, same, other = (build_model(config, seed).transformer.wte.weight for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_training_flops_are_six_a_multiplied_weight_and_attention() -> None:
    config = model_config("gpt2-smoke", 300, SPECIAL)
    block = 64 * 3 * 64 + 64 * 64 + 2 * 64 * 256  # qkv, output, feed-forward
    vectors = 3 * 64 + 64 + 256 + 64 + 6 * 64  # biases and norms
    by_hand = 6 * (block + vectors + 300 * 64) + 12 * 1 * 64 * 16
    assert flops_per_token(build_model(config, 0), config, context=16) == by_hand


def test_unknown_shape_names_the_choices() -> None:
    with pytest.raises(UsageError, match=r"got 'gpt5'.*gpt2-xsmall"):
        find_shape("gpt5")


def test_a_tokenizer_must_fit_a_published_vocabulary() -> None:
    with pytest.raises(BadInput, match=r"got 32001.*gpt2-small has 32000"):
        model_config("gpt2-small", 32_001, SPECIAL)


def test_every_shape_divides_its_width_among_its_heads() -> None:
    assert all(shape.hidden % shape.heads == 0 for shape in SHAPES.values())


def test_every_name_has_its_shape() -> None:
    assert get_args(ShapeName) == tuple(SHAPES)
