"""Slow models are shown coarser while a slider moves, if that helps."""

from __future__ import annotations

from jnn_studio.explore.walking.pace import SLOW_SECONDS, Pace


def test_quick_scenes_are_shown_in_full() -> None:
    pace = Pace()
    assert pace.shrink == 1
    pace.took(0.9 * SLOW_SECONDS, 1)
    assert pace.shrink == 1


def test_slow_scenes_are_shown_at_half_and_very_slow_ones_at_a_quarter() -> None:
    slow, very_slow = Pace(), Pace()
    slow.took(2 * SLOW_SECONDS, 1)
    very_slow.took(8 * SLOW_SECONDS, 1)
    assert (slow.shrink, very_slow.shrink) == (2, 4)


def test_a_coarser_picture_that_saves_nothing_is_given_up() -> None:
    pace = Pace()
    pace.took(2 * SLOW_SECONDS, 1)
    pace.took(1.9 * SLOW_SECONDS, 2)
    assert pace.shrink == 1


def test_one_slow_scene_among_quick_ones_does_not_matter() -> None:
    pace = Pace()
    for _ in range(10):
        pace.took(0.2 * SLOW_SECONDS, 1)
    pace.took(2 * SLOW_SECONDS, 1)
    assert pace.shrink == 1
