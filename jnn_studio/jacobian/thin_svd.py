"""The leading singular triplets of matrices whose entries are at hand."""

from __future__ import annotations

import torch
from torch import Tensor

# From this ratio of sides on, the small Gram matrix is several times faster than an SVD …
ASPECT = 8
# … and as accurate in float64, for float32 entries and σ above this part of σ₁.
FLOOR = 1e-4


def float64(x: Tensor) -> Tensor:
    """``x`` in double precision; on the CPU where its own device has none."""
    return x.cpu().double() if x.device.type == "mps" else x.double()


def from_gram(gram: Tensor) -> tuple[Tensor, Tensor]:
    """All (σ, u) of J, descending, from JJᵀ (…, m, m) in float64; of Jᵀ's the right singular vectors."""
    squares, vectors = torch.linalg.eigh(gram)
    return squares.flip(-1).clamp_min(0).sqrt(), vectors.flip(-1)


def thin_svd(j: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(u, sigma, vh, residuals) of (batch, m, n), as in `JacobianSVD`.

    Float32 matrices much longer than wide, or wider than long, go through the eigenvectors of JJᵀ or JᵀJ in
    float64 unless small singular values are among those asked for; all others through an SVD.
    """
    m, n = j.shape[1:]
    if j.dtype == torch.float32 and max(m, n) >= ASPECT * min(m, n):
        found = _by_gram(j if m < n else j.mT, k)
        if found is not None:
            u, sigma, vh, residuals = found
            return found if m < n else (vh.mT, sigma, u.mT, residuals)
    u, sigma, vh = torch.linalg.svd(j, full_matrices=False)
    u, sigma, vh = u[:, :, :k], sigma[:, :k], vh[:, :k]
    forward = torch.linalg.vector_norm(j @ vh.mT - u * sigma.unsqueeze(1), dim=1)
    backward = torch.linalg.vector_norm(j.mT @ u - vh.mT * sigma.unsqueeze(1), dim=1)
    return u, sigma, vh, torch.hypot(forward, backward)


def _by_gram(j: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor, Tensor] | None:
    wide = float64(j)
    gram = wide @ wide.mT
    sigma, u = from_gram(gram)
    sigma, u = sigma[:, :k], u[:, :, :k]
    if bool((sigma[:, -1] <= FLOOR * sigma[:, 0]).any()):
        return None
    vh = (u / sigma.unsqueeze(1)).mT @ wide
    # With v = Jᵀu/σ, J v − σ u = (JJᵀu − σ²u)/σ.
    residuals = torch.linalg.vector_norm(gram @ u - u * sigma.square().unsqueeze(1), dim=1) / sigma
    return u.to(j), sigma.to(j), vh.to(j), residuals.to(j)
