"""Is a product with a Jacobian what it claims to be? Asked once of every layer that is not known.

Some of torch's derivative rules, and some people's, are wrong without a word. Reverse mode is what networks
are trained with, so that is believed: ⟨c, J t⟩ = ⟨Jᵀc, t⟩ for a random c has to hold. With a c of every other
element of the batch alone, the same Jᵀc shows whether the elements depend on each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from jnn_studio.jacobian.structure import batch_size, leaves, map_leaves

# Far above rounding in half precision, far below what a wrong rule does.
TOLERANCE = 0.05


class Witness:
    """Jᵀc of a function at x by reverse mode, for one random c.

    Args:
        again: the function.
        x: its input.

    Raises:
        RuntimeError: it has no reverse mode.
    """

    def __init__(self, again: Callable[[Any], Any], x: Any) -> None:
        with torch.enable_grad():
            x = map_leaves(lambda t: t.detach().requires_grad_(), x)
            y = again(x)
            source = torch.Generator().manual_seed(0)
            self._c = map_leaves(lambda t: _signs(t, source), y)
            pairs = [(t, c) for t, c in zip(leaves(y), leaves(self._c), strict=True) if t.requires_grad]
            self._pulled: tuple[Tensor, ...] = tuple(torch.zeros_like(t) for t in leaves(x))
            if pairs:
                outputs, signs = zip(*pairs, strict=True)
                self._pulled = torch.autograd.grad(outputs, leaves(x), signs, materialize_grads=True)
        nothing = not any(bool(g.any()) for g in self._pulled)
        self.cut = nothing and _changes(again, x, y)
        """Whether the outputs change with a change of the input by 1 %, and torch says that they do not."""
        self._batch = batch_size(x)

    def confirms(self, tangents: Any, product: Any) -> bool:
        """Whether the first of ``product`` (k, batch, …) is J times the first of ``tangents``."""
        a = b = size = torch.zeros(())
        for c, p in zip(leaves(self._c), leaves(product), strict=True):
            moved = c.double() * p[0].detach().double()
            a, size = a + moved.sum().cpu(), size + moved.square().sum().cpu()
        for g, t in zip(self._pulled, leaves(tangents), strict=True):
            b = b + (g.double() * t[0].double()).sum().cpu()
        if not torch.isfinite(a + b):
            return True  # of an overflow nothing can be said
        return bool((a - b).abs() <= TOLERANCE * size.sqrt() + 1e-6 * b.abs())

    def couples(self) -> bool:
        """Whether outputs depend on the input of other elements of the batch."""
        if self._batch < 2:
            return False
        others = max(float(g[1::2].abs().max()) for g in self._pulled)
        own = max(float(g[::2].abs().max()) for g in self._pulled)
        return others > 1e-6 * own


def _signs(t: Tensor, source: torch.Generator) -> Tensor:
    """Random signs for the even elements of the batch, 0 for the odd ones."""
    c = torch.randint(0, 2, t.shape, generator=source).mul_(2).sub_(1)
    c[1::2] = 0
    return c.to(t)


@torch.no_grad()
def _changes(again: Callable[[Any], Any], x: Any, y: Any) -> bool:
    """Whether the outputs for the even elements of the batch do, of which alone the gradient is known."""
    moved = again(map_leaves(lambda t: 1.01 * t, x))
    return any(not torch.equal(a[::2], b[::2]) for a, b in zip(leaves(moved), leaves(y), strict=True))
