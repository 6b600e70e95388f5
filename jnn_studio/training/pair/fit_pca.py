"""Fitting a principal component analysis to images: seconds, and no step of descent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from jnn_studio.base.errors import StudioError
from jnn_studio.base.text import counted
from jnn_studio.base.watch import Watch
from jnn_studio.data.source import FactorSource, ImageSource
from jnn_studio.jacobian.krylov import krylov_svd
from jnn_studio.models.pca import PCA, PCAConfig

KEPT_BYTES = 512 * 2**20
"""Of images held at a time; of more images a sample is taken."""
MOST_DRAWN = 8192
"""Images that the program draws itself: each takes milliseconds."""
CHUNK = 256
"""Images read, or multiplied with, at a time."""
IN_DOUBLE = 2**24
"""Numbers, up to which images are multiplied with in double precision: a thousand or so of 64 pixels."""
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-9}
"""Largest residual ‖Cv - λv‖/√λ of the covariance C, as a part of √λ₁."""
MAX_BLOCKS = 16
LOST = 1e-5
"""A standard deviation below this, or this part of the largest, is rounding: images do not vary that way."""


class PCAError(StudioError):
    """Images that have not as many principal components as were asked for."""


@dataclass(frozen=True)
class FittedPCA:
    """A principal component analysis of images.

    Attributes:
        images: it was fitted to.
        offered: images there were: more than ``images`` where a sample was taken.
        explained: cumulative share of the variance, in [0, 1], of the first 1, 2, … components.
    """

    model: PCA
    images: int
    offered: int
    explained: tuple[float, ...]

    @property
    def name(self) -> str:
        """What people call it."""
        count = len(self.explained)
        return f"PCA · {counted(count, 'component')}"

    @property
    def info(self) -> dict[str, str]:
        """Facts for its weights file."""
        sample = f"{self.images:,}" + (f" sampled of {self.offered:,}" if self.images < self.offered else "")
        return {"images": sample, "explained": f"{self.explained[-1]:.4f}"}


def fit_pca(
    source: ImageSource,
    components: int,
    watch: Watch | None = None,
    *,
    indices: Sequence[int] | None = None,
    seed: int = 0,
) -> FittedPCA:
    """The ``components`` leading principal components of a source's images.

    Randomised block Krylov on the centred images (Halko, Martinsson & Tropp, SIAM Review 2011; Musco & Musco,
    NeurIPS 2015), see `krylov_svd`. They are held as bytes, as files have them, at most `KEPT_BYTES`; of
    more, and of more than `MOST_DRAWN` that the program draws, a sample is taken. No covariance is formed.
    The same seed gives the same.

    Args:
        watch: hears of images read, then of passes over them.
        indices: of the images to fit to; all by default.

    Raises:
        PCAError: there are too few images, or they vary in fewer ways than ``components``.
        Cancelled: ``watch`` said so.
    """
    watch = watch or Watch()
    channels, height, width = source.image_shape
    offered = range(len(source)) if indices is None else indices
    _check_count(source, len(offered), components)
    oblong = None if height == width else height
    config = PCAConfig(channels=channels, size=width, height=oblong, latent=components)
    chosen = _sample(source, offered, config, seed)
    images = _CentredImages(_read(source, chosen, config.values, watch), watch)
    generator = torch.Generator().manual_seed(seed)
    tolerance = TOLERANCE[images.dtype]
    found = krylov_svd(images, components, tolerance=tolerance, max_blocks=MAX_BLOCKS, generator=generator)
    deviations, vectors = found.sigma[0], found.vh[0]
    ways = int((deviations > LOST * deviations[0].clamp(min=1)).sum())
    if ways < components:
        raise PCAError(
            f"the images of {source.name} vary in only {ways} ways, and {components} components were asked "
            f"for; {_remedy(ways)}"
        )
    # Of the two signs the one that brightens the image, as for any direction that is walked.
    signs = torch.where(vectors.sum(1, keepdim=True) < 0, -1.0, 1.0)
    model = PCA(config)
    model.mean.copy_(images.mean.view_as(model.mean))
    model.components.copy_(vectors * signs)
    model.deviations.copy_(deviations)
    explained = deviations.double().square().cumsum(0) / images.variance
    shares = tuple(explained.clamp(max=1).tolist())
    return FittedPCA(model.eval().requires_grad_(False), len(chosen), len(offered), shares)


def _check_count(source: ImageSource, count: int, components: int) -> None:
    """n images span n - 1 dimensions around their mean."""
    if count <= components:
        images = "image" if count == 1 else "images"
        raise PCAError(
            f"{source.name} has {count} {images}, too few for {components} principal components: that many "
            f"have at most {max(count - 1, 0)}; {_remedy(count - 1)}"
        )


def _remedy(most: int) -> str:
    return f"open more images, or ask for at most {most}" if most > 0 else "open images that differ"


def _sample(source: ImageSource, offered: Sequence[int], config: PCAConfig, seed: int) -> list[int]:
    most = max(KEPT_BYTES // config.values, 4 * config.latent)
    if isinstance(source, FactorSource):
        most = min(most, max(MOST_DRAWN, 4 * config.latent))
    if len(offered) <= most:
        return list(offered)
    order = torch.randperm(len(offered), generator=torch.Generator().manual_seed(seed))
    return [offered[i] for i in sorted(order[:most].tolist())]


def _read(source: ImageSource, chosen: Sequence[int], values: int, watch: Watch) -> Tensor:
    """uint8 (images, values)."""
    held = torch.empty(len(chosen), values, dtype=torch.uint8)
    for begin in range(0, len(chosen), CHUNK):
        watch.step(begin, len(chosen), "Reading images")
        images = source.images(chosen[begin : begin + CHUNK])
        held[begin : begin + CHUNK] = images.clamp(0, 1).mul(255).round().flatten(1).to(torch.uint8)
    return held


class _CentredImages:
    """(X - 1μᵀ)/√(images - 1) known by its products: its singular values are the standard deviations.

    Attributes:
        mean: μ, (values,).
        variance: of all values together.
    """

    def __init__(self, held: Tensor, watch: Watch) -> None:
        self._held, self._watch = held, watch
        self._scale = (len(held) - 1) ** -0.5
        self._passes = 0
        self.batch, (self.m, self.n) = 1, held.shape
        self.dtype = torch.float64 if held.numel() <= IN_DOUBLE else torch.float32
        self.device = held.device
        self.mean = torch.zeros(self.n, dtype=self.dtype)
        total = torch.zeros(self.n, dtype=torch.float64)
        for _, chunk in self._chunks():
            total += chunk.sum(0, dtype=torch.float64)
        self.mean = (total / self.m).to(self.dtype)
        norms = [float(torch.linalg.vector_norm(chunk, dtype=torch.float64)) for _, chunk in self._chunks()]
        self.variance = sum((norm * self._scale) ** 2 for norm in norms)

    def push(self, v: Tensor) -> Tensor:
        """(1, values, k) → (1, images, k)."""
        self._count()
        pushed = torch.empty(1, self.m, v.shape[-1], dtype=self.dtype)
        for rows, chunk in self._chunks():
            torch.mm(chunk, v[0], out=pushed[0, rows])
        return pushed.mul_(self._scale)

    def pull(self, u: Tensor) -> Tensor:
        """(1, images, k) → (1, values, k)."""
        self._count()
        pulled = torch.zeros(1, self.n, u.shape[-1], dtype=self.dtype)
        for rows, chunk in self._chunks():
            pulled[0].addmm_(chunk.T, u[0, rows])
        return pulled.mul_(self._scale)

    def _chunks(self) -> Iterator[tuple[slice, Tensor]]:
        for begin in range(0, self.m, CHUNK):
            self._watch.check()
            rows = slice(begin, min(begin + CHUNK, self.m))
            yield rows, self._held[rows].to(self.dtype).div_(255).sub_(self.mean)

    def _count(self) -> None:
        # One pass for the start, two for each block.
        self._passes += 1
        self._watch.step(self._passes, 2 * MAX_BLOCKS + 1, "Principal components, passes at most")
