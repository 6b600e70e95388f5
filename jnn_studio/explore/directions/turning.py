"""How far a Jacobian changes where the image hardly does: what singular values have to be apart by."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from jnn_studio.explore.directions.choice import DirectionChoice
from jnn_studio.explore.directions.direction_fields import DirectionField, Directions
from jnn_studio.models.latent_model import image_shape

LEADING = 34
"""Directions compared: those that can have a slider, and what comes after them."""

AROUND = 4
"""Directions on either side of a gap that it is judged by."""

FAINT = 1e-3
"""Part of σ₁ below which a direction is left out: relative changes of next to nothing say nothing."""


def half_a_pixel(image: Tensor) -> Tensor:
    """An image (channels, height, width) moved by half a pixel to the right and down, its edges repeated."""
    height, width = image.shape[-2:]
    padded = F.pad(image.unsqueeze(0), (1, 0, 1, 0), "replicate")[0]
    return (image + padded[:, :height, :width]) / 2


@torch.no_grad()
def turning_scales(
    choice: DirectionChoice, field: DirectionField, image: Tensor, latent: Tensor, found: Directions
) -> list[float]:
    """e for each direction and the next: if the image moves half a pixel, Δσ/σ = e turns them by about 22.5°.

    With U the leading left singular vectors of J (of a decoder the right ones of it) and J' the Jacobian at
    the moved image, e is the root mean square of the off-diagonal entries of Σ⁻¹Uᵀ(J'J'ᵀ − JJᵀ)UΣ⁻¹ among
    the `AROUND` directions on either side of the gap. Of two neighbours the entry is eσ², and their squares
    differ by 2σΔσ: tan 2θ = 2eσ² / (2σΔσ).

    Args:
        image: what the directions were found at: the image, or the picture their latent decodes to.
        found: those at ``latent``, as the decomposition gave them.
    """
    sigma = found.sigma[:LEADING].double()
    count = int((sigma > FAINT * sigma[0]).sum()) if len(sigma) else 0
    if count < 2:
        return []
    sigma, vectors = sigma[:count], found.vectors[:, :count]
    moved = half_a_pixel(image)
    if choice.found_kind == "encoder":
        other = field.at_image("encoder", moved, latent)
        turned = (other.vectors * other.sigma).double().mT @ vectors.double()
        change = turned.mT @ turned
    else:
        model = field.model
        both = model.encode(torch.stack([image, moved]))
        change = _of_decoder(choice, field, latent + both[1] - both[0], vectors, sigma, found)
    relative = change / torch.outer(sigma, sigma)
    squares = relative.square().fill_diagonal_(0)
    scales = []
    for gap in range(1, count):
        near = slice(max(gap - AROUND, 0), gap + AROUND)
        block = squares[near, near]
        scales.append(math.sqrt(float(block.sum()) / (len(block) * (len(block) - 1))))
    return scales


def _of_decoder(
    choice: DirectionChoice,
    field: DirectionField,
    latent: Tensor,
    vectors: Tensor,
    sigma: Tensor,
    found: Directions,
) -> Tensor:
    if choice.region is None:
        push = field.push(latent, vectors).double()
        return push @ push.mT
    assert found.lengths is not None
    assert found.columns is not None
    # In the metric of `MaskedJacobian`, which changes too: MM' = 1 + P'P'ᵀ − PPᵀ for a basis that was
    # orthonormal in it.
    basis = vectors * found.lengths[: len(sigma)]
    before, push = (basis.mT @ found.columns).double(), field.push(latent, basis).double()
    part = push[:, choice.region.inside(image_shape(field.model.config))]
    return part @ part.mT - torch.outer(sigma, sigma) * (push @ push.mT - before @ before.mT)
