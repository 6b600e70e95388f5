"""Products with the Jacobian of a layer that only automatic differentiation knows.

Several routes lead to J t and to Jᵀ c; which of them a layer allows is found by trying, the cheapest first,
and remembered. Where the product is itself going to be differentiated, a route counts only if that works too:
some of torch's operations have forward mode and no derivative of it, and say so no sooner than in
``backward()``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from math import isfinite
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from jnn_studio.jacobian.adjoint import TOLERANCE, Witness
from jnn_studio.jacobian.blame import culprit
from jnn_studio.jacobian.errors import CoupledBatchError, NoDerivativeError
from jnn_studio.jacobian.kernels import differentiable_kernels
from jnn_studio.jacobian.routes import PULL, PUSH, Function, Route
from jnn_studio.jacobian.structure import Structure, leaves, map_leaves, transforming


def opaque_push(layer: Callable[..., Any], again: Function, x: Any, y: Any, tangents: Any) -> Any:
    """J t of ``again`` at x, whose value is y, for tangents (k, batch, *input shape).

    Raises:
        NoDerivativeError: no route leads there.
    """
    return _product(PUSH, "forward mode or double backward", layer, again, x, y, tangents)


def opaque_pull(layer: Callable[..., Any], again: Function, x: Any, y: Any, cotangents: Any) -> Any:
    """Jᵀ c of ``again`` at x, whose value is y, for cotangents (k, batch, *output shape).

    Raises:
        NoDerivativeError: no route leads there.
    """
    return _product(PULL, "reverse mode", layer, again, x, y, cotangents)


def route_of_push(layer: Callable[..., Any]) -> str:
    """By which route the last J t through a layer was found; "" if there was none."""
    return _LAST.get(layer, "") if _can_remember(layer) else ""


def _product(
    routes: tuple[Route, ...],
    wanted: str,
    layer: Callable[..., Any],
    again: Function,
    x: Any,
    y: Any,
    vectors: Any,
) -> Any:
    if torch.compiler.is_compiling():
        return routes[0].take(again, x, y, vectors, True)
    if torch.is_inference_mode_enabled() or any(t.is_inference() for t in leaves(x)):
        differentiated = torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
        with torch.inference_mode(False), torch.set_grad_enabled(differentiated):
            x, y, vectors = (map_leaves(torch.clone, structure) for structure in (x, y, vectors))
            return _product(routes, wanted, layer, again, x, y, vectors)
    with differentiable_kernels(layer):
        if transforming():
            return routes[0].take(again, x, y, vectors, True)
        weights = _differentiated(layer, x)
        situation = (wanted, bool(weights), _training(layer), _kinds(x))
        known = _known(layer).get(situation)
        if known is not None:
            with suppress(RuntimeError, NotImplementedError):  # else it is looked for anew
                return known.take(again, x, y, vectors, bool(weights))
        witness = _witness(layer, again, x)
        vectors = _open(vectors) if weights else vectors
        reasons: list[Exception] = []
        for route in routes:
            try:
                product = route.take(again, x, y, vectors, bool(weights))
                if routes is PUSH and not witness.confirms(vectors, product):
                    raise NotImplementedError(f"by {route.name} it is not what reverse mode says")
                _try_backward(product, vectors, weights)
            except (RuntimeError, NotImplementedError) as error:
                if isinstance(error, torch.OutOfMemoryError):
                    raise
                reasons.append(error)
                continue
            _known(layer)[situation] = route
            if routes is PUSH and _can_remember(layer):
                _LAST[layer] = route.name
            return product
        needed = f"{wanted} that can be differentiated" if weights else wanted
        inside = culprit(layer, again, x, lambda part: _allows(part, routes, bool(weights)))
        raise NoDerivativeError(inside or layer, needed, _first_line(reasons[-1])) from reasons[-1]


def _witness(layer: Callable[..., Any], again: Function, x: Any) -> Witness:
    """What reverse mode says, by which the routes are judged.

    Raises:
        NoDerivativeError: it says nothing: what it cannot do, forward mode does wrongly or not at all.
        CoupledBatchError: elements of the batch depend on each other.
    """

    def differentiable(part: Function) -> Callable[[Any], bool]:
        return lambda a: not isinstance(_asked(part, a), str)

    witness = _asked(again, x)
    if isinstance(witness, str):
        raise NoDerivativeError(culprit(layer, again, x, differentiable) or layer, "derivative", witness)
    if witness.couples():
        raise CoupledBatchError(layer)
    return witness


def _asked(function: Function, x: Any) -> Witness | str:
    """What reverse mode says of a function, or why it says nothing."""
    try:
        witness = Witness(function, x)
    except (RuntimeError, NotImplementedError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        return _first_line(error)
    return CUT if witness.cut else witness


def _allows(part: Function, routes: tuple[Route, ...], second: bool) -> Callable[[Any], bool]:
    """Whether any route leads through a part of a layer, at an input."""

    def allows(x: Any) -> bool:
        x = map_leaves(lambda t: t.detach().requires_grad_(second), x)
        y = part(x)
        side = x if routes is PUSH else y
        vectors = map_leaves(lambda t: torch.ones_like(t).unsqueeze(0).requires_grad_(second), side)
        wanted = [*leaves(x), *_parameters(part)] if second else []
        witness = Witness(part, x)
        for route in routes:
            try:
                product = route.take(part, x, y, vectors, second)
                if routes is PUSH and not witness.confirms(vectors, product):
                    continue
                _try_backward(product, vectors, wanted)
            except (RuntimeError, NotImplementedError):
                continue
            return True
        return False

    return allows


CUT = "its output changes with its input, but not differentiably (quantised, rounded, detach, no_grad?)"

_ROUTES: WeakKeyDictionary[Any, dict[Any, Route]] = WeakKeyDictionary()
_LAST: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def _known(layer: Callable[..., Any]) -> dict[Any, Route]:
    """The routes found for a layer so far."""
    if not _can_remember(layer):
        return {}
    return _ROUTES.setdefault(layer, {})


def _can_remember(layer: Callable[..., Any]) -> bool:
    try:
        hash(layer)
    except TypeError:
        return False
    return hasattr(layer, "__weakref__")


def _differentiated(layer: Callable[..., Any], x: Structure) -> list[Tensor]:
    """What a product is going to be differentiated by."""
    if not torch.is_grad_enabled():
        return []
    return [t for t in (*leaves(x), *_parameters(layer)) if t.requires_grad]


def _parameters(layer: Callable[..., Any]) -> list[Tensor]:
    if not isinstance(layer, nn.Module):
        return []
    return [p for p in layer.parameters() if p.requires_grad]


def _try_backward(product: Any, vectors: Any, weights: list[Tensor]) -> None:
    """See that ‖product‖² can be differentiated, raising what torch raises.

    The product is linear in the vectors, so the derivative along them is twice its energy; where a rule cuts
    the graph, as that of a ``once_differentiable`` function does without a word, it is less.
    """
    parts = [t for t in leaves(product) if t.requires_grad]
    if not weights or not parts:
        return
    energy = torch.stack([t.float().square().sum() for t in parts]).sum()
    sides = leaves(vectors)
    grads = torch.autograd.grad(
        energy, [*sides, *weights], retain_graph=True, allow_unused=True, materialize_grads=True
    )
    along = sum(float((g.double() * v.detach().double()).sum()) for g, v in zip(grads, sides, strict=False))
    whole = 2 * float(energy.detach())
    if isfinite(whole) and abs(along - whole) > TOLERANCE * whole:
        raise NotImplementedError("its derivative cannot be differentiated again")


def _open(vectors: Any) -> Any:
    """Vectors that can be differentiated by."""
    return map_leaves(lambda v: v if v.requires_grad else v.detach().requires_grad_(), vectors)


def _training(layer: Callable[..., Any]) -> bool:
    return isinstance(layer, nn.Module) and layer.training


def _kinds(x: Structure) -> tuple[Any, ...]:
    kind = leaves(x)[0].device.type
    precision = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else None
    return (*((t.dtype, t.device.type, t.ndim) for t in leaves(x)), precision)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].partition(". ")[0]
