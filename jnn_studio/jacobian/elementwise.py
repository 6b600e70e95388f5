"""Maps that act on every number alone, and their derivatives."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from jnn_studio.jacobian.by_element import Gain

ELEMENTWISE = (
    nn.CELU,
    nn.ELU,
    nn.GELU,
    nn.Hardtanh,
    nn.LeakyReLU,
    nn.LogSigmoid,
    nn.Mish,
    nn.ReLU,
    nn.ReLU6,
    nn.SELU,
    nn.SiLU,
    nn.Sigmoid,
    nn.Softplus,
    nn.Softsign,
    nn.Tanh,
    Gain,
)


def apply_elementwise(phi: nn.Module, a: Tensor) -> Tensor:
    """φ(a), leaving ``a`` as it is even where φ is meant to work in place."""
    return phi(a.clone() if getattr(phi, "inplace", False) else a)


def slope(phi: nn.Module, a: Tensor, y: Tensor) -> Tensor:
    """φ'(a), elementwise, given y = φ(a) where that is the cheaper way to it. Differentiable."""
    match phi:
        case nn.ELU() if phi.alpha > 0:
            # αeᵃ = y + α where a < 0; the clamp that differentiates fastest.
            below = torch.nn.functional.hardtanh(y, -phi.alpha, 0.0) + phi.alpha
            return below if phi.alpha == 1.0 else torch.where(a > 0, torch.ones_like(below), below)
        case Gain():
            return phi.factor.to(a.dtype).expand_as(a)
        case nn.ReLU():
            return (a > 0).to(a.dtype)
        case nn.LeakyReLU():
            return torch.where(a > 0, torch.ones_like(a), phi.negative_slope)
        case nn.Tanh():
            return 1 - y.square()
        case nn.Sigmoid():
            return y * (1 - y)
        case nn.Softplus():
            # torch switches to the identity above the threshold, and so does its derivative.
            smooth = torch.sigmoid(phi.beta * a)
            return torch.where(a * phi.beta > phi.threshold, torch.ones_like(smooth), smooth)
        case nn.SiLU():
            gate = torch.sigmoid(a)
            return gate * (1 + a * (1 - gate))
        case nn.GELU():
            return _gelu_slope(phi, a)
        case _:
            a = a.clone() if getattr(phi, "inplace", False) else a
            return torch.func.jvp(phi, (a,), (torch.ones_like(a),))[1]


def _gelu_slope(phi: nn.GELU, a: Tensor) -> Tensor:
    if phi.approximate == "none":
        density = torch.exp(-0.5 * a.square()) / math.sqrt(2 * math.pi)
        return 0.5 * (1 + torch.erf(a / math.sqrt(2))) + a * density
    scale = math.sqrt(2 / math.pi)
    t = torch.tanh(scale * (a + 0.044715 * a.pow(3)))
    return 0.5 * (1 + t) + 0.5 * a * (1 - t.square()) * scale * (1 + 3 * 0.044715 * a.square())
