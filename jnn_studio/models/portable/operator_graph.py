"""A network that computes what a description says, with tensors that are given to it later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from jnn_studio.models.portable.description import INPUT, GraphDescription, NodeDescription, replaced
from jnn_studio.models.portable.operators import ALLOWED, MAKES, find_operator

Values = dict[str, Any]


class OperatorError(ValueError):
    """A description asks for an operator that is not allowed."""


class OperatorGraph(nn.Module):
    """One input, one output, and nothing called but the allowed operators: no code is written or looked up.

    Args:
        description: its tensors become parameters and buffers of their shapes, without sensible values.

    Raises:
        OperatorError: an operator is not among the allowed ones.

    Example:
        >>> node = NodeDescription(name="y", operator="mul.Scalar", args=({"node": "input"}, 3.0))
        >>> OperatorGraph(GraphDescription(nodes=(node,), output="y"))(torch.ones(2)).tolist()
        [3.0, 3.0]
    """

    def __init__(self, description: GraphDescription) -> None:
        super().__init__()
        for name, about in description.tensors.items():
            empty = torch.empty(about.shape, dtype=getattr(torch, about.dtype))
            if about.trained and empty.is_floating_point():
                self.register_parameter(name, nn.Parameter(empty))
            else:
                self.register_buffer(name, empty)
        self._steps = [_step(node) for node in description.nodes]
        self._output = description.output
        last = {self._output: len(self._steps)}
        for number, node in reversed(list(enumerate(description.nodes))):
            for name in _used(node):
                last.setdefault(name, number)
        steps = range(len(self._steps))
        self._done_with = [[name for name, at in last.items() if at == step] for step in steps]

    def forward(self, x: Tensor) -> Tensor:
        """(batch, …) → (batch, …)."""
        values: Values = {INPUT: x}
        for (name, compute), done in zip(self._steps, self._done_with, strict=True):
            values[name] = compute(self, values, x.device)
            for spent in done:
                del values[spent]  # nothing later asks for it
        output: Tensor = values[self._output]
        return output


def _step(node: NodeDescription) -> tuple[str, Callable[[OperatorGraph, Values, torch.device], Any]]:
    if node.operator not in ALLOWED:
        place = f" (layer {node.layer})" if node.layer else ""
        raise OperatorError(f"the operator {node.operator!r}{place} is not among those that are allowed")
    operator = find_operator(node.operator)
    makes = node.operator in MAKES

    def compute(graph: OperatorGraph, values: Values, device: torch.device) -> Any:
        def found(kind: str, name: str) -> Any:
            return values[name] if kind == "node" else getattr(graph, name)

        args = [replaced(value, found, _number) for value in node.args]
        kwargs = {key: replaced(value, found, _number) for key, value in node.kwargs.items()}
        if makes:
            with device:
                return operator(*args, **kwargs)
        return operator(*args, **kwargs)

    return node.name, compute


def _number(name: str) -> torch.dtype:
    found: torch.dtype = getattr(torch, name)
    return found


def _used(node: NodeDescription) -> set[str]:
    used: set[str] = set()
    for value in (*node.args, *node.kwargs.values()):
        replaced(value, lambda kind, name: used.add(name) if kind == "node" else None, _number)
    return used
