"""Images mirrored and moved: each on its own, and the same whenever the same step is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.data.faces import FaceSource
from jnn_studio.training.batches import Batches
from jnn_studio.training.gathering.augmenting import augmented, mixed, variance_of_mixed
from jnn_studio.training.image_config import ImagesConfig

IMAGES = torch.rand(40, 3, 6, 6, generator=torch.Generator().manual_seed(0))


def varied(settings: ImagesConfig, seed: int = 0) -> Tensor:
    return augmented(IMAGES, settings, np.random.default_rng(seed))


def test_images_are_left_alone_unless_somebody_asks() -> None:
    assert torch.equal(varied(ImagesConfig()), IMAGES)


def test_about_half_of_the_images_are_mirrored_and_none_is_otherwise_changed() -> None:
    found = varied(ImagesConfig(mirror=True))

    mirrored = [torch.equal(a, b.flip(2)) for a, b in zip(found, IMAGES, strict=True)]
    same = [torch.equal(a, b) for a, b in zip(found, IMAGES, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 8 < sum(mirrored) < 32


def test_each_image_is_moved_by_at_most_so_much_and_its_edge_repeats() -> None:
    found = varied(ImagesConfig(shift=2))

    padded = torch.nn.functional.pad(IMAGES, (2, 2, 2, 2), mode="replicate")
    moves = set()
    for image, around in zip(found, padded, strict=True):
        fits = [
            (row, column)
            for row in range(5)
            for column in range(5)
            if torch.equal(image, around[:, row : row + 6, column : column + 6])
        ]
        assert len(fits) == 1
        moves.update(fits)
    assert len(moves) > 12


def test_a_batch_is_varied_by_the_seed_and_the_step_alone() -> None:
    def batch(step: int, seed: int = 0) -> Tensor:
        settings = ImagesConfig(mirror=True, shift=1)
        return Batches(FaceSource(48, 16, 1), 8, 6, seed, "cpu", Watch(), settings).batch(step)

    plain = Batches(FaceSource(48, 16, 1), 8, 6, 0, "cpu", Watch())
    assert torch.equal(batch(9), batch(9))
    assert not torch.equal(batch(9), batch(9, seed=1))
    assert not torch.equal(batch(9), plain.batch(9))
    # Another draw at every step: of the same images, in another epoch, as well.
    assert not torch.equal(batch(9).sort(0).values, batch(10).sort(0).values)


def test_an_image_is_mixed_with_a_part_of_the_other_one_in_its_place() -> None:
    others = IMAGES.roll(1, 0)
    parts = []
    for image, other, found in zip(
        IMAGES, others, mixed(IMAGES, others, 0.4, np.random.default_rng(0)), strict=True
    ):
        part = float(((found - image) * (other - image)).sum() / (other - image).square().sum())
        assert torch.allclose(found, image.lerp(other, part), atol=1e-6)
        parts.append(part)
    assert 0 <= min(parts) < 0.1
    assert 0.3 < max(parts) <= 0.4


def test_mixing_leaves_so_much_of_the_variance() -> None:
    random = np.random.default_rng(0)
    images = torch.from_numpy(random.normal(size=(20_000, 1, 2, 2))).float()
    for most in (0.3, 1.0):
        found = mixed(images, images.roll(1, 0), most, random)
        assert float(found.var()) == pytest.approx(variance_of_mixed(most), rel=0.03)


def test_others_of_those_trained_on_are_mixed_in_by_the_seed_and_the_step_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    class Telling(FaceSource):
        def images(self, indices: Sequence[int], device: str = "cpu") -> Tensor:
            asked.extend(indices)
            return super().images(indices, device)

    def batches(mix: float) -> Batches:
        return Batches(Telling(48, 16, 1), 8, 6, 3, "cpu", Watch(), ImagesConfig(mix=mix))

    kept, plain = batches(0.5), batches(0.0)
    monkeypatch.setattr("jnn_studio.training.batches.RESIDENT_BYTES", 0)
    mixing = batches(0.5)
    asked.clear()
    for step in range(12):
        found = mixing.batch(step)
        assert torch.equal(found, mixing.batch(step))
        assert torch.allclose(found, kept.batch(step), atol=1 / 255)
        changed = (found - plain.batch(step)).flatten(1).abs().amax(1)
        assert (changed > 0.02).sum() >= 6
    assert set(asked) == set(mixing.train.tolist())
    assert not set(asked) & set(mixing.held_out.tolist())
