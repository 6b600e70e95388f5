"""A linear layer whose backward pass also takes the gradient of its weight's squared row norms.

The closed form needs ‖wᵢ‖² of a weight that the forward pass multiplies by anyway. Left to autograd, its
gradient 2cᵢwᵢ becomes a second weight-sized tensor, written, read and added to the first: a quarter of a
training step of the paper's autoencoder. Here it enters the layer's own backward pass through a *port*,
zeros of the size of the bias, and is added in place to the gradient the layer makes anyway.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jnn_studio.jacobian.layers import has_hooks
from jnn_studio.jacobian.structure import transforming

# Below this many weights a temporary costs less than a Python backward pass.
SMALLEST = 2**17


def can_have_port(layer: nn.Linear, x: Tensor) -> bool:
    """Whether the layer may be evaluated by `linear_with_port` with the same result, and sooner."""
    return (
        layer.weight.numel() >= SMALLEST
        and torch.is_grad_enabled()
        and layer.weight.requires_grad
        and layer.weight.dtype == x.dtype
        and not has_hooks(layer)
        and not torch.is_autocast_enabled(x.device.type)
        and not transforming()
    )


def linear_with_port(x: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
    """(W x + b, port): add ``port`` to the detached ‖wᵢ‖² and their gradient reaches W."""
    y, port = _LinearWithPort.apply(x, weight, bias)
    return y, port


def squared_row_norms(weight: Tensor, port: Tensor | None) -> Tensor:
    """‖wᵢ‖² for the rows of a matrix, differentiable; through ``port`` if the layer has one."""
    if port is None:
        return torch.linalg.vector_norm(weight, dim=1).square()
    return torch.linalg.vector_norm(weight.detach(), dim=1).square() + port


class _LinearWithPort(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(x, weight)
        ctx.has_bias = bias is not None
        ctx.set_materialize_grads(False)
        return F.linear(x, weight, bias), weight.new_zeros(len(weight))

    @staticmethod
    def backward(
        ctx: Any, grad_y: Tensor | None, grad_norms: Tensor | None
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        grad_x = grad_weight = grad_bias = None
        if grad_y is not None:
            rows = grad_y.reshape(-1, grad_y.shape[-1])
            if ctx.needs_input_grad[0]:
                grad_x = grad_y @ weight
            if ctx.needs_input_grad[1]:
                grad_weight = rows.transpose(0, 1) @ x.reshape(-1, x.shape[-1])
            if ctx.has_bias and ctx.needs_input_grad[2]:
                grad_bias = rows.sum(0)
        if grad_norms is not None and ctx.needs_input_grad[1]:
            column = grad_norms.unsqueeze(1)
            if grad_weight is None:
                grad_weight = 2 * weight * column
            elif torch.is_grad_enabled() or transforming():
                grad_weight = torch.addcmul(grad_weight, weight, column, value=2)
            else:
                grad_weight.addcmul_(weight, column, value=2)
        return grad_x, grad_weight, grad_bias
