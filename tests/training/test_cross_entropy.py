import pytest
import torch
from torch.nn.functional import cross_entropy, linear

from hagane.training.cross_entropy import CHUNK, linear_cross_entropy, token_losses


def inputs(positions: int, dtype: torch.dtype = torch.float32) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(positions)
    hidden = torch.randn(positions, 32, generator=random).to(dtype).requires_grad_()
    weight = torch.randn(70, 32, generator=random).requires_grad_()
    return hidden, weight, torch.randint(70, (positions,), generator=random)


@pytest.mark.parametrize("positions", [1, CHUNK, CHUNK + 3])
def test_loss_and_gradients_are_those_of_torch(positions: int) -> None:
    hidden, weight, targets = inputs(positions)
    expected = cross_entropy(linear(hidden, weight), targets)
    wanted = torch.autograd.grad(3 * expected, (hidden, weight))
    loss = linear_cross_entropy(hidden, weight, targets)
    found = torch.autograd.grad(3 * loss, (hidden, weight))
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(found, wanted)


def test_without_gradients_it_gives_the_same_loss() -> None:
    hidden, weight, targets = inputs(CHUNK + 3)
    with torch.no_grad():
        plain = linear_cross_entropy(hidden, weight, targets)
        each = token_losses(hidden, weight, targets)
    torch.testing.assert_close(plain, linear_cross_entropy(hidden, weight, targets).detach())
    torch.testing.assert_close(each, cross_entropy(linear(hidden, weight), targets, reduction="none").detach())


def test_in_bfloat16_the_loss_is_summed_in_float32() -> None:
    hidden, weight, targets = inputs(4 * CHUNK, torch.bfloat16)
    logits = linear(hidden, weight.to(torch.bfloat16)).float()
    loss = linear_cross_entropy(hidden, weight, targets)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, cross_entropy(logits, targets))


def test_a_tied_weight_collects_the_gradients_of_both_its_uses() -> None:
    _, weight, targets = inputs(8)
    wanted = torch.autograd.grad(cross_entropy(linear(weight[targets], weight), targets), weight)
    found = torch.autograd.grad(linear_cross_entropy(weight[targets], weight, targets), weight)
    torch.testing.assert_close(found, wanted)
