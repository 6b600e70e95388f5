"""Walking by RMS image change: the same amount means the same in every model."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.columns.open_models import open_bundled, open_models
from jnn_studio.explore.walking.calibration import Calibration
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.models.weights import LoadedModel

LIMIT = 0.2
AMOUNTS = [sign * a for a in (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, LIMIT) for sign in (-1, 1)]


def worst_error(models: list[LoadedModel], size: int) -> float:
    """Largest relative error of the RMS change over models, images, directions and amounts."""
    errors = []
    for image in FaceSource(4, size, seed=7).images(range(4)):
        for loaded in models:
            walker = Walker(loaded, limit=LIMIT)
            place = walker.place(image, 8)
            for direction in range(place.directions.shape[1]):
                moved = walker.strip(place, direction, AMOUNTS)
                errors += [abs(m.rms / abs(a) - 1) for m, a in zip(moved, AMOUNTS, strict=True)]
    assert len(errors) == 4 * 2 * 8 * len(AMOUNTS)
    return max(errors)


def test_an_amount_is_the_change_of_the_image_in_both_models(trained: Path) -> None:
    assert worst_error(open_models(trained), 16) < 0.05


def test_and_so_it_is_in_the_bundled_models() -> None:
    """Whose changes bend far more: small amounts were once off by 40 %."""
    models = open_bundled()

    assert worst_error(models, models[0].model.config.size) < 0.05


def linear(scale: float) -> Callable[[Tensor], Tensor]:
    """A decoder whose image moves by ``scale`` in every pixel for each unit along the first axis."""
    return lambda z: (0.5 + scale * z[:, :1, None, None]).expand(-1, 3, 4, 4)


def along_first(decode: Callable[[Tensor], Tensor], dtype: torch.dtype = torch.float32) -> Calibration:
    return Calibration(decode, torch.zeros(3, dtype=dtype), torch.eye(3, dtype=dtype)[:, :1], 0.1)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_latents_of_any_scale_are_brought_to_the_same(scale: float, dtype: torch.dtype) -> None:
    calibration = along_first(linear(scale), dtype)

    for amount in (-0.1, -0.03, 0.0, 0.003, 0.1):
        assert calibration.distance(0, amount) == pytest.approx(amount / scale, rel=1e-3)


def test_distance_grows_with_the_amount() -> None:
    def wavy(z: Tensor) -> Tensor:
        return linear(1.0)(z + 0.6 * torch.sin(3 * z))  # falls back on its way out

    distances = [along_first(wavy).distance(0, a) for a in np.linspace(-0.12, 0.12, 101)]

    assert all(b >= a for a, b in itertools.pairwise(distances))
    assert np.isfinite(distances).all()


@pytest.mark.parametrize(
    "decode",
    [
        linear(0.0),
        lambda z: linear(1.0)(z) + 7,  # clipped: white whatever the latent
        lambda z: linear(1.0)(z.clamp(-0.01, 0.01)),
        lambda z: linear(0.0)(z) + z.square()[:, :1, None, None],  # no slope where the walk starts
    ],
)
def test_a_decoder_that_does_not_follow_gives_finite_distances_and_zero_stays_zero(
    decode: Callable[[Tensor], Tensor],
) -> None:
    calibration = along_first(decode)

    for amount in (-0.1, -0.01, 0.01, 0.1):
        distance = calibration.distance(0, amount)
        assert np.isfinite(distance)
        assert np.sign(distance) == np.sign(amount)
        assert torch.isfinite(decode(torch.tensor([[distance, 0, 0]]))).all()
    assert calibration.distance(0, 0.0) == 0.0
    assert np.isfinite(calibration.table(0).rms).all()


def test_amounts_within_reach_are_right_where_the_limit_is_not() -> None:
    """A decoder that saturates at 0.09, below the limit of 0.1."""
    calibration = along_first(lambda z: linear(0.09)(torch.tanh(z)))

    for amount in (-0.08, -0.05, -0.01, 0.01, 0.05, 0.08):
        reached = 0.09 * np.tanh(calibration.distance(0, amount))
        assert reached == pytest.approx(amount, rel=0.05)
    assert 0.09 * np.tanh(calibration.distance(0, 0.1)) == pytest.approx(0.09, rel=0.01)


def test_the_table_is_ascending_with_zero_in_the_middle(trained: Path) -> None:
    (model, _) = open_models(trained)
    place = Walker(model, limit=LIMIT).place(FaceSource(1, 16, 0).images([0])[0], 4)
    tables = [place.calibration.table(d) for d in range(len(place.calibration))]

    assert len(tables) == 4
    for table in tables:
        assert table.alpha.shape == table.rms.shape
        middle = len(table.alpha) // 2
        assert table.alpha[middle] == table.rms[middle] == 0
        assert (np.diff(table.alpha) >= 0).all()
        assert (np.diff(table.rms) >= 0).all()
        assert table.rms[-1] >= LIMIT
        assert table.rms[0] <= -LIMIT


class TestMeasuring:
    """Decoding is what a new image costs most, so that a direction is measured when it is first walked."""

    def decode(self, latents: Tensor) -> Tensor:
        self.decoded += len(latents)
        return linear(1.0)(latents @ torch.tensor([[1.0, 0, 0], [2.0, 0, 0], [4.0, 0, 0]]))

    def made(self) -> Calibration:
        self.decoded = 0
        return Calibration(self.decode, torch.zeros(3), torch.eye(3), 0.1)

    def test_nothing_is_decoded_before_a_distance_is_asked_for(self) -> None:
        calibration = self.made()
        assert calibration.distance(1, 0.0) == 0.0
        assert self.decoded == 0
        assert calibration.distance(1, 0.05) == pytest.approx(0.025, rel=1e-3)
        once = self.decoded
        assert calibration.distance(1, -0.1) == pytest.approx(-0.05, rel=1e-3)
        assert self.decoded == once

    def test_all_can_be_measured_ahead_one_after_the_other(self) -> None:
        calibration = self.made()
        calibration.distance(1, 0.05)
        assert [calibration.measure_one(3) for _ in range(3)] == [True, True, False]
        before = self.decoded
        assert [calibration.distance(d, 0.04) for d in range(3)] == pytest.approx(
            [0.04, 0.02, 0.01], rel=1e-3
        )
        assert self.decoded == before

    def test_only_those_with_sliders_are_measured_ahead(self) -> None:
        calibration = self.made()
        assert [calibration.measure_one(1) for _ in range(2)] == [True, False]

    def test_another_order_and_other_signs_share_what_is_measured(self) -> None:
        calibration = self.made()
        calibration.distance(2, 0.05)
        before = self.decoded
        other = calibration.reordered((2, 0), (-1.0, 1.0))
        assert len(other) == 2
        assert other.distance(0, 0.04) == pytest.approx(0.01, rel=1e-3)
        assert self.decoded == before
        assert other.reordered((0,), (-1.0,)).distance(0, 0.04) == calibration.distance(2, 0.04)
