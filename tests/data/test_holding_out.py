"""What is kept apart to judge: whole folders where there are some, and always the same."""

from __future__ import annotations

import numpy as np
import pytest

from jnn_studio.data.faces import FaceSource
from jnn_studio.data.folder import FolderSource
from jnn_studio.data.holding_out import hold_out


def people(*counts: int) -> FolderSource:
    labels = [f"p{person}/{image}.jpg" for person, count in enumerate(counts) for image in range(count)]
    return FolderSource("people", np.zeros((len(labels), 1, 4, 4), np.uint8), labels)


def test_nobody_is_on_both_sides() -> None:
    source = people(*range(1, 21))
    parts = hold_out(source, 0.1)

    persons = [{source.label(i).split("/")[0] for i in side} for side in (parts.rest, parts.images)]
    assert not persons[0] & persons[1]
    assert len(persons[1]) == parts.folders == 2
    assert sorted(parts.rest + parts.images) == list(range(len(source)))
    assert parts.words == f"{len(parts.images)} images, all of 2 of 20 folders"


@pytest.mark.parametrize("source", [FaceSource(40, 16), people(20, 20), people(14, 13, 13)])
def test_fewer_than_four_folders_are_not_persons(source: FolderSource) -> None:
    parts = hold_out(source, 0.1)

    assert len(parts.images) == 4
    assert parts.folders == 0
    assert parts.words == "4 images"


def test_there_is_always_something_on_both_sides_unless_nothing_is_to_be_kept_apart() -> None:
    for share in (0.001, 0.9):
        parts = hold_out(people(1, 1, 1, 1), share)
        assert parts.rest
        assert parts.images
    assert hold_out(people(3, 3, 3, 3), 0).images == ()
    assert hold_out(people(1), 0.5).rest == (0,)


def test_the_seed_decides() -> None:
    source = people(*[3] * 30)
    assert hold_out(source, 0.2, 1) == hold_out(source, 0.2, 1)
    assert hold_out(source, 0.2, 1) != hold_out(source, 0.2, 2)
