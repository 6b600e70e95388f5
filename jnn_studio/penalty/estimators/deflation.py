"""‖J‖_F² split by a subspace: exactly inside it, by random probes in its complement."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from jnn_studio.jacobian.structure import flatten, leaves, unflatten
from jnn_studio.penalty.composition import FactorPass
from jnn_studio.penalty.estimators.estimate import Estimate, from_samples, squared_norm
from jnn_studio.penalty.estimators.probes import draw, on_sphere


class Deflated:
    """‖JV‖_F² + E‖J(I − VVᵀ)v‖², V tracking the leading right singular directions over the data.

    Unbiased for any V; its variance is that of J outside V alone, small exactly when J is nearly low rank
    (where plain Hutchinson is noisiest: one Gaussian probe at rank 1 is off by √2). V is shared by the batch
    and follows the data by a step of subspace iteration on the mean of JᵀJ every ``refresh`` calls; it is
    kept per factor, and starts anew in a new process.

    Args:
        rank: columns of V.
        probes: random directions per element in the complement.
        refresh: calls between updates of V, each of which costs ``rank`` VJPs.
    """

    name = "deflated"
    exact = False

    def __init__(self, rank: int = 8, probes: int = 1, refresh: int = 16) -> None:
        for argument, value in {"rank": rank, "probes": probes, "refresh": refresh}.items():
            if value < 1:
                raise ValueError(f"{argument} must be at least 1, got {value}")
        self.rank, self.probes, self.refresh = rank, probes, refresh
        self._bases: WeakKeyDictionary[nn.Module, Tensor] = WeakKeyDictionary()
        self._calls: WeakKeyDictionary[nn.Module, int] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"Deflated(rank={self.rank}, probes={self.probes}, refresh={self.refresh})"

    def evaluations(self, done: FactorPass) -> int:
        """One per column of V and per probe."""
        return min(self.rank, done.n) + self.probes

    def __call__(self, done: FactorPass, generator: torch.Generator | None = None) -> Estimate:
        """Unbiased values."""
        v = self._basis(done, generator)
        n, rank = v.shape
        inside = squared_norm(self._push(done, v), 2).sum(0)
        if rank == n:
            return Estimate(inside, None, rank)
        samples = []
        for _ in range(self.probes):
            noise = draw(done.input, "gaussian", generator).to(v.dtype)
            noise = on_sphere(noise - (noise @ v) @ v.mT, n - rank)
            outside = done.push(unflatten(noise.unsqueeze(0), done.input, 2))
            samples.append(inside + squared_norm(outside, 2)[0])
        return from_samples(samples, rank + self.probes)

    @torch.no_grad()
    def _basis(self, done: FactorPass, generator: torch.Generator | None) -> Tensor:
        """V (n, rank), updated when due."""
        basis = self._bases.get(done.factor)
        calls = self._calls.get(done.factor, 0)
        if basis is None or len(basis) != done.n:
            calls = 0
            like = leaves(done.input)[0]
            dtype = torch.promote_types(like.dtype, torch.float32)
            shape = (done.n, min(self.rank, done.n))
            noise = torch.randn(shape, dtype=dtype, device=like.device, generator=generator)
            basis = self._iterated(done, torch.linalg.qr(noise)[0])
        if calls % self.refresh == 0:
            basis = self._iterated(done, basis)
        self._bases[done.factor] = basis
        self._calls[done.factor] = calls + 1
        return basis

    def _iterated(self, done: FactorPass, v: Tensor) -> Tensor:
        pulled = flatten(done.pull(self._push(done, v)), 2).to(v.dtype)
        return torch.linalg.qr(pulled.mean(1).mT)[0]

    def _push(self, done: FactorPass, v: Tensor) -> object:
        """J V as (rank, batch, *output shape)."""
        columns = v.mT.unsqueeze(1).expand(-1, done.batch, -1)
        return done.push(unflatten(columns, done.input, 2))
