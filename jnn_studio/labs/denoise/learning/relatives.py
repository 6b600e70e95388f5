"""What relatives of the penalised method learn from: a noisy image alone, made into two that may be compared.

Both are what Noise2Noise would do if it had a second image.

*Recorrupted-to-Recorrupted* (Pang et al., CVPR 2021): y₁ = y + ασε and y₂ = y − σε/α have independent noise
for Gaussian noise of a known σ, so that the mean of ‖f(y₁) − y₂‖² is least where that of ‖f(y₁) − x‖² is.

*Neighbor2Neighbor* (Huang et al., CVPR 2021): of every 2 × 2 pixels two neighbours make two images of half
the size, whose noise is independent whatever its σ.
"""

from __future__ import annotations

import torch
from torch import Tensor

from jnn_studio.penalty.batch_rows import for_rows

ALPHA = 0.5
"""How much noise is added to a recorrupted image, as in its paper."""
RECORRUPTION = (1 + ALPHA**2) ** 0.5
"""How many times the noise of an image a recorrupted one has."""
GAMMA = 2.0
"""Weight of Neighbor2Neighbor's regulariser, as in its paper for Gaussian noise."""

_PAIRS = torch.tensor([[0, 1], [0, 2], [1, 3], [2, 3], [1, 0], [2, 0], [3, 1], [3, 2]])
"""Neighbours among the pixels 0 1 / 2 3 of a square, in either order."""


def recorrupted(noisy: Tensor, sigma: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """(y + ασε, y − σε/α) of images (batch, channels, height, width) with noise of a σ each, (batch,)."""
    one = noisy.shape[1:]
    drawn = for_rows(
        lambda rows: torch.randn((rows, *one), device=noisy.device, generator=random), len(noisy), random
    )
    noise = sigma.reshape(-1, 1, 1, 1) * drawn
    return noisy + ALPHA * noise, noisy - noise / ALPHA


def neighbours(
    size: tuple[int, int, int], device: torch.device, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Which of every 2 × 2 pixels goes into the first image of half the size, and which into the second.

    Args:
        size: images, and their even height and width.

    Returns:
        two whole-numbered (batch, height / 2, width / 2), each from 0 to 3, to be taken with `half`.
    """
    count, height, width = size
    chosen = for_rows(
        lambda rows: torch.randint(
            len(_PAIRS), (rows, height // 2, width // 2), device=device, generator=random
        ),
        count,
        random,
    )
    first, second = _PAIRS.to(device)[chosen].unbind(-1)
    return first, second


def half(images: Tensor, which: Tensor) -> Tensor:
    """The image of half the size that `neighbours` says: all channels of the same pixels."""
    height, width = images.shape[-2:]
    squares = images.unflatten(-1, (width // 2, 2)).unflatten(-3, (height // 2, 2))
    four = squares.movedim(-3, -2).flatten(-2)  # (batch, channels, height / 2, width / 2, 4)
    index = which[:, None, :, :, None].expand(*four.shape[:-1], 1)
    return four.gather(-1, index)[..., 0]
