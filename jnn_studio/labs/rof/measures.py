"""How far solutions are from the right one, on points that stay the same throughout a run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.labs.rof.config import GRID_DIMENSIONS, RofConfig
from jnn_studio.labs.rof.objective import objectives
from jnn_studio.labs.rof.reference import Reference, at_points, axis_points, grid_points, in_hole
from jnn_studio.penalty import Composition

PORTION = 4096
"""Points evaluated at once."""
PER_SHELL = 128
"""Random directions on every sphere of the radial profile."""


class Measures:
    """Points, the right solution at them, and what is measured there.

    Up to n = 2 the points are a grid on the box; beyond, random ones in the box, and for the profile random
    directions on spheres from the middle to the box's walls, with more inside the target.
    """

    def __init__(self, config: RofConfig, device: str, watch: Watch | None = None) -> None:
        problem, measuring = config.problem, config.measuring
        self._config, self._n = config, problem.n
        self._grid = measuring.grid if problem.n <= GRID_DIMENSIONS else None
        generator = torch.Generator().manual_seed(config.schedule.seed + 1)
        # Low discrepancy: |∇f| lives in a thin layer, which independent points meet too unevenly. With 8,192
        # of those an objective can come out below the least there is.
        sobol = torch.quasirandom.SobolEngine(problem.n, scramble=True, seed=config.schedule.seed + 1)
        box = sobol.draw(measuring.sample)
        self.sample = (2 * box - 1).mul(problem.half_width).to(device)
        self._sample_tau = problem.target.inside(self.sample).float()
        if self._grid is not None:
            points = grid_points(problem.n, problem.half_width, self._grid)
        else:
            points = self.sample.cpu()
        reference = at_points(problem, points, self._grid, watch)
        self.reference = Reference(
            reference.bounded.to(device),
            None if reference.whole is None else reference.whole.to(device),
            reference.theory,
            reference.error,
        )
        self._points, self._inside = points.to(device), problem.target.inside(points).to(device)
        self._hole = in_hole(problem, points).to(device)
        self._core = self._points[self._inside]
        self._core_right = self.reference.bounded[self._inside]
        self._shells = torch.empty(0)
        if self._grid is None:
            directions = torch.randn(measuring.sample, problem.n, generator=generator)
            directions /= directions.norm(dim=1, keepdim=True)
            radii = torch.rand(measuring.sample, 1, generator=generator) ** (1 / problem.n)
            extent = problem.target.extent(problem.n)
            # A ball is a vanishing part of its box in many dimensions: points of its own.
            core = directions * radii * extent
            self._core, self._core_right = core.to(device), at_points(problem, core).bounded.to(device)
            self._radii = torch.linspace(0, problem.half_width, measuring.shells)
            around = torch.randn(PER_SHELL, problem.n, generator=generator)
            around /= around.norm(dim=1, keepdim=True)
            self._shells = (self._radii[:, None, None] * around).to(device)

    @torch.no_grad()
    def metrics(self, f: Composition) -> dict[str, float]:
        """Errors against the right solution, objectives at the final η, values inside and outside."""
        values = _values(f, self._points)
        found = {"mae": float((values - self.reference.bounded).abs().mean())}
        if self.reference.whole is not None:
            found["mae_whole_space"] = float((values - self.reference.whole).abs().mean())
        portions = list(zip(self.sample.split(PORTION), self._sample_tau.split(PORTION), strict=True))
        parts = [objectives(f, x, tau, self._config.problem.eta) for x, tau in portions]
        weights = [len(x) for x, _ in portions]
        means = np.average(np.asarray(parts), axis=0, weights=weights)
        found |= dict(
            zip(("objective_nuclear", "objective_composite", "tightness_gap"), means.tolist(), strict=True)
        )
        inside = _values(f, self._core)
        found["mae_inside"] = float((inside - self._core_right).abs().mean())
        found["mean_inside"] = float(inside.mean())
        found["mean_outside"] = float(values[~self._inside & ~self._hole].mean())
        if bool(self._hole.any()):
            found["mean_hole"] = float(values[self._hole].mean())
        return found

    @torch.no_grad()
    def field(self, f: Composition) -> dict[str, np.ndarray]:
        """What to draw of a solution: ``field`` on the grid, or a radial profile's mean and spread."""
        if self._grid is not None:
            return {"field": self._on_grid(_values(f, self._points))}
        values = _values(f, self._shells.flatten(0, 1)).unflatten(0, self._shells.shape[:2])
        return {
            "profile_mean": values.mean(1).float().cpu().numpy(),
            "profile_sd": values.std(1).float().cpu().numpy(),
        }

    def truth(self) -> Mapping[str, np.ndarray]:
        """What to draw beside solutions: where, the target, the right solution, and how far it may be off."""
        problem = self._config.problem
        if self._grid is not None:
            return {
                "axis": axis_points(problem.half_width, self._grid).astype(np.float32),
                "target": self._on_grid(self._inside.float()),
                "reference": self._on_grid(self.reference.bounded),
                "reference_error": np.array([self.reference.error], np.float32),
            }
        first = torch.zeros(len(self._radii), problem.n)
        first[:, 0] = self._radii
        return {
            "radius": self._radii.numpy(),
            "target": problem.target.inside(first).float().numpy(),
            "reference": at_points(problem, first).bounded.numpy(),
        }

    def _on_grid(self, values: Tensor) -> np.ndarray:
        assert self._grid is not None
        return values.reshape((self._grid,) * self._n).float().cpu().numpy()


def _values(f: Composition, x: Tensor) -> Tensor:
    return torch.cat([f(part)[:, 0] for part in x.split(PORTION)])
