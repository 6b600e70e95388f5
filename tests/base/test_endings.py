"""What ends a file's name, and what only looks so."""

from __future__ import annotations

from pathlib import Path

import pytest

from jnn_studio.base.endings import ending_of, with_ending, with_other_ending


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("a.png", ".png"),
        ("a.PNG", ".png"),
        ("film.mp4", ".mp4"),
        ("walk 0.1", ""),
        ("loss η 0.5", ""),
        ("v1.2 of it", ""),
        ("walk 0.1.gif", ".gif"),
        ("plain", ""),
        ("ends in.", ""),
        (".png", ""),
    ],
)
def test_the_ending_of_a_name(name: str, ending: str) -> None:
    assert ending_of(Path("folder.d") / name) == ending


def test_an_ending_is_added_and_changed_without_losing_what_stands_before_it() -> None:
    assert with_ending(Path("x/walk 0.1"), ".png") == Path("x/walk 0.1.png")
    assert with_ending(Path("x/a.PNG"), ".png") == Path("x/a.PNG")
    assert with_ending(Path("x/loss.jpg"), ".png") == Path("x/loss.jpg.png")
    assert with_other_ending(Path("x/walk 0.1"), ".gif") == Path("x/walk 0.1.gif")
    assert with_other_ending(Path("x/walk 0.1.GIF"), ".mp4") == Path("x/walk 0.1.mp4")
    assert with_other_ending(Path("x/walk 0.1.gif"), "") == Path("x/walk 0.1")
