"""A network written as a composition of factors, f = g ∘ h, which is what the penalty acts on."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from jnn_studio.jacobian.layers import ELEMENTWISE, primitive_layers


@dataclass(frozen=True)
class FactorPass:
    """What one factor saw and gave in a forward pass.

    ``preactivation`` is the input of the factor's final elementwise nonlinearity, if it ends in one.
    """

    factor: nn.Module
    input: Tensor
    preactivation: Tensor | None
    output: Tensor


@dataclass(frozen=True)
class Trace:
    """A forward pass of a `Composition` kept for the penalty, so that nothing is evaluated twice."""

    passes: tuple[FactorPass, ...]

    @property
    def output(self) -> Tensor:
        """f(x)."""
        return self.passes[-1].output


class Composition(nn.Sequential):
    """f = g ∘ h: a network given as its factors, first applied first: ``Composition(h, g)``.

    Theorem 3.1 holds for two factors; where to cut is the modeller's choice (Scarvelis & Solomon,
    NeurIPS 2024, §3). Behaves as an ``nn.Sequential`` of its factors.

    Raises:
        ValueError: fewer than two factors.
        TypeError: a factor is not an ``nn.Module``.

    Example:
        >>> h = nn.Sequential(nn.Linear(4, 8), nn.ELU())
        >>> f = Composition(h, nn.Linear(8, 2))
        >>> f(torch.zeros(1, 4)).shape
        torch.Size([1, 2])
    """

    def __init__(self, *factors: nn.Module) -> None:
        if len(factors) < 2:
            raise ValueError(f"a composition needs at least two factors (h, g), got {len(factors)}")
        for position, factor in enumerate(factors):
            if not isinstance(factor, nn.Module):
                raise TypeError(f"factor {position} must be an nn.Module, got {type(factor).__name__}")
        super().__init__(*factors)

    def trace(self, x: Tensor) -> Trace:
        """Forward pass at x (batch, *input shape) that keeps each factor's input and output."""
        passes = []
        for factor in self:
            passes.append(_apply(factor, x))
            x = passes[-1].output
        return Trace(tuple(passes))


def _apply(factor: nn.Module, x: Tensor) -> FactorPass:
    layers = list(primitive_layers(factor))
    if len(layers) > 1 and isinstance(layers[-1], ELEMENTWISE):
        pre: Tensor = x
        for layer in layers[:-1]:
            pre = layer(pre)
        return FactorPass(factor, x, pre, layers[-1](pre))
    return FactorPass(factor, x, None, factor(x))
