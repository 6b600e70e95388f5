"""Colours of the map: scales, yes and no, folders."""

from __future__ import annotations

import numpy as np

from jnn_studio.app.workspaces.explore.map.colouring import CATEGORIES, LEVELS, colour_by, no_colours
from jnn_studio.explore.collection.catalogue import Facet


def facet(values: list[float], binary: bool = False, categories: tuple[str, ...] = ()) -> Facet:
    known = np.array(values, np.float32)
    return Facet("what", known, binary, float(np.nanmin(known)), float(np.nanmax(known)), categories)


def test_numbers_have_a_scale_with_three_values() -> None:
    found = colour_by(facet([0, 5, 10, np.nan]), dark=False)
    assert found.codes.tolist()[3] == -1
    assert found.codes[0] < found.codes[1] < found.codes[2]
    assert len(found.colors) == LEVELS
    assert found.scale == ("≤ 0.20", "5.00", "≥ 9.80")
    assert colour_by(facet([-1, 0, 1]), dark=False).scale == ("≤ −0.96", "0.00", "≥ 0.96")


def test_a_few_far_values_leave_the_others_their_colours() -> None:
    values = [*np.linspace(0, 1, 200).tolist(), 1000.0]
    found = colour_by(facet(values), dark=True)
    assert np.ptp(found.codes[:200]) > LEVELS * 0.9
    assert found.scale[2].startswith("≥ ")


def test_numbers_that_are_all_the_same_have_one_colour() -> None:
    found = colour_by(facet([2, 2, 2]), dark=False)
    assert set(found.codes.tolist()) == {0}


def test_yes_and_no_are_counted_and_what_is_not_known_has_no_colour() -> None:
    found = colour_by(facet([-1, 1, 1, np.nan], binary=True), dark=False)
    assert found.codes.tolist() == [0, 1, 1, -1]
    assert [words for _, words in found.entries] == ["no (1)", "yes (2)", "not known (1)"]
    assert len({color for color, _ in found.entries}) == 3


def test_a_few_folders_have_a_colour_each() -> None:
    found = colour_by(facet([0, 0, 1, 2], categories=("anna", "bert", "")), dark=False)
    assert [words for _, words in found.entries] == ["anna (2)", "bert (1)", "none (1)"]
    assert found.codes.tolist() == [0, 0, 1, 2]


def test_of_many_folders_the_largest_have_colours_and_first_that_of_the_image_in_view() -> None:
    names = tuple(f"p{number}" for number in range(50))
    values = [float(number) for number in range(50) for _ in range(50 - number)]
    found = colour_by(facet(values, categories=names), dark=False, first=len(values) - 1)
    assert found.entries[0][1] == "p49 (1)"
    assert found.entries[1][1] == "p0 (50)"
    assert found.entries[-1][1].startswith("44 others (")
    assert len(found.entries) == len(CATEGORIES) + 1
    assert found.codes[-1] == 0
    assert found.codes[-2] == -1


def test_without_a_facet_all_are_alike() -> None:
    found = no_colours(3)
    assert found.codes.tolist() == [-1, -1, -1]
    assert found.title == ""
