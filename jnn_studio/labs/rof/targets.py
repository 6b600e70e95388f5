"""What is to be denoised: indicators τ of sets, as a person writes them in ``config.toml``."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Annotated, Literal, Self

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor

from jnn_studio.base.settings import Finite, Frozen, Positive

DRAWN_CELLS = 512
"""Cells per side that the area of a drawn shape is counted on."""
PAIRS = 1 << 21
"""Points times edges compared at once."""


def ball_volume(n: int, radius: float = 1.0) -> float:
    """|B| in Rⁿ."""
    return math.pi ** (n / 2) / math.gamma(n / 2 + 1) * radius**n


class Ball(Frozen):
    """A ball around the origin, as in the paper."""

    kind: Literal["ball"] = "ball"
    radius: Positive = Field(1.0, description="Radius of the ball; the paper's is 1.")

    def inside(self, x: Tensor) -> Tensor:
        """Whether points x (points, n) lie in it, (points,)."""
        return x.square().sum(1) <= self.radius**2

    def volume(self, n: int) -> float:
        """|T|."""
        return ball_volume(n, self.radius)

    def perimeter(self, n: int) -> float:
        """Per(T): the area of its surface, for n = 1 its number of ends."""
        return n * ball_volume(n, self.radius) / self.radius

    def extent(self, n: int) -> float:
        """Half the side of the smallest box [-L, L]ⁿ around it."""
        return self.radius


class Box(Frozen):
    """A cube around the origin; total variation rounds its corners."""

    kind: Literal["box"] = "box"
    half_side: Positive = Field(1.0, description="Half the side of the cube.")

    def inside(self, x: Tensor) -> Tensor:
        """Whether points x (points, n) lie in it, (points,)."""
        return (x.abs() <= self.half_side).all(1)

    def volume(self, n: int) -> float:
        """|T|."""
        return (2 * self.half_side) ** n

    def perimeter(self, n: int) -> float:
        """Per(T)."""
        return 2 * n * (2 * self.half_side) ** (n - 1)

    def extent(self, n: int) -> float:
        """Half the side of the smallest box [-L, L]ⁿ around it."""
        return self.half_side


class Annulus(Frozen):
    """What lies between two spheres around the origin."""

    kind: Literal["annulus"] = "annulus"
    inner: Positive = Field(0.5, description="Inner radius.")
    outer: Positive = Field(1.0, description="Outer radius.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.inner >= self.outer:
            raise ValueError(f"inner ({self.inner:g}) must be smaller than outer ({self.outer:g})")
        return self

    def inside(self, x: Tensor) -> Tensor:
        """Whether points x (points, n) lie in it, (points,)."""
        squared = x.square().sum(1)
        return (squared <= self.outer**2) & (squared >= self.inner**2)

    def volume(self, n: int) -> float:
        """|T|."""
        return ball_volume(n, self.outer) - ball_volume(n, self.inner)

    def perimeter(self, n: int) -> float:
        """Per(T): both spheres."""
        return sum(n * ball_volume(n, radius) / radius for radius in (self.inner, self.outer))

    def extent(self, n: int) -> float:
        """Half the side of the smallest box [-L, L]ⁿ around it."""
        return self.outer


class TwoBalls(Frozen):
    """Two equal balls side by side on the first axis; close ones feel each other."""

    kind: Literal["two-balls"] = "two-balls"
    radius: Positive = Field(0.7, description="Radius of each ball.")
    distance: Positive = Field(2.0, description="Distance of their centres, more than twice the radius.")

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.distance <= 2 * self.radius:
            raise ValueError(
                f"distance ({self.distance:g}) must exceed twice the radius ({self.radius:g}): the balls meet"
            )
        return self

    def inside(self, x: Tensor) -> Tensor:
        """Whether points x (points, n) lie in one of them, (points,)."""
        rest = x[:, 1:].square().sum(1)
        return (x[:, 0].abs() - self.distance / 2).square() + rest <= self.radius**2

    def volume(self, n: int) -> float:
        """|T|."""
        return 2 * ball_volume(n, self.radius)

    def perimeter(self, n: int) -> float:
        """Per(T)."""
        return 2 * n * ball_volume(n, self.radius) / self.radius

    def extent(self, n: int) -> float:
        """Half the side of the smallest box [-L, L]ⁿ around them."""
        return self.distance / 2 + self.radius


class Drawn(Frozen):
    """A closed outline in the plane, drawn by hand; where it crosses itself, the even-odd rule decides."""

    kind: Literal["drawn"] = "drawn"
    points: tuple[tuple[Finite, Finite], ...] = Field(
        min_length=3, max_length=2000, description="Vertices (x, y) of the outline, in order."
    )

    @model_validator(mode="after")
    def _has_area(self) -> Self:
        if not self._area > 0:
            raise ValueError("the outline encloses no area")
        return self

    def inside(self, x: Tensor) -> Tensor:
        """Whether points x (points, 2) lie in it, (points,): a ray to the right crosses the outline oddly."""
        # In float64 whatever x is: on a vertex, rounding would let the ray through between two edges.
        host = x.cpu() if x.device.type == "mps" else x
        start = torch.tensor(self.points, dtype=torch.float64, device=host.device)
        end = start.roll(-1, 0)
        (ax, ay), (bx, by) = start.T, end.T
        slope = torch.where(ay == by, 0.0, (bx - ax) / torch.where(ay == by, 1.0, by - ay))
        odd = []
        for part in host.double().split(max(1, PAIRS // len(start))):
            px, py = part[:, :1], part[:, 1:]
            crosses = ((ay <= py) != (by <= py)) & (px < ax + (py - ay) * slope)
            odd.append(crosses.sum(1) % 2 == 1)
        return torch.cat(odd).to(x.device)

    def volume(self, n: int) -> float:
        """Area, counted on a grid (an outline may cross itself)."""
        return self._area

    def perimeter(self, n: int) -> float:
        """Length of the outline."""
        p = np.asarray(self.points)
        return float(np.linalg.norm(np.roll(p, -1, axis=0) - p, axis=1).sum())

    def extent(self, n: int) -> float:
        """Half the side of the smallest box [-L, L]² around it."""
        return float(np.abs(np.asarray(self.points)).max())

    @cached_property
    def _area(self) -> float:
        extent = self.extent(2)
        cell = 2 * extent / DRAWN_CELLS
        axis = (torch.arange(DRAWN_CELLS, dtype=torch.float64) + 0.5) * cell - extent
        points = torch.cartesian_prod(axis, axis)
        return float(self.inside(points).sum()) * cell**2


Target = Annotated[Ball | Box | Annulus | TwoBalls | Drawn, Field(discriminator="kind")]
