"""What the engine cannot do, said with the layer that is in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from jnn_studio.base.errors import StudioError

ADVICE = (
    "write it with operations that torch differentiates twice, or ask for what needs less: "
    "jacobian_svd(…, method='dense') needs reverse mode alone, "
    "NuclearNormPenalty('finite_difference') only the layer's values and their first derivative"
)


class NoDerivativeError(StudioError):
    """A layer does not have the derivative that was asked for, by any route.

    Attributes:
        layer: the layer in the way, as far inside as it could be told.
        wanted: what was asked for.
        why: what torch said to it.
    """

    def __init__(self, layer: Callable[..., Any], wanted: str, why: str, where: str = "") -> None:
        self.layer, self.wanted, self.why = layer, wanted, why
        kind = _kind(layer)
        self.place = f"layer {where!r} ({kind})" if where else kind
        super().__init__(f"{self.place} has no {wanted}: {why}; {ADVICE}")

    def within(self, whole: object) -> NoDerivativeError:
        """The same, with the layer's path in ``whole``."""
        parts = whole.named_modules() if isinstance(whole, nn.Module) else ()
        path = next((name for name, part in parts if part is self.layer), "")
        return NoDerivativeError(self.layer, self.wanted, self.why, path)


@contextmanager
def naming(whole: object) -> Iterator[None]:
    """Context in which a `NoDerivativeError` names the layer by its path in ``whole``."""
    try:
        yield
    except NoDerivativeError as error:
        raise error.within(whole) from error.__cause__


class CoupledBatchError(StudioError, ValueError):
    """A map whose outputs depend on other elements of the batch: it has no Jacobian at each element."""

    def __init__(self, layer: Callable[..., Any]) -> None:
        super().__init__(
            f"the outputs of {_kind(layer)} depend on the inputs of other elements of the batch (along "
            "axis 0), so that there is no Jacobian at each: give the batch axis 0 (batch_first=True), "
            "normalise by nn.BatchNorm, whose statistics are held constant, or take batches of one"
        )


def _kind(layer: Callable[..., Any]) -> str:
    if isinstance(layer, nn.Module):
        return type(layer).__name__
    return f"function {getattr(layer, '__name__', type(layer).__name__)}"
