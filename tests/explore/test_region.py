"""A rectangle on the picture, whatever its size in pixels."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from jnn_studio.explore.region import Region


def test_a_value_is_inside_if_the_middle_of_its_pixel_is() -> None:
    region = Region(left=0.25, top=0.5, right=0.75, bottom=1.0)
    assert region.box(8, 8) == (2, 4, 6, 8)
    mask = region.inside((2, 8, 8)).reshape(2, 8, 8)
    assert int(mask.sum()) == 2 * 4 * 4
    assert mask[:, 4:8, 2:6].all()


def test_a_region_smaller_than_a_pixel_is_that_pixel() -> None:
    assert Region(left=0.51, top=0.01, right=0.52, bottom=0.02).box(4, 4) == (2, 0, 3, 1)
    assert Region(left=0.99, top=0.99, right=1.0, bottom=1.0).box(4, 4) == (3, 3, 4, 4)


def test_corners_may_be_dragged_in_any_order_and_beyond_the_picture() -> None:
    region = Region.between(0.8, 1.4, 0.2, 0.5, 0.1)
    assert region == Region(left=0.2, top=0.5, right=0.8, bottom=1.0)


def test_it_is_as_large_as_is_asked_for_at_least() -> None:
    region = Region.between(1.0, 0.3, 1.0, 0.3, 0.1)
    assert (region.left, region.right) == pytest.approx((0.9, 1.0))
    assert (region.top, region.bottom) == pytest.approx((0.3, 0.4))


def test_it_moves_as_far_as_the_picture_reaches() -> None:
    region = Region(left=0.1, top=0.1, right=0.4, bottom=0.4).moved(-0.3, 0.2)
    assert (region.left, region.top, region.right, region.bottom) == pytest.approx((0, 0.3, 0.3, 0.6))


def test_its_lower_right_corner_moves_alone_and_not_past_the_other() -> None:
    region = Region(left=0.5, top=0.5, right=0.7, bottom=0.7)
    assert region.grown(0.1, -0.05, 0.1).right == pytest.approx(0.8)
    assert region.grown(0.0, -0.5, 0.1).bottom == pytest.approx(0.6)


@pytest.mark.parametrize(
    "corners", [(0.5, 0, 0.5, 1), (0.6, 0, 0.5, 1), (-0.1, 0, 1, 1), (0, 0, 1, 1.1), (0, float("nan"), 1, 1)]
)
def test_what_is_no_rectangle_on_the_picture_is_refused(corners: tuple[float, ...]) -> None:
    left, top, right, bottom = corners
    with pytest.raises(ValidationError):
        Region(left=left, top=top, right=right, bottom=bottom)
