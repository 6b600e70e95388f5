"""A region painted by hand: what a brush makes of it, and which values of a picture lie in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import TypeAdapter, ValidationError

from jnn_studio.data.errors import DataError
from jnn_studio.explore.painted import CELLS, AnyRegion, Brush, MaskError, PaintedRegion, region_of_mask
from jnn_studio.explore.region import Region


def painted(*strokes: tuple[tuple[float, float], tuple[float, float]], width: float = 0.1) -> PaintedRegion:
    region: PaintedRegion | None = None
    for start, end in strokes:
        region = Brush(width).stroke(region, start, end)
    assert region is not None
    return region


def test_a_stroke_marks_what_is_nearer_to_it_than_half_the_brush() -> None:
    region = painted(((0.25, 0.5), (0.75, 0.5)))
    y, x = (np.indices((CELLS, CELLS)) + 0.5) / CELLS
    along = np.hypot(np.maximum(np.abs(x - 0.5) - 0.25, 0), y - 0.5)
    assert (region.marked == (along <= 0.05)).mean() > 0.999
    assert region.words == f"painted, {region.marked.mean():.1%} of the picture"


def test_erasing_takes_away_and_nothing_left_is_no_region() -> None:
    region = painted(((0.2, 0.2), (0.8, 0.2)))
    less = Brush(0.2, erases=True).stroke(region, (0.8, 0.2), (0.8, 0.2))
    assert less is not None
    assert not less.marked[int(0.2 * CELLS), int(0.75 * CELLS)]
    assert less.marked[int(0.2 * CELLS), int(0.3 * CELLS)]
    assert Brush(0.5, erases=True).stroke(less, (0.1, 0.2), (0.9, 0.2)) is None


def test_a_rectangle_is_painted_on() -> None:
    rectangle = Region(left=0.25, top=0.25, right=0.5, bottom=0.5)
    more = Brush(0.1).stroke(rectangle, (0.8, 0.8), (0.8, 0.8))
    assert more is not None
    assert more.marked[16:32, 16:32].all()
    assert more.marked[int(0.8 * CELLS), int(0.8 * CELLS)]


def test_strokes_may_leave_the_picture_and_a_thin_brush_marks_a_cell() -> None:
    assert painted(((-0.5, 0.5), (1.5, 0.5))).marked[32].all()
    assert Brush(0.1).stroke(None, (2.0, 2.0), (3.0, 3.0)) is None
    assert painted(((0.51, 0.51), (0.51, 0.51)), width=0.001).marked.sum() == 1


@pytest.mark.parametrize("size", [1, 3, 16, 64, 100])
def test_a_value_is_inside_if_the_middle_of_its_pixel_is(size: int) -> None:
    mask = painted(((0.3, 0.2), (0.7, 0.9)), width=0.4).inside((2, size, size)).reshape(2, size, size)
    region = painted(((0.3, 0.2), (0.7, 0.9)), width=0.4)
    at = [min(int((i + 0.5) * CELLS / size), CELLS - 1) for i in range(size)]
    assert torch.equal(mask[0], torch.from_numpy(region.marked[np.ix_(at, at)]))
    assert torch.equal(mask[0], mask[1])


def test_one_that_holds_no_middle_is_the_pixels_it_touches() -> None:
    dot = painted(((0.01, 0.99), (0.01, 0.99)), width=0.001)
    assert dot.inside((1, 8, 8)).nonzero().flatten().tolist() == [7 * 8]


def test_what_is_kept_of_it_is_read_back_and_told_from_a_rectangle() -> None:
    adapter, region = TypeAdapter(AnyRegion), painted(((0.2, 0.2), (0.8, 0.9)))
    rectangle = Region(left=0.1, top=0.2, right=0.3, bottom=0.4)
    for one in (region, rectangle):
        assert adapter.validate_json(adapter.dump_json(one)) == one
    assert hash(PaintedRegion(cells=region.cells)) == hash(region)


@pytest.mark.parametrize("cells", ["0" * 1024, "f" * 1023, "f" * 1025, "g" * 1024, "F" * 1024 + "\n", ""])
def test_what_is_no_painted_region_is_refused(cells: str) -> None:
    with pytest.raises(ValidationError):
        PaintedRegion(cells=cells)


def test_a_mask_of_a_file_is_what_is_light_in_it(tmp_path: Path) -> None:
    pixels = np.zeros((128, 128), np.uint8)
    pixels[:64, 32:] = 255
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    marked = region_of_mask(tmp_path / "mask.png").marked
    assert marked[:31, 17:].all()
    assert not marked[33:].any()
    assert not marked[:, :15].any()


def test_a_file_that_marks_nothing_is_refused_by_name(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "dark.png")
    with pytest.raises(MaskError, match="dark.png marks no region"):
        region_of_mask(tmp_path / "dark.png")
    (tmp_path / "no.png").write_text("no image")
    with pytest.raises(DataError, match="no.png"):
        region_of_mask(tmp_path / "no.png")
