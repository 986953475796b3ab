"""release-model: a tiny model in, a Hugging Face folder out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from release_inputs import NOVELS, make_model, make_scores, make_tokenizer

from components.release_model import ReleaseModel
from hagane.core.errors import Refused, UsageError
from hagane.release.verify import verify

RunComponent = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("inputs")
    tokenizer = make_tokenizer(root / "tokenizer")
    return {
        "model": make_model(root / "model"),
        "tokenizer": tokenizer,
        "scores": make_scores(root / "scores", tokenizer),
    }


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_release_and_published_copy_are_equal(
    run_component: RunComponent, inputs: dict[str, Path], tmp_path: Path
) -> None:
    place = tmp_path / "published"
    release = run_component(ReleaseModel, inputs, model_name="hagane/small", destination=str(place))["release"]
    assert verify(release) == verify(place)
    assert contents(release) == contents(place)
    assert "# hagane/small\n" in (place / "README.md").read_text(encoding="utf-8")


def test_a_rerun_gives_the_same_bytes(run_component: RunComponent, inputs: dict[str, Path]) -> None:
    first, second = (run_component(ReleaseModel, inputs)["release"] for _ in range(2))
    assert contents(first) == contents(second)


def test_a_refused_release_is_not_published(
    run_component: RunComponent, inputs: dict[str, Path], tmp_path: Path
) -> None:
    model = make_model(tmp_path / "model", replace(NOVELS, license="unknown"))
    with pytest.raises(Refused, match="'unknown'"):
        run_component(ReleaseModel, inputs | {"model": model}, destination=str(tmp_path / "published"))
    assert not (tmp_path / "published").exists()


def test_a_users_folder_is_not_overwritten(
    run_component: RunComponent, inputs: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text("大事")
    with pytest.raises(UsageError, match=r"README\.md would be overwritten"):
        run_component(ReleaseModel, inputs, destination=str(tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == ["README.md"]
