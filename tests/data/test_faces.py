"""The procedural faces: repeatable, bounded, and a smooth function of factors that mean different things."""

from __future__ import annotations

import pytest
import torch
from torch.func import jacfwd

from jnn_studio.data.faces import MIN_SIZE, FaceSource
from jnn_studio.data.source import FactorSource

# torch's own words when forward mode is first used.
FORWARD_MODE = "ignore:.*torch.jit.script:DeprecationWarning"


def test_faces_are_a_source_with_known_factors() -> None:
    source = FaceSource(10, 32)
    assert isinstance(source, FactorSource)
    assert len(source.factor_names) == source.factors([0]).shape[1] == 16
    assert source.image_shape == (3, 32, 32)


def test_a_face_is_the_same_whenever_and_however_it_is_asked_for() -> None:
    one, other = FaceSource(10, 32), FaceSource(1000, 32)
    assert torch.equal(one.images([3, 7]), other.images([3, 7]))
    assert torch.allclose(one.images([7])[0], one.images([3, 7])[1], atol=1e-6)


def test_other_seeds_have_other_faces() -> None:
    assert (FaceSource(4, 32, 0).images([0]) - FaceSource(4, 32, 1).images([0])).abs().max() > 0.1


def test_colours_are_in_range_and_factors_within_one() -> None:
    source = FaceSource(64, 32)
    images, factors = source.images(range(64)), source.factors(range(64))
    assert images.min() >= 0
    assert images.max() <= 1
    assert factors.abs().max() <= 1
    assert factors.std(0).min() > 0.3, "every factor is used"


@pytest.mark.filterwarnings(FORWARD_MODE)
def test_derivatives_are_those_of_forward_mode_in_double_precision() -> None:
    source = FaceSource(4, MIN_SIZE)
    found = source.factor_derivatives(2)
    (factors,) = source.factors([2]).double()
    exact = jacfwd(lambda vector: source.render(vector[None])[0])(factors).movedim(-1, 0)
    assert found.dtype == torch.float32
    error = (found.double() - exact).flatten(1).norm(dim=1) / exact.flatten(1).norm(dim=1)
    assert error.max() < 1e-6


def test_every_factor_changes_the_picture_in_its_own_way() -> None:
    tangents = FaceSource(4, 32).factor_derivatives(0).flatten(1)
    unit = tangents / tangents.norm(dim=1, keepdim=True)
    overlap = (unit @ unit.T - torch.eye(len(unit))).abs()
    assert tangents.norm(dim=1).min() > 0.1
    assert overlap.max() < 0.95


@pytest.mark.parametrize("index", [-1, 4])
def test_a_face_that_is_not_there_is_refused(index: int) -> None:
    with pytest.raises(IndexError, match="faces 0 to 3"):
        FaceSource(4, 32).images([index])


def test_a_face_too_small_to_show_its_factors_is_refused() -> None:
    with pytest.raises(ValueError, match=str(MIN_SIZE)):
        FaceSource(4, MIN_SIZE - 1)
