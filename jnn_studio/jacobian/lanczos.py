"""The nuclear norm of a Jacobian from products with it alone: stochastic Lanczos quadrature."""

from __future__ import annotations

import torch
from torch import Tensor

from jnn_studio.jacobian.operator import JacobianOperator


@torch.no_grad()
def lanczos_nuclear_norm(
    j: JacobianOperator, probes: int = 8, steps: int = 20, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """(estimate, standard error) of ‖J‖_* = tr (JᵀJ)^½ for every Jacobian of ``j``, both (batch,).

    For a random unit vector v, Golub–Kahan bidiagonalisation from v gives a Gauss quadrature of
    vᵀ(JᵀJ)^½v, exact once ``steps`` reaches the rank; its mean over v is ‖J‖_*/n.

    Args:
        j: the operator; costs ``probes`` × ``steps`` products with J and as many with Jᵀ.
        probes: random vectors, at least 2 (their spread is the standard error).
        steps: length of each bidiagonalisation.
        generator: source of the probes, on the operator's device.

    Raises:
        ValueError: fewer than 2 probes or 1 step.

    Source: Ubaru, Chen & Saad, SIAM J. Matrix Anal. Appl. 2017.
    """
    if probes < 2 or steps < 1:
        raise ValueError(f"needs at least 2 probes and 1 step, got {probes} and {steps}")
    # From the smaller side the probes average over fewer dimensions.
    transposed = j.m < j.n
    size = min(j.m, j.n)
    steps = min(steps, size)
    v = torch.randn(j.batch, size, probes, dtype=j.dtype, device=j.device, generator=generator)
    right, left = [_normalised(v)[0]], list[Tensor]()
    diagonal, above = list[Tensor](), list[Tensor]()
    for step in range(steps):
        u = j.pull(right[-1]) if transposed else j.push(right[-1])
        if step:
            u = u - above[-1].unsqueeze(1) * left[-1]
        u, alpha = _normalised(_without(u, left))
        left.append(u)
        diagonal.append(alpha)
        if step + 1 < steps:
            v = j.push(u) if transposed else j.pull(u)
            v, beta = _normalised(_without(v - alpha.unsqueeze(1) * right[-1], right))
            right.append(v)
            above.append(beta)
    bidiagonal = torch.diag_embed(torch.stack(diagonal, -1))
    if above:
        bidiagonal = bidiagonal + torch.diag_embed(torch.stack(above, -1), 1)
    _, nodes, vh = torch.linalg.svd(bidiagonal)
    samples = size * (nodes * vh[..., :, 0].square()).sum(-1)
    return samples.mean(-1), samples.std(-1) / probes**0.5


def _normalised(x: Tensor) -> tuple[Tensor, Tensor]:
    """Columns of unit length and their lengths (batch, probes); a vanishing one stays zero."""
    length = torch.linalg.vector_norm(x, dim=1)
    return x / length.clamp_min(torch.finfo(x.dtype).tiny).unsqueeze(1), length


def _without(x: Tensor, basis: list[Tensor]) -> Tensor:
    """Each probe's column without its components along that probe's earlier ones."""
    for _ in range(2):
        for b in basis:
            x = x - (b * x).sum(1, keepdim=True) * b
    return x
