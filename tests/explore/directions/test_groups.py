"""Directions that can turn into each other, and the basis that is shown for them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from jnn_studio.explore.directions.choice import DirectionChoice
from jnn_studio.explore.directions.groups import EXACT, TURNS, Grouping, end_of_groups
from jnn_studio.explore.state import Leg
from jnn_studio.explore.walking.curved import CurvedPaths
from jnn_studio.explore.walking.place import Place

from ..small_models import Handmade, tiny_autoencoder, walker_of

SIGMA = (2.0, 1.001, 1.0005, 1.0, 0.4, 0.1)
SIZE = 6


def with_a_group() -> Handmade:
    """Three singular values are nearly equal; their vectors are mixtures of the latent's axes.

    Each axis moves a row of pixels of its own.
    """
    generator = torch.Generator().manual_seed(0)
    turn = torch.eye(6, dtype=torch.float64)
    turn[1:4, 1:4] = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64, generator=generator))[0]
    encoder = nn.Linear(SIZE * SIZE, 6, bias=False).double()
    with torch.no_grad():
        encoder.weight[:] = (
            turn @ torch.diag(torch.tensor(SIGMA).double()) @ torch.eye(6, SIZE * SIZE).double()
        )
    rows = torch.zeros(6, SIZE, SIZE, dtype=torch.float64)
    for axis in range(6):
        rows[axis, axis] = 0.05 * (1 + axis)

    def decode(latents: Tensor) -> Tensor:
        return 0.5 + torch.einsum("bl,lhw->bhw", latents, rows)

    return Handmade(encoder, decode, 6, SIZE)


def place_of(model: Handmade, choice: DirectionChoice, k: int = 6) -> Place:
    image = torch.full((1, SIZE, SIZE), 0.5, dtype=torch.float64)
    return walker_of(model).with_choice(choice).place(image, k)


def test_near_equal_singular_values_are_a_group_and_the_others_stand_alone() -> None:
    place = place_of(with_a_group(), DirectionChoice())
    assert not place.group(1), "it has not been found yet: that takes another Jacobian"
    assert place.grouping is not None
    place.grouping.find()
    assert [place.group(d) for d in range(6)] == [(), (1, 2, 3), (1, 2, 3), (1, 2, 3), (), ()]
    assert [place.group_size(d) for d in range(6)] == [0, 3, 3, 3, 0, 0]
    turned = place.reordered((3, 0, 1), (1.0, 1.0, -1.0))
    assert [turned.group(d) for d in range(3)] == [(0, 2), (), (0, 2)]
    assert turned.group_size(0) == 3, "one of which is none of these directions"


def test_the_gap_is_in_units_of_the_turning_scale() -> None:
    asked = []

    def scales() -> list[float]:
        asked.append(None)
        return [0.02, 0.02]

    near, far = (1 - 0.9 * 0.02 * TURNS), (1 - 1.1 * 0.02 * TURNS)
    grouping = Grouping([1.0, near, near * far, 0.001, 0.001 * near], scales)
    assert not grouping.known
    assert grouping.find() == ((0, 1), (2,), (3, 4))
    assert grouping.find() == ((0, 1), (2,), (3, 4))
    assert len(asked) == 1
    assert grouping.members(1) == (0, 1)
    assert grouping.members(2) == ()


def test_each_gap_has_its_own_scale() -> None:
    grouping = Grouping([1.0, 0.9, 0.81, 0.729], lambda: [0.001, 0.1])
    assert grouping.find() == ((0,), (1, 2, 3)), "the last that is known holds for the rest"
    assert Grouping([1.0], list).find() == ((0,),)


def test_of_a_jacobian_that_never_changes_only_equal_values_are_a_group() -> None:
    grouping = Grouping([1.0, 1 - 0.5 * EXACT, 1 - 2 * EXACT], lambda: [0.0])
    assert grouping.find() == ((0, 1), (2,))


def test_whole_groups_end_where_their_last_member_does() -> None:
    assert [end_of_groups([[0], [1, 2, 3], [4]], count) for count in (1, 2, 4, 5)] == [1, 4, 4, 5]


def test_the_sparsest_basis_moves_one_place_each() -> None:
    """Whatever basis the decomposition gave, each direction of the group moves one row of pixels."""
    model = with_a_group()
    place = place_of(model, DirectionChoice(basis="sparse"))
    assert place.rotated
    moved = place.push.reshape(6, SIZE, SIZE).square().sum(2)
    for d in (1, 2, 3):
        row = int(moved[d].argmax())
        assert float(moved[d, row] / moved[d].sum()) == pytest.approx(1, abs=1e-6)
    assert [int(moved[d].argmax()) for d in (1, 2, 3)] == [3, 2, 1], "what moves the picture most comes first"


def test_the_basis_stays_within_the_group() -> None:
    model = with_a_group()
    plain, sparse = (place_of(model, DirectionChoice(basis=b)) for b in ("computed", "sparse"))  # type: ignore[arg-type]
    inside = plain.directions[:, 1:4].T @ sparse.directions[:, 1:4]
    torch.testing.assert_close(inside @ inside.T, torch.eye(3, dtype=torch.float64))
    torch.testing.assert_close(sparse.directions[:, [0, 4, 5]], plain.directions[:, [0, 4, 5]])
    np.testing.assert_allclose(sparse.sigma, plain.sigma, rtol=2e-3)


def test_singular_values_of_a_turned_basis_are_what_the_jacobian_does_along_it() -> None:
    model = tiny_autoencoder(3)
    image = torch.full((1, 8, 8), 0.5, dtype=torch.float64)
    walker = walker_of(model)
    jacobian = torch.autograd.functional.jacobian(
        lambda x: model.encode(x)[0].flatten(), image.unsqueeze(0)
    ).reshape(4, -1)
    place = walker.with_choice(DirectionChoice(basis="sparse")).place(image, 4)
    lengths = (place.directions.T @ jacobian).norm(dim=1)
    np.testing.assert_allclose(place.sigma, lengths, rtol=1e-6)
    np.testing.assert_allclose(place.spectrum, torch.linalg.svdvals(jacobian), rtol=1e-6)


def test_the_basis_is_that_of_the_whole_group_also_where_not_all_have_a_slider() -> None:
    model = with_a_group()
    few = place_of(model, DirectionChoice(basis="sparse"), 2)
    many = place_of(model, DirectionChoice(basis="sparse"), 6)
    torch.testing.assert_close(few.directions, many.directions[:, :2])


def test_a_curved_walk_follows_a_turned_basis_within_its_group() -> None:
    """The model is linear, so the sparse directions stay what they are along the way."""
    model = with_a_group()
    image = torch.full((1, SIZE, SIZE), 0.5, dtype=torch.float64)
    walker = walker_of(model).with_choice(DirectionChoice(basis="sparse"))
    place = walker.place(image, 6)
    moved = walker.curved(place, (Leg(direction=2, amount=0.05),), CurvedPaths())
    assert not moved.stopped
    assert moved.here is not None
    torch.testing.assert_close(moved.here.directions, place.directions)
    way = moved.latent - place.latent
    assert abs(float(way @ place.directions[:, 2]) / float(way.norm())) == pytest.approx(1, abs=1e-9)
    assert math.isclose(moved.rms, 0.05, rel_tol=1e-3)


def test_latent_axes_are_no_groups_however_alike_they_are() -> None:
    assert place_of(with_a_group(), DirectionChoice("axes")).grouping is None
