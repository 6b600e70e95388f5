"""The routes that automatic differentiation knows to products with a Jacobian and its transpose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor

from jnn_studio.jacobian.kernels import RefusedWrong
from jnn_studio.jacobian.structure import leaves, map_leaves

Function = Callable[[Any], Any]


class Route(NamedTuple):
    """One way to a product.

    Attributes:
        name: in words.
        take: (function, input, output, vectors (k, batch, …), whether to be differentiated) → product.
    """

    name: str
    take: Callable[[Function, Any, Any, Any, bool], Any]


# Routes to J t


def _forward_mode(again: Function, x: Any, y: Any, tangents: Any, second: bool) -> Any:
    if len(leaves(tangents)[0]) == 1:  # nothing to do at once, and what has no batching rule works
        return _forward_mode_in_turn(again, x, y, tangents, second)
    with RefusedWrong() if second else nullcontext():
        return torch.func.vmap(lambda t: torch.func.jvp(again, (x,), (t,))[1], randomness="same")(tangents)


def _forward_mode_in_turn(again: Function, x: Any, y: Any, tangents: Any, second: bool) -> Any:
    with RefusedWrong() if second else nullcontext():
        return _in_turn(lambda t: torch.func.jvp(again, (x,), (t,))[1], tangents)


def _double_backward(again: Function, x: Any, y: Any, tangents: Any, second: bool) -> Any:
    """Jᵀu is linear in u, and J its derivative with respect to u."""
    with torch.enable_grad():
        x, y = _recorded(again, x)
        u = map_leaves(lambda t: torch.zeros_like(t, requires_grad=True), y)
        outputs = [(t, c) for t, c in zip(leaves(y), leaves(u), strict=True) if t.requires_grad]
        pulled = torch.autograd.grad(
            [t for t, _ in outputs],
            leaves(x),
            [c for _, c in outputs],
            create_graph=True,
            materialize_grads=True,
        )

        def one(t: Any) -> Any:
            return _gradients(pulled, u, t, second, like=y)

        return _in_turn(one, tangents)


# Routes to Jᵀ c


def _reverse_mode(again: Function, x: Any, y: Any, cotangents: Any, second: bool) -> Any:
    transpose = torch.func.vjp(again, x)[1]
    if len(leaves(cotangents)[0]) == 1:
        return map_leaves(lambda t: t.unsqueeze(0), transpose(_at(cotangents, 0))[0])
    return torch.func.vmap(lambda c: transpose(c)[0], randomness="same")(cotangents)


def _autograd(again: Function, x: Any, y: Any, cotangents: Any, second: bool) -> Any:
    with torch.enable_grad():
        x, y = _recorded(again, x)

        def one(c: Any) -> Any:
            return _gradients(leaves(y), x, c, second, like=x)

        return _in_turn(one, cotangents)


def _gradients(outputs: Sequence[Tensor], inputs: Any, vectors: Any, second: bool, like: Any) -> Any:
    """Of the outputs weighed by ``vectors``, with respect to ``inputs``; in the shape of ``like``."""
    pairs = [(o, v) for o, v in zip(outputs, leaves(vectors), strict=True) if o.requires_grad]
    found = iter(
        torch.autograd.grad(
            [o for o, _ in pairs],
            leaves(inputs),
            [v for _, v in pairs],
            create_graph=second,
            retain_graph=True,
            materialize_grads=True,
        )
    )
    return map_leaves(lambda _: next(found), like)


FORWARD_MODE = "forward mode"
IN_TURN = "forward mode, one vector at a time"
DOUBLE_BACKWARD = "double backward"

PUSH = (
    Route(FORWARD_MODE, _forward_mode),
    Route(IN_TURN, _forward_mode_in_turn),
    Route(DOUBLE_BACKWARD, _double_backward),
)
PULL = (Route("reverse mode", _reverse_mode), Route("reverse mode, one vector at a time", _autograd))


def _recorded(again: Function, x: Any) -> tuple[Any, Any]:
    """(x, y = again(x)) with the graph between them, also where x is no leaf."""

    x = map_leaves(lambda t: t.view_as(t) if t.requires_grad else t.detach().requires_grad_(), x)
    return x, again(x)


def _in_turn(one: Function, vectors: Any) -> Any:
    found = [one(_at(vectors, i)) for i in range(len(leaves(vectors)[0]))]
    return map_leaves(lambda *parts: torch.stack(parts), found[0], *found[1:])


def _at(vectors: Any, i: int) -> Any:
    return map_leaves(lambda t: t[i], vectors)
