"""What portraits are drawn with: a pixel grid, soft shapes on it, and a head that turns in three dimensions.

Canvas coordinates run from -1 to 1, x to the right and y down. Quantities of a face have the shape
(batch, 1, 1, 1), so that they broadcast against grids (1, 1, height, width).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Scalar = Tensor | float
Vector = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class CanvasPart:
    """A fixed rectangle of the canvas: as far as a layer can reach, whatever the factors."""

    rows: slice
    columns: slice
    x: Tensor  # (1, 1, 1, width)
    y: Tensor  # (1, 1, height, 1)

    def paint(self, canvas: Tensor, colour: Tensor, mask: Tensor) -> None:
        """Blend ``colour`` into this part of the canvas."""
        canvas[:, :, self.rows, self.columns].lerp_(colour, mask)


@dataclass(frozen=True)
class Layer:
    """Values (batch, 1, height, width) known on a window, for use on a smaller one inside it."""

    window: CanvasPart
    values: Tensor

    def on(self, window: CanvasPart) -> Tensor:
        top = window.rows.start - self.window.rows.start
        left = window.columns.start - self.window.columns.start
        return self.values[:, :, top : top + window.y.shape[2], left : left + window.x.shape[3]]


class FaceCanvas:
    """The pixel centres of a square canvas, and how soft an edge is on it."""

    # What of the canvas the picture shows: a square of this half side around this height.
    _HALF, _MIDDLE = 0.93, -0.05

    def __init__(self, size: int, like: Tensor) -> None:
        self._size = size
        centres = (2 * torch.arange(size, dtype=like.dtype, device=like.device) + 1) / size - 1
        self._x, self._y = self._HALF * centres, self._HALF * centres + self._MIDDLE
        # A sigmoid of this scale rises from 10 % to 90 % within one and a half pixels.
        self._edge = 0.7 * self._HALF / size

    def window(self, left: float, right: float, top: float, bottom: float) -> CanvasPart:
        rows = self._slice(top - self._MIDDLE, bottom - self._MIDDLE)
        columns = self._slice(left, right)
        return CanvasPart(rows, columns, self._x[columns].view(1, 1, 1, -1), self._y[rows].view(1, 1, -1, 1))

    def _slice(self, start: float, stop: float) -> slice:
        first, last = (math.floor((edge / self._HALF + 1) / 2 * self._size) for edge in (start, stop))
        return slice(max(0, first), min(self._size, last + 1))

    def inside(self, distance: Tensor) -> Tensor:
        """Mask of a shape from its signed distance, positive inside."""
        return torch.sigmoid(distance / self._edge)


@dataclass(frozen=True)
class Patch:
    """The head's surface around one point, as seen on the canvas.

    ``right``, ``down`` and ``front`` are what a step along the surface to the right, along it downwards and
    straight out of the face look like on the canvas.
    """

    x: Tensor
    y: Tensor
    right: Vector
    down: Vector
    front: Vector

    def local(self, window: CanvasPart) -> tuple[Tensor, Tensor]:
        """Lengths (u, v) along the surface of every pixel of ``window``.

        Inverts the tangent plane's projection, then corrects for the surface curving away behind it.
        """
        (ux, uy), (vx, vy), (fx, fy) = self.right, self.down, self.front
        area = ux * vy - uy * vx
        dx, dy = window.x - self.x, window.y - self.y
        u, v = (vy * dx - vx * dy) / area, (ux * dy - uy * dx) / area
        sag = u * u + 0.7 * v * v
        sag = 0.8 * sag / (1 + 1.5 * sag)
        return u + (vy * fx - vx * fy) / area * sag, v + (ux * fy - uy * fx) / area * sag


class Pose:
    """A head turned by ``yaw`` (to the right), ``pitch`` (up) and ``tilt`` (to the right), in radians.

    In head coordinates x points right, y down and z out of the face; the features lie on an ellipsoid.
    """

    _RADII = (0.54, 0.64, 0.42)
    _NECK, _NECK_TO_CENTRE = 0.46, 0.50  # the head tilts about the neck

    def __init__(self, yaw: Tensor, pitch: Tensor, tilt: Tensor) -> None:
        self.sin_yaw, self.sin_pitch, self.sin_tilt = torch.sin(yaw), torch.sin(pitch), torch.sin(tilt)
        cos_yaw, cos_pitch, self.cos_tilt = torch.cos(yaw), torch.cos(pitch), torch.cos(tilt)
        self.x = self._NECK_TO_CENTRE * self.sin_tilt
        self.y = self._NECK - self._NECK_TO_CENTRE * self.cos_tilt
        self._right = self._tilted(cos_yaw, torch.zeros_like(yaw))
        self._down = self._tilted(self.sin_yaw * self.sin_pitch, cos_pitch)
        self._front = self._tilted(self.sin_yaw * cos_pitch, -self.sin_pitch)

    def _tilted(self, x: Tensor, y: Tensor) -> Vector:
        return self.cos_tilt * x - self.sin_tilt * y, self.sin_tilt * x + self.cos_tilt * y

    def project(self, x: Scalar, y: Scalar, z: Scalar) -> Vector:
        """Canvas position of a point of the head."""
        (rx, ry), (dx, dy), (fx, fy) = self._right, self._down, self._front
        return self.x + rx * x + dx * y + fx * z, self.y + ry * x + dy * y + fy * z

    def patch(self, x: Scalar, y: Scalar, lift: float = 0.0) -> Patch:
        """The surface around the point above (x, y), raised by ``lift`` towards the front."""
        a, b, c = self._RADII
        height = torch.sqrt(1 - (x / a) ** 2 - (y / b) ** 2 + 0 * self.x)
        slope_x, slope_y = -c * x / (a * a * height), -c * y / (b * b * height)
        (rx, ry), (dx, dy), (fx, fy) = self._right, self._down, self._front
        right = (rx + slope_x * fx, ry + slope_x * fy)
        down = (dx + slope_y * fx, dy + slope_y * fy)
        return Patch(*self.project(x, y, c * height + lift), right, down, self._front)

    def upright(
        self, window: CanvasPart, x: Scalar | None = None, y: Scalar | None = None
    ) -> tuple[Tensor, Tensor]:
        """Canvas offsets from the head's centre, or from (x, y), along axes that only tilt with the head."""
        dx = window.x - (self.x if x is None else x)
        dy = window.y - (self.y if y is None else y)
        return self.cos_tilt * dx + self.sin_tilt * dy, self.cos_tilt * dy - self.sin_tilt * dx


def bump(x: Tensor, width: Scalar) -> Tensor:
    """exp(-(x / width)²): a smooth bump of height 1 around 0."""
    return torch.exp2(-1.442695 * (x / width) ** 2)  # exp2 stays fast where it underflows, exp does not


def spots(window: CanvasPart, table: Sequence[tuple[Scalar, Scalar, Scalar, float, float]]) -> Tensor:
    """Sum of smooth spots (strength, x, y, width, height) on a window: (batch, 1, height, width).

    A spot is the product of a bump along x and one along y, so the sum is one matrix product.
    """
    one = torch.ones_like(next(entry for row in table for entry in row if isinstance(entry, Tensor)))
    strength, x, y, width, height = (
        torch.cat([e * one for e in column], dim=3) for column in zip(*table, strict=True)
    )
    along_y = strength * bump(window.y - y, height)
    return along_y @ bump(window.x - x.mT, width.mT)


def softplus(x: Tensor, sharpness: float) -> Tensor:
    """max(x, 0), rounded over a length of 1/sharpness."""
    return torch.nn.functional.softplus(sharpness * x) / sharpness


def smooth_min(a: Tensor, b: Tensor, radius: float) -> Tensor:
    """The smaller of two signed distances: their intersection, with corners rounded by ``radius``."""
    return 0.5 * (a + b - torch.sqrt((a - b) ** 2 + 4 * radius**2))


def ellipse(u: Tensor, v: Tensor, a: Scalar, b: Scalar) -> Tensor:
    """Signed distance to an ellipse with b < a, to first order, which serves thin ones too."""
    p, t = (u / a) ** 2, (v / b) ** 2
    q = p + t
    distance = 0.5 * (1 - q) * torch.sqrt((q + 1e-3) / (p / a**2 + (t + 1e-3) / b**2))
    return distance - 0.02 * a * p**4  # first order is too little in line with a thin one, beyond its tips
