"""A rectangle on the picture: the part that directions are to change."""

from __future__ import annotations

import math
from typing import Annotated, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from jnn_studio.base.settings import Frozen

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Region(Frozen):
    """In shares of the picture's width and height from its upper left corner, so that it fits all sizes."""

    left: Share
    top: Share
    right: Share
    bottom: Share

    @model_validator(mode="after")
    def _has_an_area(self) -> Self:
        if not (self.left < self.right and self.top < self.bottom):
            raise ValueError("a region needs left < right and top < bottom")
        return self

    @classmethod
    def between(cls, x0: float, y0: float, x1: float, y1: float, least: float) -> Region:
        """The rectangle with two opposite corners, cut to the picture, ``least`` wide and high at least."""
        left, right = _span(x0, x1, least)
        top, bottom = _span(y0, y1, least)
        return cls(left=left, top=top, right=right, bottom=bottom)

    def moved(self, dx: float, dy: float) -> Region:
        """Shifted, as far as the picture reaches."""
        dx = min(max(dx, -self.left), 1 - self.right)
        dy = min(max(dy, -self.top), 1 - self.bottom)
        return Region.between(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy, 0.0)

    def grown(self, dx: float, dy: float, least: float) -> Region:
        """With its lower right corner moved, ``least`` wide and high at least."""
        right, bottom = max(self.right + dx, self.left + least), max(self.bottom + dy, self.top + least)
        return Region.between(self.left, self.top, right, bottom, least)

    def box(self, height: int, width: int) -> tuple[int, int, int, int]:
        """(left, top, right, bottom) in pixels, the last two outside; never empty."""
        left, right = _pixels(self.left, self.right, width)
        top, bottom = _pixels(self.top, self.bottom, height)
        return left, top, right, bottom

    def inside(self, shape: tuple[int, int, int]) -> Tensor:
        """Which values of a picture (channels, height, width), in one row, lie in it."""
        left, top, right, bottom = self.box(*shape[1:])
        mask = torch.zeros(shape, dtype=torch.bool)
        mask[:, top:bottom, left:right] = True
        return mask.flatten()

    @property
    def words(self) -> str:
        """Where it is, for captions."""
        return (
            f"columns {self.left:.0%}–{self.right:.0%}, rows {self.top:.0%}–{self.bottom:.0%} of the picture"
        )


def _span(a: float, b: float, least: float) -> tuple[float, float]:
    low, high = (min(max(value, 0.0), 1.0) for value in sorted((a, b)))
    if high - low < least:
        low = min(low, 1 - least)
        high = low + least
    return low, high


def _pixels(low: float, high: float, size: int) -> tuple[int, int]:
    """Those whose middle lies between; the one under the middle if there is none."""
    first, end = math.ceil(low * size - 0.5), math.ceil(high * size - 0.5)
    if first >= end:
        first = min(int((low + high) / 2 * size), size - 1)
        end = first + 1
    return first, end
