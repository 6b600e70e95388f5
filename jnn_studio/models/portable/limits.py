"""Whether a written-down network can be computed within bounds, found out without computing it."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from jnn_studio.models.portable.operator_graph import OperatorGraph
from jnn_studio.models.portable.operators import MAX_ELEMENTS

MAX_OPERATIONS = 10**12
"""Floating-point operations for one image: half a minute on one core."""


class GraphError(ValueError):
    """A network that cannot be what its description says, or asks for more than it may."""


def output_shape(graph: OperatorGraph, shape: Sequence[int], what: str) -> tuple[int, ...]:
    """The shape of what ``graph`` (on the device "meta") makes of one input of ``shape``.

    Raises:
        GraphError: it cannot be computed; one result is too large, or too much is to be computed; or the
            results of two inputs are not twice those of one.
    """
    from torch.utils.flop_counter import FlopCounterMode  # a part of torch that few need

    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        one = _result(graph, (1, *shape), what)
    if counter.get_total_flops() > MAX_OPERATIONS:
        raise GraphError(
            f"{what} takes {counter.get_total_flops():.2g} operations for one image, more than the "
            f"{MAX_OPERATIONS:.0g} that are allowed"
        )
    with torch.no_grad():
        two = _result(graph, (2, *shape), what)
    if one[:1] != (1,) or two != (2, *one[1:]):
        raise GraphError(f"{what} gives {one} for one input and {two} for two")
    return one[1:]


def _result(graph: OperatorGraph, shape: Sequence[int], what: str) -> tuple[int, ...]:
    try:
        found = graph(torch.empty(tuple(shape), device="meta"))
    except Exception as error:  # whatever an operator says to arguments that are not its own
        reason = str(error).split("\n")[0] or type(error).__name__
        raise GraphError(f"{what} cannot be computed: {reason}") from error
    if not isinstance(found, torch.Tensor) or found.numel() > MAX_ELEMENTS:
        raise GraphError(f"{what} does not give an array of a possible size")
    return tuple(found.shape)
