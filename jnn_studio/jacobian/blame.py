"""Which part of a layer stands in the way of a derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

Call = tuple[nn.Module, tuple[Any, ...], dict[str, Any]]


def culprit(
    layer: Callable[..., Any],
    again: Callable[[Any], Any],
    x: Any,
    allows: Callable[[Callable[[Any], Any]], Callable[[Any], bool]],
) -> nn.Module | None:
    """The innermost part of a layer that does not allow what the whole does not.

    Args:
        layer: the layer.
        again: what evaluates it.
        x: its input.
        allows: whether a function allows it, asked for the function and then its first argument.

    Returns:
        The first such part in the order of evaluation; None where no part alone is to blame, but what the
        layer does with them.
    """
    if not isinstance(layer, nn.Module):
        return None
    blamed = _first([call for call in _calls(layer, again, x) if call[0] is not layer], allows)
    return None if blamed is None else blamed


def _first(
    calls: list[Call], allows: Callable[[Callable[[Any], Any]], Callable[[Any], bool]]
) -> nn.Module | None:
    # Children return before their parents do: the first in this order is as far inside as it gets.
    for part, arguments, keywords in calls:
        if not arguments or not isinstance(arguments[0], Tensor) or not arguments[0].is_floating_point():
            continue
        asked = _Part(part, arguments[1:], keywords)
        try:
            if not allows(asked)(arguments[0]):
                return part
        except Exception:  # asked alone it fails for reasons of its own: nothing can be said of it
            continue
    return None


class _Part(nn.Module):
    """A part called as it was in the whole, as a function of its first argument; of its first tensor."""

    def __init__(self, part: nn.Module, rest: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        super().__init__()
        self.part, self.rest, self.keywords = part, rest, keywords

    def forward(self, x: Tensor) -> Tensor:
        same = self.rest and all(isinstance(r, Tensor) and r.shape == x.shape for r in self.rest)
        y = self.part(x, *((x,) * len(self.rest) if same else self.rest), **self.keywords)
        while not isinstance(y, Tensor):
            y = y[0]
        return y


def _calls(layer: nn.Module, again: Callable[[Any], Any], x: Any) -> list[Call]:
    """Every call of a part during one evaluation, in the order in which they returned."""
    calls: list[Call] = []

    def note(part: nn.Module, arguments: tuple[Any, ...], keywords: dict[str, Any], _: Any) -> None:
        calls.append((part, arguments, keywords))

    hooks = [part.register_forward_hook(note, with_kwargs=True) for part in layer.modules()]
    try:
        with torch.no_grad():
            again(x)
    finally:
        for hook in hooks:
            hook.remove()
    return calls
