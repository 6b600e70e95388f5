"""‖J‖_F² in closed form, for an affine map and for an elementwise nonlinearity after one.

With a = Wx + b and factor φ(a), J = diag(φ'(a)) W, so ‖J‖_F² = Σᵢ φ'(aᵢ)² ‖wᵢ‖²: the squared row norms of
W, shared by the whole batch, and elementwise work.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from jnn_studio.jacobian.layers import ELEMENTWISE, primitive_layers
from jnn_studio.penalty.composition import FactorPass


def has_closed_form(factor: nn.Module) -> bool:
    """Whether ``factor`` is affine, or affine followed by a known elementwise nonlinearity."""
    layers = list(primitive_layers(factor))
    if not layers or not isinstance(layers[0], nn.Linear):
        return False
    return len(layers) == 1 or (len(layers) == 2 and isinstance(layers[1], ELEMENTWISE))


def closed_form(done: FactorPass) -> Tensor:
    """‖J‖_F² of one factor at every element of the batch, (batch,); differentiable.

    Raises:
        ValueError: the factor has no closed form.
    """
    if not has_closed_form(done.factor):
        raise ValueError(f"no closed form for {done.factor}: it must be Linear or Linear + elementwise")
    layers = list(primitive_layers(done.factor))
    weight = layers[0].weight
    assert isinstance(weight, Tensor)
    if len(layers) == 1:
        return weight.square().sum().expand(done.output.shape[0])
    assert done.preactivation is not None
    slopes = slope(layers[1], done.preactivation, done.output).square()
    # Inner dimensions, as in a Linear applied to (batch, tokens, features), add up.
    per_position = slopes @ squared_row_norms(weight)
    return per_position.reshape(len(per_position), -1).sum(1)


def squared_row_norms(weight: Tensor) -> Tensor:
    """‖wᵢ‖² for the rows of a matrix."""
    return torch.linalg.vector_norm(weight, dim=1).square()


def slope(phi: nn.Module, a: Tensor, y: Tensor) -> Tensor:
    """φ'(a), elementwise, given y = φ(a) where that is the cheaper way to it. Differentiable.

    Raises:
        TypeError: ``phi`` is none of the known nonlinearities.
    """
    match phi:
        case nn.ELU():
            below = y.clamp_max(0) + phi.alpha  # αeᵃ where a < 0
            return below if phi.alpha == 1.0 else torch.where(a > 0, torch.ones_like(below), below)
        case nn.ReLU():
            return (a > 0).to(a.dtype)
        case nn.LeakyReLU():
            return torch.where(a > 0, 1.0, phi.negative_slope).to(a.dtype)
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
    raise TypeError(f"no derivative known for {phi}")


def _gelu_slope(phi: nn.GELU, a: Tensor) -> Tensor:
    if phi.approximate == "none":
        density = torch.exp(-0.5 * a.square()) / math.sqrt(2 * math.pi)
        return 0.5 * (1 + torch.erf(a / math.sqrt(2))) + a * density
    scale = math.sqrt(2 / math.pi)
    t = torch.tanh(scale * (a + 0.044715 * a.pow(3)))
    return 0.5 * (1 + t) + 0.5 * a * (1 - t.square()) * scale * (1 + 3 * 0.044715 * a.square())
