"""The networks the engine is measured on, each with a batch of inputs for one training step."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.columns.open_models import open_bundled
from jnn_studio.models.autoencoder import Autoencoder
from jnn_studio.penalty import Composition


@dataclass(frozen=True)
class Case:
    """A network tail(f(head(images))) with a composition f to penalise, and a batch for it.

    The task loss is ½‖output − target‖², summed over numbers, mean over the batch.
    """

    name: str
    network: nn.Module
    f: Composition
    images: Tensor
    target: Tensor
    head: Callable[[Tensor], Tensor] = field(default_factory=nn.Identity)
    tail: Callable[[Tensor], Tensor] = field(default_factory=nn.Identity)

    @property
    def x(self) -> Tensor:
        """What f is given."""
        return self.head(self.images)

    def on(self, device: str) -> Case:
        """The case on another device; the network itself moves."""
        self.network.to(device)
        return replace(self, images=self.images.to(device), target=self.target.to(device))


def bundled(batch: int, which: str = "Regularised") -> Case:
    """(a) The bundled autoencoder on faces it has not seen; its encoder maps 3072 DCT coefficients to 64."""
    model = next(loaded.model for loaded in open_bundled() if loaded.name == which)
    assert isinstance(model, Autoencoder)
    model.requires_grad_(True)
    images = FaceSource(batch, model.config.size, seed=999).images(range(batch))
    name = f"(a) bundled autoencoder, {which.lower()}"
    return Case(name, model, model.encoder, images, images, model.dct, model.decode)


def convolutional(batch: int) -> Case:
    """(b) Four strided convolutions and a linear head on 64² images, the head with σᵢ ∝ 1/i."""
    widths = [3, 32, 64, 128, 256]
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(widths):
        layers += [nn.Conv2d(a, b, 3, stride=2, padding=1), nn.ELU()]
    head = nn.Linear(256 * 16, 64)
    _power_law(head)
    f = Composition(nn.Sequential(*layers, nn.Flatten()), head)
    x = FaceSource(batch, 64, seed=999).images(range(batch))
    return Case("(b) convolutional encoder, 64²", f, f, x, torch.randn(batch, 64))


def paper_encoder(batch: int, scale: float) -> Case:
    """(c) The paper's encoder 19,200 → 10,000 → 700, every size times ``scale``; σᵢ ∝ 1/√i in each layer."""
    n, hidden, m = (round(size * scale) for size in (19_200, 10_000, 700))
    h, g = nn.Linear(n, hidden), nn.Linear(hidden, m)
    # Columns scaled down like DCT coefficients: a spectrum without an SVD of 2·10⁸ weights.
    with torch.no_grad():
        h.weight.mul_(torch.arange(1, n + 1).rsqrt() * n**0.5 / 10)
        g.weight.mul_(torch.arange(1, m + 1).rsqrt().unsqueeze(1))
    f = Composition(nn.Sequential(h, nn.ELU()), g)
    return Case(f"(c) {n} → {hidden} → {m}", f, f, torch.randn(batch, n), torch.randn(batch, m))


def denoiser(batch: int, width: int, size: int) -> Case:
    """(d) The paper's denoiser: a UNet without skips, two ELU convolutions a level, three levels."""
    widths = [width * 2**level for level in range(4)]

    def body() -> list[nn.Module]:
        return _level(widths[3])

    down: list[nn.Module] = [nn.Conv2d(3, width, 3, padding=1)]
    for a, b in itertools.pairwise(widths):
        down += [*_level(a), nn.Conv2d(a, b, 2, stride=2)]
    up: list[nn.Module] = []
    for b, a in itertools.pairwise(reversed(widths)):
        up += [nn.ConvTranspose2d(b, a, 2, stride=2), *_level(a)]
    tail = nn.Conv2d(width, 3, 3, padding=1)
    f = Composition(nn.Sequential(*down, *body()), nn.Sequential(*body(), *up, tail))
    y = torch.rand(batch, 3, size, size) * 2 - 1 + torch.randn(batch, 3, size, size)
    return Case(f"(d) denoiser, width {width}, {size}²", f, f, y, y)


def _level(width: int) -> list[nn.Module]:
    return [layer for _ in range(2) for layer in (nn.Conv2d(width, width, 3, padding=1), nn.ELU())]


@torch.no_grad()
def _power_law(layer: nn.Linear) -> None:
    u, sigma, vh = torch.linalg.svd(layer.weight, full_matrices=False)
    layer.weight.copy_((u * (sigma[0] / torch.arange(1, len(sigma) + 1))) @ vh)
