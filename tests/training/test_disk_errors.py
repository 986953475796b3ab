import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from hagane.models.folder import save_model
from hagane.models.shapes import SpecialTokens, build_model, model_config
from hagane.training.checkpoints import load_checkpoint, save_checkpoint


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """The system then refuses longer files, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_checkpoint_that_does_not_fit_is_the_disks_error_and_the_one_before_stays(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 1, {"weight": torch.ones(3)}, {})
    with files_up_to(10_000), pytest.raises(OSError) as caught:
        save_checkpoint(tmp_path, 2, {"weight": torch.ones(100_000)}, {})
    assert caught.value.errno == errno.EFBIG
    state = load_checkpoint(tmp_path, {}, torch.device("cpu"))
    assert state is not None and torch.equal(state["weight"], torch.ones(3))


def test_a_model_that_does_not_fit_is_the_disks_error(tmp_path: Path) -> None:
    model = build_model(model_config("gpt2-smoke", 300, SpecialTokens(2, 3)), 0)
    with files_up_to(10_000), pytest.raises(OSError) as caught:
        save_model(model, tmp_path)
    assert caught.value.errno == errno.EFBIG
