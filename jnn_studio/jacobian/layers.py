"""Recognising layers whose Jacobian is known in closed form."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

ELEMENTWISE = (
    nn.ELU,
    nn.ReLU,
    nn.LeakyReLU,
    nn.Tanh,
    nn.Sigmoid,
    nn.Softplus,
    nn.GELU,
    nn.SiLU,
)


def primitive_layers(module: nn.Module) -> Iterator[nn.Module]:
    """The layers of ``module`` in order of application, with nested ``nn.Sequential`` flattened.

    Anything that is not an ``nn.Sequential`` is yielded as it is: only a ``Sequential`` promises that
    its forward pass is its children's, one after another.
    """
    if isinstance(module, nn.Sequential):
        for child in module:
            yield from primitive_layers(child)
    elif not isinstance(module, nn.Identity):
        yield module
