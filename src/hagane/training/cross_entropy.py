"""Cross-entropy of a language-model head without ever holding all of its logits."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear

CHUNK = 512  # positions whose logits are held at once (ours): 66 MB in fp32 for a vocabulary of 32,000


class FusedLinearCrossEntropy(torch.autograd.Function):
    """Mean negative log-likelihood in nats; the gradients are made in the forward pass, chunk by chunk.

    As in Hsu et al. 2024 (Liger Kernel, section 3.2). The matrix products are in the dtype of ``hidden``, the
    log-sum-exp and the loss in fp32.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        cast = weight.to(hidden.dtype)
        hidden_gradient, weight_gradient = torch.empty_like(hidden), torch.zeros_like(weight)
        total = hidden.new_zeros((), dtype=torch.float32)
        for start in range(0, len(hidden), CHUNK):
            part, wanted = hidden[start : start + CHUNK], targets[start : start + CHUNK, None]
            log_likelihood = linear(part, cast).float().log_softmax(-1)
            total -= log_likelihood.gather(1, wanted).sum()
            gradient = log_likelihood.exp_().scatter_add_(1, wanted, wanted.new_full(wanted.shape, -1).float())
            gradient = gradient.to(hidden.dtype)
            hidden_gradient[start : start + CHUNK] = gradient @ cast
            weight_gradient += gradient.T @ part
        ctx.save_for_backward(hidden_gradient, weight_gradient)
        return total / len(hidden)

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, Tensor, None]:
        hidden_gradient, weight_gradient = ctx.saved_tensors
        share = outer[0] / len(hidden_gradient)
        return hidden_gradient * share, weight_gradient * share, None


def linear_cross_entropy(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Mean loss of ``hidden @ weight.T`` against ``targets``.

    ``hidden`` (positions, width), ``weight`` (vocabulary, width), ``targets`` (positions,).
    """
    if torch.is_grad_enabled():
        loss: Tensor = FusedLinearCrossEntropy.apply(hidden, weight, targets)  # type: ignore[no-untyped-call]
        return loss
    return token_losses(hidden, weight, targets).mean()


def token_losses(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """The negative log-likelihood of each target in nats, fp32, ``(positions,)``; for use without gradients."""
    cast = weight.to(hidden.dtype)
    parts = zip(torch.split(hidden, CHUNK), torch.split(targets, CHUNK), strict=True)
    return torch.cat([cross_entropy(linear(h, cast).float(), t, reduction="none") for h, t in parts])
