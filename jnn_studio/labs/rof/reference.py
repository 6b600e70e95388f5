"""The right solution on the box: in closed form for the ball, on a grid for anything else.

The grid's solver is scikit-image's ``denoise_tv_chambolle`` (Chambolle, JMIV 2004): isotropic total
variation by forward differences, free boundary. It minimises ½ Σ(uᵢ − τᵢ)² + w Σ|∇u|ᵢ, differences in units
of one cell. With cells of side h, ½∫(f − τ)² + η∫|∇f| ≈ hⁿ [½ Σ(uᵢ − τᵢ)² + (η/h) Σ|∇u|ᵢ], so w = η/h. It
stops when its energy changes by less than ``eps`` times the first one's; slow progress looks like
convergence to it, so the number of iterations is what decides here. Its accuracy is checked against the
ball's closed solution.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from jnn_studio.labs.rof.config import RofProblemConfig
from jnn_studio.labs.rof.solution import Theory, theory

FINE_CELLS = 128
"""Cells per axis at least that the grid's solver works on."""
SUBSAMPLES = 4
"""Points per axis that a cell's share of the target is counted by."""
EPS = 1e-9
ITERATIONS = {1: 60_000, 2: 10_000}
"""By n; information travels about one cell an iteration, flat regions settle as diffusion does."""


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


@lru_cache(maxsize=8)
def grid_reference(problem: RofProblemConfig, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """The solution at the middles of ``cells`` cells per axis, by the grid's solver; n = 1 or 2.

    It is found on a grid of at least `FINE_CELLS` and averaged. Forward differences favour one diagonal,
    so in the plane it is the mean over a solution and its mirror image's.

    Returns:
        axis (cells,), values (cells,) or (cells, cells) indexed [y, x].
    """
    from skimage.restoration import denoise_tv_chambolle  # takes a second to import

    n, half_width = problem.n, problem.half_width
    factor = -(-FINE_CELLS // cells)
    fine = cells * factor
    tau = _share(problem, fine)
    weight = problem.eta / (2 * half_width / fine)

    def solve(image: np.ndarray) -> np.ndarray:
        return denoise_tv_chambolle(image, weight=weight, eps=EPS, max_num_iter=ITERATIONS[n])

    solution = solve(tau)
    if n == 2:
        solution = 0.5 * (solution + solve(tau[:, ::-1])[:, ::-1])
    return axis_points(half_width, cells), _averaged(solution, factor)


@dataclass(frozen=True)
class Reference:
    """The right solution at given points: ``bounded`` on the box, ``whole`` on all of space where known."""

    bounded: Tensor
    whole: Tensor | None
    theory: Theory | None


def at_points(problem: RofProblemConfig, points: Tensor, grid: int | None = None) -> Reference:
    """The solution at points (points, n); for targets without a closed one these must be ``grid``'s cells.

    Raises:
        ValueError: there is no closed solution, and ``points`` are on no grid.
    """
    closed = theory(problem)
    if closed is not None:
        inside = problem.target.inside(points)
        bounded = torch.where(inside, closed.inside, closed.outside)
        whole = torch.where(inside, closed.whole_inside, closed.whole_outside)
        return Reference(bounded, whole, closed)
    if grid is None:
        raise ValueError(f"a target of kind {problem.target.kind!r} has no closed solution")
    values = torch.from_numpy(grid_reference(problem, grid)[1]).float().flatten()
    return Reference(values.to(points.device), None, None)


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
