"""What can happen to an image on its way: linear maps with their exact adjoints."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor


class Degradation(Protocol):
    """A linear map A of images (channels, height, width) of one size onto images of one, mostly the same."""

    def apply(self, image: Tensor) -> Tensor:
        """A x."""
        ...

    def adjoint(self, image: Tensor) -> Tensor:
        """Aᵀ y."""
        ...

    def diagonal(self) -> Tensor:
        """About the diagonal of AᵀA, to be broadcast over images: it only makes solving quicker."""
        ...


def passed(degradation: Degradation) -> float:
    """How much of an image passes A: the mean of the diagonal of AᵀA.

    It is the share of the variance of independent pixels: the share of the pixels where some are missing, and
    Σ k² under a blur with the kernel k.
    """
    return float(degradation.diagonal().float().mean())


def share_seen(degradation: Degradation, like: Tensor) -> float:
    """How many values are seen for each of an image like ``like``: those that an image of ones has."""
    return max(1, int((degradation.apply(torch.ones_like(like)) != 0).sum())) / like.numel()


@dataclass(frozen=True, eq=False)
class Inpainting:
    """Pixels are missing: A sets them to 0, which is mid-grey.

    Args:
        known: bool (height, width), False where a pixel is missing.
    """

    known: Tensor

    def apply(self, image: Tensor) -> Tensor:
        """A x."""
        return image * self.known

    def adjoint(self, image: Tensor) -> Tensor:
        """Aᵀ y: the same, A being a projection."""
        return image * self.known

    def diagonal(self) -> Tensor:
        """The diagonal of AᵀA: 1 where a pixel is known."""
        return self.known.to(torch.get_default_dtype())


@dataclass(frozen=True, eq=False)
class Blur:
    """Every pixel becomes a weighted mean of its surroundings; beyond its border the image is mirrored.

    A = C·K·P: P mirrors the image outwards by the kernel's radius, K convolves (by FFT, the border is out of
    its circular reach), C cuts the middle out again.

    Args:
        kernel: (2r + 1, 2r + 1), entry (r, r) is the pixel itself.
        size: height and width of the images.
    """

    kernel: Tensor
    size: tuple[int, int]
    _rows: Tensor = field(init=False, repr=False)
    _columns: Tensor = field(init=False, repr=False)
    _response: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kernel.ndim != 2 or self.kernel.shape[0] != self.kernel.shape[1] or len(self.kernel) % 2 == 0:
            raise ValueError(f"kernel must be square with an odd side, got {tuple(self.kernel.shape)}")
        radius = len(self.kernel) // 2
        rows, columns = (_mirrored(length, radius) for length in self.size)
        spread = self.kernel.new_zeros(len(rows), len(columns))
        if len(self.kernel) > min(spread.shape):
            raise ValueError(f"a kernel of {len(self.kernel)} does not fit images of {self.size}")
        spread[: len(self.kernel), : len(self.kernel)] = self.kernel
        spread = spread.roll((-radius, -radius), (0, 1))
        for name, value in (
            ("_rows", rows),
            ("_columns", columns),
            ("_response", torch.fft.rfft2(spread)),
        ):
            object.__setattr__(self, name, value)

    def apply(self, image: Tensor) -> Tensor:
        """A x."""
        return self._middle(self._filtered(image[..., self._rows[:, None], self._columns], self._response))

    def adjoint(self, image: Tensor) -> Tensor:
        """Aᵀ y: zeros around the image, the kernel turned round, what lies beyond the border folded back."""
        radius = len(self.kernel) // 2
        wide = torch.nn.functional.pad(image, (radius,) * 4)
        wide = self._filtered(wide, self._response.conj())
        height, width = self.size
        folded = wide.new_zeros(*wide.shape[:-2], height, wide.shape[-1]).index_add_(-2, self._rows, wide)
        return folded.new_zeros(*wide.shape[:-2], height, width).index_add_(-1, self._columns, folded)

    def diagonal(self) -> Tensor:
        """The diagonal of AᵀA away from the border."""
        return self.kernel.square().sum()

    def _filtered(self, wide: Tensor, response: Tensor) -> Tensor:
        return torch.fft.irfft2(torch.fft.rfft2(wide) * response, s=wide.shape[-2:])

    def _middle(self, wide: Tensor) -> Tensor:
        radius, (height, width) = len(self.kernel) // 2, self.size
        return wide[..., radius : radius + height, radius : radius + width]


@dataclass(frozen=True, eq=False)
class Shrinking:
    """Every ``factor`` × ``factor`` pixels become one, their mean, as on a camera with larger pixels.

    What is left at the right and lower border where sides are not divisible is not seen.
    """

    factor: int
    size: tuple[int, int]

    def apply(self, image: Tensor) -> Tensor:
        """A x, smaller by the factor."""
        return torch.nn.functional.avg_pool2d(image, self.factor)

    def adjoint(self, image: Tensor) -> Tensor:
        """Aᵀ y: each value shared out among its pixels."""
        wide = enlarged(image, self.factor) / self.factor**2
        height, width = self.size
        return torch.nn.functional.pad(wide, (0, width - wide.shape[-1], 0, height - wide.shape[-2]))

    def diagonal(self) -> Tensor:
        """The diagonal of AᵀA."""
        return torch.tensor(float(self.factor) ** -4)


def enlarged(image: Tensor, factor: int) -> Tensor:
    """Every pixel as ``factor`` × ``factor`` of them."""
    return image.repeat_interleave(factor, -2).repeat_interleave(factor, -1)


def disc_kernel(radius: float) -> Tensor:
    """A lens out of focus: a disc of ``radius`` pixels, its edge by distance; its sum is 1.

    Raises:
        ValueError: ``radius`` is not positive.
    """
    if not radius > 0:
        raise ValueError(f"radius must be positive, got {radius}")
    reach = math.ceil(radius)
    axis = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = (radius + 0.5 - torch.hypot(axis, axis[:, None])).clamp(0, 1)
    return kernel / kernel.sum()


def box(size: tuple[int, int], share: float) -> Tensor:
    """Which pixels are known, bool (height, width): all but a rectangle in the middle, ``share`` of them."""
    height, width = size
    rows, columns = (max(1, round(length * share**0.5)) for length in size)
    top, left = (height - rows) // 2, (width - columns) // 2
    known = torch.ones(size, dtype=torch.bool)
    known[top : top + rows, left : left + columns] = False
    return known


def gaussian_kernel(width: float) -> Tensor:
    """A Gaussian of standard deviation ``width`` in pixels, cut at 3 of them; its sum is 1.

    Raises:
        ValueError: ``width`` is not positive.
    """
    if not width > 0:
        raise ValueError(f"width must be positive, got {width}")
    radius = math.ceil(3 * width)
    line = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / width) ** 2)
    kernel = line[:, None] * line
    return kernel / kernel.sum()


def motion_kernel(length: float, angle: float) -> Tensor:
    """The camera moves evenly by ``length`` pixels in a direction ``angle`` degrees above the horizontal.

    The line is one pixel wide and drawn by distance, so that any angle and length will do; its sum is 1.

    Raises:
        ValueError: ``length`` is not positive.
    """
    if not length > 0:
        raise ValueError(f"length must be positive, got {length}")
    radius = math.ceil(length / 2)
    axis = torch.arange(-radius, radius + 1, dtype=torch.float32)
    turn = math.radians(angle)
    along = axis * math.cos(turn) - axis[:, None] * math.sin(turn)  # rows count downwards
    across = axis * math.sin(turn) + axis[:, None] * math.cos(turn)
    kernel = (1 - across.abs()).clamp_min(0) * ((length + 1) / 2 - along.abs()).clamp(0, 1)
    return kernel / kernel.sum()


def missing_pixels(size: tuple[int, int], share: float, seed: int) -> Tensor:
    """Which pixels are known, bool (height, width), after each was lost with probability ``share``."""
    drawn = torch.rand(size, generator=torch.Generator().manual_seed(seed))
    return drawn >= share


def scratches(size: tuple[int, int], share: float, seed: int, width: float = 3.0) -> Tensor:
    """Which pixels are known, bool (height, width), after straight scratches took about ``share`` of them.

    Each goes right through the image, at a random place and angle, ``width`` pixels wide.
    """
    generator = torch.Generator().manual_seed(seed)
    height, columns = size
    y, x = torch.arange(height)[:, None], torch.arange(columns)
    known = torch.ones(size, dtype=torch.bool)
    while float(known.float().mean()) > 1 - share:
        turn, top, left = torch.rand(3, generator=generator).tolist()
        turn *= math.pi
        across = (x - left * columns) * math.sin(turn) + (y - top * height) * math.cos(turn)
        known &= across.abs() > width / 2
    return known


def fill_in(seen: Tensor, known: Tensor) -> Tensor:
    """A first guess at missing pixels: from each hole's border inwards, the mean of known neighbours.

    Args:
        seen: (channels, height, width), anything where a pixel is missing.
        known: bool (height, width).

    Returns:
        (channels, height, width); ``seen`` where it is known; 0 everywhere if nothing is.
    """
    image, weight = seen * known, known.to(seen.dtype)[None]
    window = seen.new_ones(1, 1, 3, 3)
    count, nothing = 0, not bool(known.any())
    while not nothing and (count := int((weight == 0).sum())):
        both = torch.cat([image, weight])[:, None]
        sums = torch.nn.functional.conv2d(both, window, padding=1)[:, 0]
        reached = (weight == 0) & (sums[-1:] > 0)
        image = torch.where(reached, sums[:-1] / sums[-1:].clamp_min(1), image)
        weight = torch.where(reached, torch.ones_like(weight), weight)
        assert int((weight == 0).sum()) < count
    return image


def _mirrored(length: int, radius: int) -> Tensor:
    """Which of ``length`` pixels stands at each place from −radius to length + radius − 1."""
    place = torch.arange(-radius, length + radius) % (2 * length)
    return torch.where(place < length, place, 2 * length - 1 - place)
