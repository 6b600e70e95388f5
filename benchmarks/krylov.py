"""Twenty singular values of the paper authors' denoiser, 16²: ``python -m benchmarks.krylov`` prints a table.

Block Krylov with blocks of several widths against the published single-pass randomised SVD (oversampling 10):
products with J and Jᵀ, time as a multiple of the published one's, and the largest relative error of a σ
against a float64 SVD of the full Jacobian.
"""

from __future__ import annotations

import argparse
from functools import partial

import torch
from torch import Tensor

from benchmarks import networks, paper_procedure
from benchmarks.timing import interleaved, ratio
from jnn_studio.jacobian import jacobian_svd
from jnn_studio.jacobian.krylov import krylov_svd
from jnn_studio.jacobian.operator import JacobianOperator
from jnn_studio.jacobian.result import JacobianSVD

TOP, OVERSAMPLING = 20, 10
SETTINGS = ((None, 1e-4), (TOP, 1e-3), (8, 1e-4), (8, 3e-3), (6, 3e-3), (4, 3e-3))
"""(block, tolerance); the first is what `jacobian_svd` takes."""
_MOST_BLOCKS = 60


class _Counted(JacobianOperator):
    """How many products have been taken."""

    taken = 0

    def push(self, v: Tensor) -> Tensor:
        self.taken += v.shape[-1]
        return super().push(v)

    def pull(self, u: Tensor) -> Tensor:
        self.taken += u.shape[-1]
        return super().pull(u)


@torch.no_grad()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    torch.set_num_threads(1)
    torch.manual_seed(0)
    case = networks.denoiser(1, 16, 16)
    f, x = case.f, case.x[:1]
    exact = jacobian_svd(f.double(), x.double(), TOP, "dense").sigma[0]
    f.float()

    def published() -> Tensor:
        return paper_procedure.single_pass_svd(f, x[0], TOP, OVERSAMPLING)[1]

    def krylov(block: int | None, tolerance: float) -> tuple[JacobianSVD, int]:
        j = _Counted(f, x)
        source = torch.Generator().manual_seed(0)
        found = krylov_svd(
            j, TOP, block=block, tolerance=tolerance, max_blocks=_MOST_BLOCKS, generator=source
        )
        return found, j.taken

    runs = {
        f"{block or 'k + 6'}, {tolerance:g}": partial(krylov, block, tolerance)
        for block, tolerance in SETTINGS
    }
    times = interleaved({"published": published, **runs}, seconds)
    print("| block, tolerance | products | time / published | largest error of a σ |\n|---|---|---|---|")
    print(f"| published | {2 * (TOP + OVERSAMPLING)} | 1 | {_error(published(), exact):.1e} |")
    for name, run in runs.items():
        found, products = run()
        took = ratio(times, name, "published")
        print(f"| {name} | {products} | {took:.2f} | {_error(found.sigma[0], exact):.1e} |")


def _error(sigma: Tensor, exact: Tensor) -> float:
    return float(((sigma.double() - exact) / exact).abs().max())


if __name__ == "__main__":
    main()
