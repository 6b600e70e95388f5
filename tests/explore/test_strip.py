"""Film strips, as in the paper's figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.open_models import open_models
from jnn_studio.explore.strip import Strip, draw_strips, make_strip
from jnn_studio.models.weights import LoadedModel


@pytest.fixture(scope="module")
def models(trained: Path) -> list[LoadedModel]:
    return open_models(trained)


@pytest.fixture(scope="module")
def strips(models: list[LoadedModel]) -> list[Strip]:
    image = FaceSource(1, 16, 0).images([0])[0]
    return [make_strip(loaded, image, directions=3, steps=5, limit=0.1) for loaded in models]


def test_a_row_for_each_direction_and_a_column_for_each_step(strips: list[Strip]) -> None:
    for strip in strips:
        assert strip.rows.shape == (3, 5, 16, 16, 3)
        assert strip.rows.dtype == np.uint8
        assert strip.sigma.shape == (3,)
        assert (np.diff(strip.sigma) <= 0).all()
        np.testing.assert_allclose(strip.amounts, [-0.1, -0.05, 0, 0.05, 0.1], atol=1e-12)


def test_the_middle_of_every_row_is_the_reconstruction(
    models: list[LoadedModel], strips: list[Strip]
) -> None:
    image = FaceSource(1, 16, 0).images([0])
    for loaded, strip in zip(models, strips, strict=True):
        with torch.no_grad():
            expected = loaded.model(image)[0].clamp(0, 1).mul(255).permute(1, 2, 0).numpy()
        for row in strip.rows:
            assert np.abs(row[2] - expected).max() <= 1.01


def test_both_ends_have_changed_by_the_limit(strips: list[Strip]) -> None:
    for strip in strips:
        for row in strip.rows / 255:
            for end in (0, -1):
                rms = np.sqrt(np.square(row[end] - row[2]).mean())
                assert rms == pytest.approx(0.1, rel=0.05)


def test_titles_say_which_model_it_is(strips: list[Strip]) -> None:
    assert [strip.title for strip in strips] == ["Unregularised, η = 0", "Regularised, η = 0.5"]


def test_more_directions_than_there_are_give_those_there_are(models: list[LoadedModel]) -> None:
    strip = make_strip(models[0], torch.rand(3, 16, 16), directions=50, steps=2, limit=0.1)

    assert strip.rows.shape == (8, 2, 16, 16, 3)
    assert strip.sigma.shape == (8,)


def test_the_picture_holds_every_image_where_it_belongs(strips: list[Strip]) -> None:
    page = np.asarray(draw_strips(strips, scale=1))

    assert page.ndim == 3
    tops = []
    for strip in strips:
        for row in strip.rows:
            lefts = []
            for tile in row:
                windows = np.lib.stride_tricks.sliding_window_view(page, tile.shape)[:, :, 0]
                found = np.argwhere((windows == tile).all((2, 3, 4)))
                assert len(found) >= 1
                lefts.append(found[:, 1].max())
                tops.append(found[0, 0])
            assert (np.diff(lefts) == 18).all()
    assert len(set(tops)) == 6


def test_a_larger_scale_gives_a_larger_picture(strips: list[Strip]) -> None:
    one, three = draw_strips(strips, 1), draw_strips(strips, 3)

    assert three.width - one.width == 5 * 2 * 16
    assert three.height - one.height == 2 * 3 * 2 * 16
