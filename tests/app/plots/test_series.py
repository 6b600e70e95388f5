"""A series draws any stretch of a long curve from few samples, and loses no peak."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jnn_studio.app.plots.series import Series

NAN = float("nan")


def series(y: object, x: object = None) -> Series:
    made = Series()
    made.extend(np.arange(len(y)) if x is None else x, y)
    return made


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(count)


values = st.one_of(st.floats(-1e6, 1e6), st.just(NAN))


@given(
    chunks=st.lists(st.lists(values, max_size=40), max_size=8),
    start=st.integers(0, 200),
    length=st.integers(0, 200),
)
def test_bounds_of_a_stretch_are_those_of_its_samples(
    chunks: list[list[float]], start: int, length: int
) -> None:
    grown = Series()
    for chunk in chunks:
        grown.extend(np.arange(len(grown), len(grown) + len(chunk)), chunk)
    y = np.array([value for chunk in chunks for value in chunk])[start : start + length + 1]
    y = y[np.isfinite(y)]
    bounds = grown.bounds(start, start + length)
    assert bounds == ((y.min(), y.max()) if len(y) else None)


@given(
    y=st.lists(values, min_size=1, max_size=400),
    gaps=st.randoms(use_true_random=False),
    view=st.tuples(st.floats(-10, 500), st.floats(0.1, 500)),
    columns=st.integers(1, 12),
)
def test_every_pixel_column_keeps_its_extremes(
    y: list[float], gaps: object, view: tuple[float, float], columns: int
) -> None:
    x = np.cumsum([gaps.choice((0, 1, 1, 7)) for _ in y]).astype(float)
    x0, x1 = view[0], view[0] + view[1]
    shown_x, shown_y = series(y, x).decimate(x0, x1, columns)

    column = np.searchsorted(np.linspace(x0, x1, columns + 1)[1:-1], x, "right")
    shown_column = np.searchsorted(np.linspace(x0, x1, columns + 1)[1:-1], shown_x, "right")
    for number in range(columns):
        meant = np.array(y)[(column == number) & (x >= x0) & (x <= x1)]
        drawn = shown_y[(shown_column == number) & (shown_x >= x0) & (shown_x <= x1)]
        if np.isfinite(meant).any():
            assert np.nanmin(drawn) == np.nanmin(meant)
            assert np.nanmax(drawn) == np.nanmax(meant)


def test_decimated_points_are_samples_in_their_order() -> None:
    y = noise(10_000)
    x, shown = series(y).decimate(0, 10_000, 50)
    assert (np.diff(x) > 0).all()
    assert (y[x.astype(int)] == shown).all()
    assert len(x) <= 2 * 50 + 2


def test_a_line_reaches_beyond_both_edges_of_the_view() -> None:
    few, _ = series(noise(100)).decimate(40.5, 59.5, 200)
    many, _ = series(noise(10_000)).decimate(2_000.5, 7_999.5, 20)
    assert (few[0], few[-1]) == (40, 60)
    assert (many[0], many[-1]) == (2_000, 8_000)


def test_few_samples_are_drawn_as_they_are() -> None:
    x, y = series([1, NAN, 3]).decimate(0, 2, 100)
    assert x.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(y, [1, NAN, 3])


def test_appending_sample_by_sample_equals_appending_at_once() -> None:
    y = noise(777)
    slowly = Series()
    for step, value in enumerate(y):
        slowly.extend(step, value)
    for got, expected in zip(slowly.decimate(100, 700, 9), series(y).decimate(100, 700, 9), strict=True):
        assert got.tolist() == expected.tolist()


def test_infinite_values_are_gaps() -> None:
    made = series([1, np.inf, -np.inf, 2])
    assert made.bounds() == (1, 2)
    assert np.isnan(made.y[1:3]).all()


def test_the_positive_part_has_gaps_where_there_is_no_logarithm() -> None:
    made = series([1, 0, -2, 3])
    positive = made.positive
    np.testing.assert_array_equal(positive.y, [1, NAN, NAN, 3])
    made.extend([4, 5], [-1, 7])
    np.testing.assert_array_equal(positive.y, [1, NAN, NAN, 3, NAN, 7])


def test_a_positive_curve_is_its_own_positive_part_until_it_no_longer_is() -> None:
    made = series([1, 2])
    assert made.positive is made
    made.extend(2, 0)
    assert made.positive.bounds() == (1, 2)


@pytest.mark.parametrize(("x", "index"), [(-5, 0), (0.4, 0), (0.6, 1), (9, 2)])
def test_nearest_sample(x: float, index: int) -> None:
    assert series([10, 20, 30]).nearest(x) == index


def test_an_empty_series_has_nothing() -> None:
    empty = Series()
    assert empty.nearest(1) is None
    assert empty.bounds() is None
    assert len(empty.decimate(0, 1, 10)[0]) == 0


def test_clearing_forgets_everything() -> None:
    made = series(noise(100))
    made.clear()
    made.extend([0, 1], [5, 6])
    assert made.bounds() == (5, 6)


@pytest.mark.parametrize("x", [[3, 4], [6, 5], [7, NAN]])
def test_x_may_not_run_backwards(x: list[float]) -> None:
    made = series([1, 2, 3, 4, 5, 6])
    with pytest.raises(ValueError, match="never decrease"):
        made.extend(x, [0, 0])
    assert len(made) == 6


def test_x_and_y_must_match() -> None:
    with pytest.raises(ValueError, match="of one length"):
        Series().extend([1, 2], [1])
