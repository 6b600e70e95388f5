"""Directions name themselves by what they do to known factors."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.collection.gallery import fit_images
from jnn_studio.explore.columns.open_models import open_bundled
from jnn_studio.explore.meaning.meaning import Meaning, factor_effects, name_direction
from jnn_studio.models.autoencoder import build
from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.models.weights import LoadedModel

NAMES = ("smile", "yaw", "hue")


def of_faces(push: Tensor, source: FaceSource, index: int, loaded: LoadedModel) -> tuple[Meaning, ...]:
    """What a model's directions (k, n) at image ``index`` do, in the model's size and colours."""
    derivatives = fit_images(source.factor_derivatives(index), loaded).flatten(1)
    return factor_effects(push, derivatives, source.factor_names)


def tangents() -> Tensor:
    """Three factors of very different strength, the first two not orthogonal."""
    rows = torch.zeros(3, 10)
    rows[0, 0], rows[0, 1] = 8, 6
    rows[1, 1] = 0.5
    rows[2, 2] = 100
    return rows


def test_a_push_along_one_factor_is_that_factor_alone_whatever_its_scale() -> None:
    found = factor_effects(torch.stack([tangents()[0], -7 * tangents()[1]]), tangents(), NAMES)
    assert found[0].effects == pytest.approx((1, 0, 0), abs=1e-6)
    assert found[1].effects == pytest.approx((0, -1, 0), abs=1e-6)
    assert [meaning.name for meaning in found] == ["mostly smile", "mostly −yaw"]
    assert [meaning.tangent_energy for meaning in found] == pytest.approx([1, 1])


def test_what_the_factors_cannot_do_is_told_apart() -> None:
    outside = torch.zeros(10)
    outside[5] = 1
    inside = tangents()[2] / 100
    pushes = [outside, 0.4 * inside + math.sqrt(1 - 0.16) * outside, 0.6 * inside + 0.8 * outside]
    found = factor_effects(torch.stack([*pushes, inside + 0.5 * outside]), tangents(), NAMES)
    assert [meaning.name for meaning in found] == [
        "outside the factors",
        "outside the factors",
        "partly hue",
        "mostly hue",
    ]
    assert [meaning.tangent_energy for meaning in found] == pytest.approx([0, 0.16, 0.36, 0.8], abs=1e-6)
    assert found[2].effects == pytest.approx((0, 0, 0.6), abs=1e-6)


def test_two_factors_or_more_are_named_with_their_signs() -> None:
    assert name_direction([1, 0.9, 0.1], NAMES) == "smile + yaw"
    assert name_direction([-1, 0.1, -1.1], NAMES) == "−hue − smile"
    assert name_direction([1, 0.9, 0.1], NAMES, 0.4) == "partly smile + yaw"
    assert name_direction([1, 1, -1], NAMES) == "mixed: smile + yaw …"
    assert name_direction([0.3], NAMES[:1]) == "mostly smile"
    assert name_direction([0, 0, 0], NAMES, 0.9) == "outside the factors"


def test_factors_that_coincide_share_the_effect_instead_of_blowing_up() -> None:
    twice = torch.stack([tangents()[0], 3 * tangents()[0], tangents()[2]])
    (found,) = factor_effects(tangents()[:1], twice, NAMES)
    assert found.effects == pytest.approx((0.5, 0.5, 0), abs=1e-6)
    assert found.tangent_energy == pytest.approx(1)


def test_a_direction_that_does_nothing_has_no_effects() -> None:
    (found,) = factor_effects(torch.zeros(1, 10), tangents(), NAMES)
    assert found.effects == (0, 0, 0)
    assert found.name == "outside the factors"


def test_shapes_that_do_not_agree_are_refused() -> None:
    with pytest.raises(ValueError, match="got"):
        factor_effects(torch.zeros(1, 9), tangents(), NAMES)
    with pytest.raises(ValueError, match="3 factors have 2 names"):
        factor_effects(torch.zeros(1, 10), tangents(), NAMES[:2])


def test_the_effect_of_a_factor_of_the_faces_is_found_by_moving_it() -> None:
    """Ground truth by finite differences: render the face with more of one factor."""
    source, step = FaceSource(4, 64), 1e-3
    (factors,) = source.factors([2]).double()
    pushes = []
    for name in ("smile", "skin tone"):
        more = factors.clone()
        more[source.factor_names.index(name)] += step
        with torch.no_grad():
            pushes.append((source.render(more[None]) - source.render(factors[None])).flatten() / step)
    found = of_faces(torch.stack(pushes).float(), source, 2, open_bundled()[0])
    assert [meaning.name for meaning in found] == ["mostly smile", "mostly skin tone"]
    assert all(meaning.tangent_energy > 0.99 for meaning in found)


def test_effects_below_the_least_name_nothing_however_alone() -> None:
    assert name_direction([0.3], NAMES[:1], outside="none", least=0.5) == "none"
    assert name_direction([-0.6], NAMES[:1], outside="none", least=0.5) == "mostly −smile"
    assert name_direction([0.4, -0.4], NAMES[:2], outside="none", least=0.5) == "none"


def test_a_model_in_greys_or_of_another_size_is_compared_in_its_own_pixels() -> None:
    config = AutoencoderConfig(size=16, dct=8, hidden=24, latent=4, channels=1)
    loaded = LoadedModel(build(config, 0).eval().requires_grad_(False), "small", {})
    push = torch.randn(3, 16 * 16, generator=torch.Generator().manual_seed(0))
    found = of_faces(push, FaceSource(4, 64), 0, loaded)
    assert len(found) == 3
    assert all(len(meaning.effects) == 16 for meaning in found)
