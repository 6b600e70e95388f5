"""How far directions can be trusted."""

from __future__ import annotations

from typing import Any

from benchmarks.directions import averaged, regions, turning
from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.columns.open_models import open_bundled

FACES = FaceSource(48, 64, seed=11)
IMAGES = list(FACES.images([0, 20, 40]))


def test_neighbours_turn_the_more_the_nearer_they_are_in_units_of_their_scale() -> None:
    for loaded in open_bundled():
        rows = turning(loaded, IMAGES)["turning"]
        near = share_turned([row for row in rows if row["gap"][1] <= 1.5])
        far = share_turned([row for row in rows if row["gap"][0] >= 3])
        assert near > 0.15
        assert far < near / 3


def share_turned(rows: list[dict[str, Any]]) -> float:
    """By more than 22.5°."""
    return float(sum(row["over"] * row["pairs"] for row in rows) / sum(row["pairs"] for row in rows))


def test_directions_of_a_region_keep_to_it_better_than_projected_ones() -> None:
    for loaded in open_bundled():
        found = regions(loaded, IMAGES)
        for name in ("mouth", "left eye"):
            ours, theirs = found[name]["damping 0.03"], found[name]["projected 0.9"]
            assert ours[0] > theirs[0], "share inside"
            assert ours[1] > 0.95 * theirs[1], "change inside"


def test_the_first_averaged_directions_fit_images() -> None:
    found = averaged(open_bundled()[1], FACES, 6)
    assert found["images"] == 48
    assert min(found["fit_median"][:3]) > 0.9
