"""Random directions with E vvᵀ = I."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from jnn_studio.jacobian.structure import Structure, batch_size, leaves, row_size
from jnn_studio.penalty.batch_rows import for_rows

Noise = Literal["gaussian", "rademacher", "sphere"]
NOISES = ("gaussian", "rademacher", "sphere")


def draw(like: Structure, noise: Noise, generator: torch.Generator | None = None) -> Tensor:
    """One direction for every element of a batch, (batch, n), n numbers in an element; at least float32.

    ``gaussian``: N(0, I). ``rademacher``: signs. ``sphere``: uniform of length √n. As estimators vᵀAv of
    tr A (A symmetric) their variances are 2‖A‖_F², 2(‖A‖_F² − ΣAᵢᵢ²) and
    2n/(n + 2) · (‖A‖_F² − (tr A)²/n). With `BatchRows` those of a part of a batch.
    """
    first = leaves(like)[0]
    dtype = torch.promote_types(first.dtype, torch.float32)
    size, device = row_size(like), first.device

    def drawn(rows: int) -> Tensor:
        if noise == "rademacher":
            return torch.randint(0, 2, (rows, size), device=device, generator=generator)
        return torch.randn((rows, size), dtype=dtype, device=device, generator=generator)

    v = for_rows(drawn, batch_size(like), generator)
    if noise == "rademacher":
        return v.to(dtype).mul_(2).sub_(1)
    return on_sphere(v, size) if noise == "sphere" else v


def on_sphere(v: Tensor, dimensions: int) -> Tensor:
    """Rows rescaled to length √dimensions."""
    length = torch.linalg.vector_norm(v, dim=-1, keepdim=True)
    return v * (dimensions**0.5 / length.clamp_min(torch.finfo(v.dtype).tiny))
