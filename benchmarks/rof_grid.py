"""How well the grid's solver finds ROF's solution: ``python -m benchmarks.rof_grid`` prints JSON.

For ball and annulus, whose solutions stand in closed form, and grids of several sizes: how far the search may
have been from the grid's own solution (root mean square, by its duality gap), what halving the grid changes,
the error that is stated from both, and the error there really is, each in the mean over cells of 1/32 of the
box. ``--cells`` tries other grids.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

from jnn_studio.labs.rof import reference
from jnn_studio.labs.rof.config import RofProblemConfig
from jnn_studio.labs.rof.reference import at_points, grid_points, grid_reference
from jnn_studio.labs.rof.targets import Annulus, Ball

SHOWN, POINTS = 32, 512


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, nargs="+", default=[64, 128, 256], help="per axis")
    rows = [
        measure(RofProblemConfig(n=2, target=target, eta=eta), cells)
        for cells in parser.parse_args().cells
        for target, eta in ((Ball(), 0.1), (Ball(), 0.25), (Annulus(), 0.1), (Annulus(), 0.22))
    ]
    print(json.dumps(rows, indent=1, ensure_ascii=False))


def measure(problem: RofProblemConfig, cells: int) -> dict[str, Any]:
    """One problem on a grid of ``cells`` per axis."""
    reference.FINE_CELLS = cells
    began = time.process_time()
    found = grid_reference(problem, SHOWN)
    seconds = time.process_time() - began
    points = grid_points(2, problem.half_width, POINTS)
    exact = at_points(problem, points).bounded.numpy().reshape(SHOWN, POINTS // SHOWN, SHOWN, POINTS // SHOWN)
    return {
        "target": problem.target.kind,
        "eta": problem.eta,
        "cells": found.cells,
        "solved": round(found.solved, 4),
        "halving": round(found.off, 4),
        "stated": round(found.error, 4),
        "error": round(float(np.abs(found.values - exact.mean((1, 3))).mean()), 4),
        "seconds": round(seconds, 1),
    }


if __name__ == "__main__":
    main()
