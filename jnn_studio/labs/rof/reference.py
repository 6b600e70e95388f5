"""The right solution on the box: in closed form for ball and annulus, on a grid for anything else.

With cells of side h, ½∫(f − τ)² + η∫|∇f| ≈ hⁿ [½ Σ(uᵢ − τᵢ)² + (η/h) Σ|∇u|ᵢ], differences in units of one
cell, which `grid_solver` solves to a duality gap. What the grid itself is off by a grid half as fine tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.labs.rof.config import RofProblemConfig
from jnn_studio.labs.rof.solution import Theory, theory
from jnn_studio.labs.rof.targets import Annulus

if TYPE_CHECKING:
    from jnn_studio.labs.rof.grid_solver import GridSolved

FINE_CELLS = 256
"""Cells per axis at least that the problem is solved on."""
SUBSAMPLES = 4
"""Points per axis that a cell's share of the target is counted by."""
SOLVED = 1e-3
"""Root mean square distance to the solution on a grid at which its search ends."""
REST = 1.8
"""How much is left once halving the cells has moved the solution by 1: the error falls to about 0.6 of itself
(0.58 to 0.65, against the closed solutions of ball and annulus, from 64 to 256 cells)."""
FLAT = 5e-3
"""A solution whose values differ by no more than this is a constant one."""


def axis_points(half_width: float, count: int) -> np.ndarray:
    """Middles of ``count`` cells of [-L, L], float64."""
    return (np.arange(count) + 0.5) * (2 * half_width / count) - half_width


def grid_points(n: int, half_width: float, count: int) -> Tensor:
    """Middles of all cells, (countⁿ, n), for n = 1 or 2; (x, y) = (axis[j], axis[i]) at row i, column j."""
    axis = torch.from_numpy(axis_points(half_width, count))
    if n == 1:
        return axis[:, None].float()
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], 1).float()


@dataclass(frozen=True)
class GridReference:
    """The solution on a grid.

    Attributes:
        axis: middles of the cells (cells,).
        values: (cells,), or (cells, cells) indexed [y, x].
        cells: per axis of the grid it was solved on.
        solved: how far it may be from the solution on that grid, root mean square.
        off: by how much the solution on a grid half as fine differs from it, in the mean.
    """

    axis: np.ndarray
    values: np.ndarray
    cells: int
    solved: float
    off: float

    @property
    def error(self) -> float:
        """About how far it is from the solution on the box, in the mean."""
        return self.solved + REST * self.off


_KEPT = 8
_known: dict[tuple[RofProblemConfig, int], GridReference] = {}
"""The newest solutions: the window, a run and its figures ask for the same one."""


def grid_reference(problem: RofProblemConfig, cells: int, watch: Watch | None = None) -> GridReference:
    """The solution at the middles of ``cells`` cells per axis; n = 1 or 2.

    It is found on a grid of at least `FINE_CELLS` and averaged. Forward differences favour one diagonal,
    so in the plane it is the mean over a solution and its mirror image's.

    Raises:
        Cancelled: ``watch`` said so.
    """
    key = (problem, cells)
    found = _known.pop(key, None) or _found(problem, cells, watch or Watch())
    _known[key] = found
    for old in list(_known)[:-_KEPT]:
        _known.pop(old, None)
    return found


def _found(problem: RofProblemConfig, cells: int, watch: Watch) -> GridReference:
    factor = 2 * -(-FINE_CELLS // (2 * cells))
    coarse = _solved(problem, cells * factor // 2, None, watch)
    fine = _solved(problem, cells * factor, coarse, watch)
    values = _averaged(fine.values, factor)
    off = np.abs(values - _averaged(coarse.values, factor // 2)).mean()
    return GridReference(
        axis_points(problem.half_width, cells), values, cells * factor, fine.error, float(off)
    )


def _solved(problem: RofProblemConfig, cells: int, coarser: GridSolved | None, watch: Watch) -> GridSolved:
    """On a grid; ``coarser``: as found on one half as fine."""
    # Imported here: scipy takes a while.
    from jnn_studio.labs.rof.grid_solver import GridSolved, finer, mirrored, solve

    tau, weight = _share(problem, cells), problem.eta / (2 * problem.half_width / cells)
    found = solve(tau, weight, SOLVED, None if coarser is None else finer(coarser.field, 2), watch)
    if problem.n == 1:
        return found
    other = solve(tau[:, ::-1], weight, SOLVED, mirrored(found.field), watch)
    values = 0.5 * (found.values + other.values[:, ::-1])
    return GridSolved(values, max(found.error, other.error), found.field)


@dataclass(frozen=True)
class Reference:
    """The right solution at given points: ``bounded`` on the box, ``whole`` on all of space where known.

    ``error``: about how far ``bounded`` is off in the mean; 0 in closed form.
    """

    bounded: Tensor
    whole: Tensor | None
    theory: Theory | None
    error: float = 0.0


def at_points(
    problem: RofProblemConfig, points: Tensor, grid: int | None = None, watch: Watch | None = None
) -> Reference:
    """The solution at points (points, n); for targets without a closed one these must be ``grid``'s cells.

    Raises:
        ValueError: there is no closed solution, and ``points`` are on no grid.
        Cancelled: ``watch`` said so.
    """
    closed = theory(problem)
    if closed is not None:
        inside, hole = problem.target.inside(points), in_hole(problem, points)
        bounded = _three(inside, hole, closed.inside, closed.hole, closed.outside)
        whole = _three(inside, hole, closed.whole_inside, closed.whole_hole, closed.whole_outside)
        return Reference(bounded, whole, closed)
    if grid is None:
        raise ValueError(f"a target of kind {problem.target.kind!r} has no closed solution")
    found = grid_reference(problem, grid, watch)
    values = torch.from_numpy(found.values).float().flatten()
    return Reference(values.to(points.device), None, None, found.error)


def in_hole(problem: RofProblemConfig, points: Tensor) -> Tensor:
    """Whether points (points, n) lie in the hole of an annulus, (points,); nowhere for other targets."""
    target = problem.target
    if isinstance(target, Annulus):
        return points.square().sum(1) < target.inner**2
    return torch.zeros(len(points), dtype=torch.bool, device=points.device)


def _three(inside: Tensor, hole: Tensor, of_inside: float, of_hole: float | None, outside: float) -> Tensor:
    rest = torch.where(hole, outside if of_hole is None else of_hole, outside)
    return torch.where(inside, of_inside, rest)


def _share(problem: RofProblemConfig, cells: int) -> np.ndarray:
    """How much of each cell the target covers, float64."""
    points = grid_points(problem.n, problem.half_width, cells * SUBSAMPLES)
    inside = problem.target.inside(points).double().numpy()
    return _averaged(inside.reshape((cells * SUBSAMPLES,) * problem.n), SUBSAMPLES)


def _averaged(values: np.ndarray, factor: int) -> np.ndarray:
    """Means over blocks of ``factor`` cells per axis."""
    for axis in range(values.ndim):
        shape = (*values.shape[:axis], -1, factor, *values.shape[axis + 1 :])
        values = values.reshape(shape).mean(axis + 1)
    return values
