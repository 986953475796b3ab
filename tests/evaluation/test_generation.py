from pathlib import Path

import pytest
from release_inputs import make_model, make_tokenizer
from transformers import AutoTokenizer

from hagane.core.errors import BadInput, UsageError
from hagane.evaluation.generation import generate

PROMPT = "吾輩は猫である。"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_tokenizer(tmp_path_factory.mktemp("home") / "release")
    return make_model(folder)


def test_the_text_goes_on_from_the_prompt_and_follows_from_the_seed(release: Path) -> None:
    one, same, other = (generate(release, PROMPT, seed=seed) for seed in (1, 1, 2))
    assert one.startswith(PROMPT) and len(one) > len(PROMPT)
    assert one == same != other


def test_without_temperature_the_likeliest_token_is_taken(release: Path) -> None:
    assert generate(release, PROMPT, temperature=0, seed=1) == generate(release, PROMPT, temperature=0, seed=2)


def test_the_text_ends_where_the_context_does(release: Path) -> None:
    written = generate(release, "", max_new_tokens=1_000)
    assert len(AutoTokenizer.from_pretrained(release).encode(written)) <= 64 + 8  # decoding and encoding may differ


def test_a_prompt_as_long_as_the_context_is_refused(release: Path) -> None:
    with pytest.raises(BadInput, match="context of 64 tokens"):
        generate(release, PROMPT * 50)


def test_what_is_no_model_or_setting_is_told(release: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no config\.json.*released model"):
        generate(tmp_path, PROMPT)
    with pytest.raises(UsageError, match="temperature"):
        generate(release, PROMPT, temperature=-1)
    with pytest.raises(UsageError, match="new_tokens"):
        generate(release, PROMPT, max_new_tokens=0)
