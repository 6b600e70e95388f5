"""A part of the picture painted by hand: what directions are to change, where no rectangle fits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor

from jnn_studio.base.errors import StudioError
from jnn_studio.base.settings import Frozen
from jnn_studio.base.text import printable
from jnn_studio.data.decode import load_image
from jnn_studio.explore.region import Region

CELLS = 64
"""A painted region is kept in so many rows of so many cells, whatever the size of the pictures."""

_DIGITS = CELLS * CELLS // 4
"""Of which one hexadecimal digit holds four."""

Point = tuple[float, float]
"""In shares of the picture's width and height from its upper left corner."""


class MaskError(StudioError):
    """A file gives no region; the message says why."""


class PaintedRegion(Frozen):
    """Cells of the picture, row by row from its upper left corner: never none of them."""

    cells: Annotated[str, Field(pattern=rf"^[0-9a-f]{{{_DIGITS}}}$")]

    @model_validator(mode="after")
    def _is_not_empty(self) -> Self:
        if not self.cells.strip("0"):
            raise ValueError("a painted region needs at least one cell")
        return self

    @classmethod
    def of(cls, marked: np.ndarray) -> PaintedRegion | None:
        """That of cells (CELLS, CELLS), bool; None if there is none."""
        return cls(cells=np.packbits(marked).tobytes().hex()) if marked.any() else None

    @cached_property
    def marked(self) -> np.ndarray:
        """Which cells belong to it, (CELLS, CELLS), bool; not to be changed."""
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(self.cells), np.uint8))
        return bits.astype(bool).reshape(CELLS, CELLS)

    def inside(self, shape: tuple[int, int, int]) -> Tensor:
        """Which values of a picture (channels, height, width), in one row, lie in it: those with their middle
        there. Where that is none, the pixels that it touches.
        """
        sides = shape[1:]
        cells = (np.minimum((np.arange(side) + 0.5) * CELLS / side, CELLS - 1).astype(int) for side in sides)
        mask = self.marked[np.ix_(*cells)]
        if not mask.any():
            marked = zip(self.marked.nonzero(), sides, strict=True)
            rows, columns = (np.minimum(at * side // CELLS, side - 1) for at, side in marked)
            mask[rows, columns] = True
        return torch.from_numpy(mask).expand(shape).flatten()

    @property
    def words(self) -> str:
        """How large it is, for captions."""
        return f"painted, {self.marked.mean():.1%} of the picture"


AnyRegion = Region | PaintedRegion
"""The part of the picture that directions are to change."""


@dataclass(frozen=True)
class Brush:
    """What paints a region, or erases from it.

    Attributes:
        width: of its round mark, as a share of the picture's width.
        erases: it takes away.
    """

    width: float = 0.1
    erases: bool = False

    def stroke(self, region: AnyRegion | None, start: Point, end: Point) -> PaintedRegion | None:
        """What a straight stroke makes of a region; None if nothing is left.

        At least the cell in which it ends is marked, however thin the brush is.
        """
        marked = np.zeros((CELLS, CELLS), bool) if region is None else cells_of(region)
        middles = (np.arange(CELLS) + 0.5) / CELLS
        x, y = middles[np.newaxis, :], middles[:, np.newaxis]
        (x0, y0), (x1, y1) = start, end
        length = (x1 - x0) ** 2 + (y1 - y0) ** 2
        along = 0.0 if length == 0 else np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length, 0, 1)
        near = (x - x0 - along * (x1 - x0)) ** 2 + (y - y0 - along * (y1 - y0)) ** 2 <= (self.width / 2) ** 2
        if 0 <= x1 < 1 and 0 <= y1 < 1:
            near[int(y1 * CELLS), int(x1 * CELLS)] = True
        return PaintedRegion.of(marked & ~near if self.erases else marked | near)


def cells_of(region: AnyRegion) -> np.ndarray:
    """Which cells (CELLS, CELLS) a region holds."""
    if isinstance(region, PaintedRegion):
        return region.marked
    return region.inside((1, CELLS, CELLS)).reshape(CELLS, CELLS).numpy()


def region_of_mask(path: Path) -> PaintedRegion:
    """The region that is light in an image file, cut and scaled as all images are.

    Raises:
        DataError: the file cannot be read as an image.
        MaskError: nothing in it is light.
    """
    region = PaintedRegion.of((load_image(path, CELLS, 1)[0] >= 0.5).numpy())
    if region is None:
        raise MaskError(
            f"{printable(str(path))} marks no region; paint white what directions are to change, "
            "black the rest"
        )
    return region
