"""Pairing the directions of two models by what they do to the picture."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from jnn_studio.explore.walking.matching import match_directions
from jnn_studio.explore.walking.place import Place

from ..small_models import tiny_autoencoder, walker_of


def place(seed: int, k: int = 4) -> Place:
    return walker_of(tiny_autoencoder(seed)).place(torch.full((1, 8, 8), 0.5, dtype=torch.float64), k)


def test_a_shuffled_place_is_put_back() -> None:
    reference = place(0)
    shuffled = reference.reordered((2, 0, 3, 1), (-1.0, 1.0, -1.0, 1.0))

    match = match_directions(reference, shuffled)

    assert match.order == (1, 3, 0, 2)
    np.testing.assert_allclose(match.cosine, 1, atol=1e-9)
    back = shuffled.reordered(match.order, match.signs)
    torch.testing.assert_close(back.directions, reference.directions)
    for d in range(4):
        table, right = back.calibration.table(d), reference.calibration.table(d)
        np.testing.assert_array_equal(table.alpha, right.alpha)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_other_pairing_agrees_better(seed: int) -> None:
    reference, other = place(0), place(seed)
    cosine = torch.nn.functional.cosine_similarity(
        reference.push.unsqueeze(1), other.push.unsqueeze(0), dim=2
    )
    best = max(
        sum(abs(float(cosine[d, p])) for d, p in enumerate(order))
        for order in itertools.permutations(range(4))
    )

    match = match_directions(reference, other)

    assert match.cosine.sum() == pytest.approx(best)
    for d, (position, sign) in enumerate(zip(match.order, match.signs, strict=True)):
        assert sign * float(cosine[d, position]) == pytest.approx(match.cosine[d])


def test_directions_without_a_partner_come_last() -> None:
    reference, other = place(0, 2), place(1, 4)

    match = match_directions(reference, other)

    assert sorted(match.order) == [0, 1, 2, 3]
    assert (match.cosine[2:] == 0).all()
