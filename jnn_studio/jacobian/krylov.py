"""Leading singular triplets of a Jacobian from products with it alone: randomised block Krylov.

Block Golub–Kahan bidiagonalisation with full reorthogonalisation (Golub, Luk & Overton, ACM TOMS 1981;
Musco & Musco, NeurIPS 2015): V grows by Jᵀ of the newest block of U, U by J of the newest block of V, and
the singular triplets of J restricted to V are the answer. J v = σ u then holds to rounding, and
‖Jᵀu − σv‖, which the next product shows for free, says when to stop. (Vectors themselves are no measure:
they flip sign.)
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from jnn_studio.jacobian.result import JacobianSVD

OVERSAMPLING = 6


class Products(Protocol):
    """A batch of real matrices (m × n) known by their products, such as a `JacobianOperator`."""

    @property
    def batch(self) -> int:
        """How many."""

    @property
    def m(self) -> int:
        """Rows of each."""

    @property
    def n(self) -> int:
        """Columns of each."""

    @property
    def dtype(self) -> torch.dtype:
        """What vectors are to be of."""

    @property
    def device(self) -> torch.device:
        """Where vectors are to be."""

    def push(self, v: Tensor) -> Tensor:
        """J V: (batch, n, k) → (batch, m, k)."""

    def pull(self, u: Tensor) -> Tensor:
        """Jᵀ U: (batch, m, k) → (batch, n, k)."""


@torch.no_grad()
def krylov_svd(
    j: Products,
    k: int,
    *,
    block: int | None = None,
    tolerance: float = 1e-4,
    max_blocks: int = 20,
    start: Tensor | JacobianSVD | None = None,
    generator: torch.Generator | None = None,
) -> JacobianSVD:
    """The ``k`` leading singular triplets of every Jacobian of ``j``.

    Args:
        j: the operator; each block costs ``block`` products with J and as many with Jᵀ per Jacobian.
        k: how many triplets, at most min(m, n).
        block: vectors per block; k + 6 by default.
        tolerance: stop once every ‖Jᵀu − σv‖ ≤ tolerance · σ₁. The error in σ is at most that, and of the
            order of its square where singular values are apart.
        max_blocks: stop in any case; the residuals tell how far it came.
        start: right singular vectors (batch, n, any number of columns) of a Jacobian near by, or the
            answer found for it.
        generator: source of the starting block, on the operator's device; with one the result is
            reproducible.

    Raises:
        ValueError: ``k`` or ``block`` out of range, or ``start`` of the wrong shape.
    """
    small = min(j.m, j.n)
    if not 1 <= k <= small:
        raise ValueError(f"k must be between 1 and min(m, n) = {small}, got {k}")
    width = min(k + OVERSAMPLING if block is None else block, small)
    if width < 1:
        raise ValueError(f"block must be at least 1, got {block}")
    newest = _start(j, width, start, generator)
    v, u = newest, newest.new_zeros(j.batch, j.m, 0)
    jv = newest.new_zeros(j.batch, j.m, 0)
    for step in range(max_blocks):
        image = _push(j, newest)
        jv = torch.cat([jv, image], -1)
        found = _orthonormal(image, u, min(width, j.m - u.shape[-1]))
        u = torch.cat([u, found], -1)
        p, sigma, qh = torch.linalg.svd(u.mT @ jv, full_matrices=False)
        outside = _project_out(_pull(j, found), v)
        residuals = torch.linalg.vector_norm(outside @ p[:, p.shape[1] - found.shape[-1] :, :k], dim=1)
        room = j.n - v.shape[-1]
        enough = sigma.shape[-1] >= k and bool((residuals <= tolerance * sigma[:, :1]).all())
        if enough or room == 0 or found.shape[-1] == 0 or step == max_blocks - 1:
            break
        newest = _orthonormal(outside, v, min(width, room))
        v = torch.cat([v, newest], -1)
    return JacobianSVD(u @ p[:, :, :k], sigma[:, :k], (v @ qh[:, :k].mT).mT, residuals, "krylov")


def _start(
    j: Products, width: int, start: Tensor | JacobianSVD | None, generator: torch.Generator | None
) -> Tensor:
    """First block of V: the given directions, completed by Jᵀ of random ones."""
    given = start.vh.mT if isinstance(start, JacobianSVD) else start
    if given is None:
        given = torch.zeros(j.batch, j.n, 0)
    if given.ndim != 3 or given.shape[:2] != (j.batch, j.n):
        raise ValueError(
            f"start must be (batch, n, columns) = ({j.batch}, {j.n}, …), got {tuple(given.shape)}"
        )
    given = given[:, :, :width].to(j.device, _working(j.dtype))
    missing = width - given.shape[-1]
    if missing:
        noise = torch.randn(
            j.batch, j.m, missing, dtype=given.dtype, device=given.device, generator=generator
        )
        given = torch.cat([given, _pull(j, noise)], -1)
    return _orthonormal(given, given[:, :, :0], width)


def _orthonormal(block: Tensor, basis: Tensor, width: int) -> Tensor:
    """``width`` orthonormal columns that, with ``basis``, span ``block`` as far as ``width`` allows."""
    outside = _project_out(block, basis)
    if width < block.shape[-1]:
        left, sizes, _ = torch.linalg.svd(outside, full_matrices=False)
        found, sizes = left[:, :, :width], sizes[:, :width]
    else:
        found, r = torch.linalg.qr(outside)
        sizes = r.diagonal(dim1=-2, dim2=-1).abs()
    # What lay in the basis already is rounding errors by now, which lead back there; chance leads out.
    scale = torch.linalg.vector_norm(block, dim=1).amax(1, keepdim=True)
    lost = sizes <= block.shape[1] * torch.finfo(block.dtype).eps * scale
    if bool(lost.any()):
        source = torch.Generator().manual_seed(0)
        chance = torch.randn(found.shape, dtype=found.dtype, generator=source).to(found.device)
        found = torch.where(lost.unsqueeze(1), chance, found)
    return torch.linalg.qr(_project_out(found, basis))[0]


def _project_out(block: Tensor, basis: Tensor) -> Tensor:
    for _ in range(2):
        block = block - basis @ (basis.mT @ block)
    return block


def _push(j: Products, v: Tensor) -> Tensor:
    return j.push(v.to(j.dtype)).to(v.dtype)


def _pull(j: Products, u: Tensor) -> Tensor:
    if u.shape[-1] == 0:
        return u.new_zeros(j.batch, j.n, 0)
    return j.pull(u.to(j.dtype)).to(u.dtype)


def _working(dtype: torch.dtype) -> torch.dtype:
    """Half precision has no QR: its blocks are orthogonalised in float32."""
    return torch.promote_types(dtype, torch.float32)
