"""A small U-Net that refines a decoded image (the paper's autoencoder ends in one)."""

from __future__ import annotations

import itertools

from torch import Tensor, nn


class Refinement(nn.Module):
    """Image → image + U-Net(image); three strided levels with skip connections, ELU.

    The last layer starts at zero, so that a fresh refinement is the identity. Sides must be multiples of 8.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width, 8 * width]
        self.head = nn.Conv2d(channels, width, 3, padding=1)
        self.blocks_down = nn.ModuleList(_block(w) for w in widths[:3])
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in itertools.pairwise(widths))
        self.body = _block(widths[3])
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in itertools.pairwise(widths))
        self.blocks_up = nn.ModuleList(_block(w) for w in widths[:3])
        self.tail = nn.Conv2d(width, channels, 3, padding=1)
        nn.init.zeros_(self.tail.weight)
        assert self.tail.bias is not None
        nn.init.zeros_(self.tail.bias)

    def forward(self, image: Tensor) -> Tensor:
        """(batch, channels, side, side) → the same shape."""
        y = self.head(image)
        skips = []
        for block, down in zip(self.blocks_down, self.down, strict=True):
            y = block(y)
            skips.append(y)
            y = down(y)
        y = self.body(y)
        for level in reversed(range(len(self.up))):
            y = self.blocks_up[level](self.up[level](y) + skips[level])
        return image + self.tail(y)


def _block(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, width, 3, padding=1), nn.ELU(), nn.Conv2d(width, width, 3, padding=1), nn.ELU()
    )
