"""A map's Jacobian at a batch of inputs as a linear operator: products with J and Jᵀ, no entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from jnn_studio.jacobian.errors import NoDerivativeError, naming
from jnn_studio.jacobian.layer_pass import LayerPass, pull_all, push_all, run_all
from jnn_studio.jacobian.layers import primitive_layers
from jnn_studio.jacobian.structure import (
    Structure,
    batch_size,
    check_finite,
    check_structure,
    flatten,
    identity_tangents,
    leaves,
    row_size,
    unflatten,
)

Map = Callable[[Any], Any]


class JacobianOperator:
    """J (m × n) at every element of a batch, through forward and reverse mode.

    Args:
        f: map (batch, *input shape) → (batch, *output shape), each row depending on its own input only
            (batch norms in training mode count with their statistics held constant).
        x: floating-point batch, or a tuple of tensors with one batch axis.

    Raises:
        TypeError, ValueError: ``x`` is no finite floating-point batch, or ``f`` returns none.

    Example:
        >>> j = JacobianOperator(torch.nn.Linear(5, 3), torch.zeros(2, 5))
        >>> j.push(torch.eye(5).expand(2, 5, 5)).shape
        torch.Size([2, 3, 5])
    """

    def __init__(self, f: Map, x: Structure) -> None:
        check_structure(x, "x")
        check_finite(x, "x")
        self._setup(run_all(primitive_layers(f), x), x, f)

    @classmethod
    def of_passes(cls, passes: Sequence[LayerPass]) -> JacobianOperator:
        """The operator of a forward pass already made."""
        self = cls.__new__(cls)
        self._setup(tuple(passes), passes[0].input)
        return self

    def _setup(self, passes: tuple[LayerPass, ...], x: Structure, f: object = None) -> None:
        output = passes[-1].output if passes else x
        check_structure(output, "f(x)")
        if batch_size(output) != batch_size(x):
            raise ValueError(
                f"f must keep the batch axis: it made {batch_size(output)} outputs of {batch_size(x)} inputs"
            )
        self._passes, self._input, self._output, self._f = passes, x, output, f
        self.batch, self.n, self.m = batch_size(x), row_size(x), row_size(output)
        self.dtype, self.device = leaves(x)[0].dtype, leaves(x)[0].device

    @property
    def output(self) -> Structure:
        """f(x)."""
        return self._output

    def push(self, v: Tensor) -> Tensor:
        """J V: (batch, n, k) → (batch, m, k).

        Raises:
            NoDerivativeError: a layer has neither forward mode nor a second derivative.
        """
        tangents = unflatten(v.permute(2, 0, 1), self._input, 2)
        return self._push(tangents).permute(1, 2, 0)

    def pull(self, u: Tensor) -> Tensor:
        """Jᵀ U: (batch, m, k) → (batch, n, k).

        Raises:
            NoDerivativeError: a layer has no reverse mode.
        """
        cotangents = unflatten(u.permute(2, 0, 1), self._output, 2)
        return self._pull(cotangents).permute(1, 2, 0)

    def split(self, at: Callable[[Map], bool]) -> tuple[JacobianOperator, JacobianOperator]:
        """Two operators whose product it is, before the first layer for which ``at`` is true."""
        where = next((i for i, done in enumerate(self._passes) if at(done.layer)), len(self._passes))
        parts = []
        for passes, x in ((self._passes[:where], self._input), (self._passes[where:], None)):
            part = JacobianOperator.__new__(JacobianOperator)
            inputs = x if x is not None else (passes[0].input if passes else self._output)
            part._setup(passes, inputs, self._f)
            parts.append(part)
        return parts[0], parts[1]

    def dense(self, chunk: int | None = None) -> Tensor:
        """The entries (batch, m, n), by reverse mode if m < n and forward mode otherwise.

        Where a layer allows one of the two alone, by that. ``chunk`` rows or columns of every Jacobian are
        found at once; by default as many as stay in cache.

        Raises:
            NoDerivativeError: a layer allows neither.
        """
        step = self._chunk() if chunk is None else chunk
        first, second = (self._rows, self._columns) if self.m < self.n else (self._columns, self._rows)
        try:
            return first(step)
        except NoDerivativeError as error:
            try:
                return second(step)
            except NoDerivativeError:
                raise error from None

    def _rows(self, step: int) -> Tensor:
        rows = [
            self._pull(identity_tangents(self._output, i, min(i + step, self.m)))
            for i in range(0, self.m, step)
        ]
        return torch.cat(rows).transpose(0, 1)

    def _columns(self, step: int) -> Tensor:
        columns = [
            self._push(identity_tangents(self._input, i, min(i + step, self.n)))
            for i in range(0, self.n, step)
        ]
        return torch.cat(columns).permute(1, 2, 0)

    def _push(self, tangents: Any) -> Tensor:
        with naming(self._f):
            return flatten(push_all(self._passes, tangents), 2)

    def _pull(self, cotangents: Any) -> Tensor:
        with naming(self._f):
            return flatten(pull_all(self._passes, cotangents), 2)

    def _chunk(self) -> int:
        """Vectors whose largest image under a layer is about 2 MB on a CPU, 256 MB elsewhere."""
        largest = max([row_size(self._input), *(row_size(done.output) for done in self._passes)])
        numbers = 2**19 if self.device.type == "cpu" else 2**26
        return max(1, numbers // (largest * self.batch))
