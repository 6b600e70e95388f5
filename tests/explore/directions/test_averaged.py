"""Directions that images have in common."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Progress, Watch
from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.columns.open_models import open_models
from jnn_studio.explore.directions.averaged import LEADING, average_directions, fit_words
from jnn_studio.explore.directions.choice import DirectionChoice
from jnn_studio.explore.state import Leg
from jnn_studio.explore.walking.curved import CurvedPaths
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.jacobian import jacobian
from jnn_studio.models.weights import LoadedModel

from ..small_models import Handmade

SIZE = 16


@pytest.fixture
def loaded(trained: Path) -> LoadedModel:
    return open_models(trained)[1]


@pytest.fixture
def faces() -> FaceSource:
    return FaceSource(12, SIZE, seed=3)


def dense_left_vectors(loaded: LoadedModel, image: Tensor) -> tuple[Tensor, Tensor]:
    model = copy.deepcopy(loaded.model).double()  # type: ignore[type-var]
    with torch.no_grad():
        j = jacobian(model.encoder, model.encoder_input(image.unsqueeze(0).double()))[0]
    u, sigma, _ = torch.linalg.svd(j, full_matrices=False)
    return u, sigma


def test_they_span_the_leading_subspace_of_the_mean_projector(
    loaded: LoadedModel, faces: FaceSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.explore.directions.averaged.LEADING", 3)
    found = average_directions(loaded, "encoder", faces)
    projectors = torch.zeros(8, 8, dtype=torch.float64)
    for image in faces.images(range(12)):
        leading = dense_left_vectors(loaded, image)[0][:, :3]
        projectors += leading @ leading.T / 12
    values, vectors = torch.linalg.eigh(projectors)
    expected = vectors.flip(-1)[:, :3]
    cosines = torch.linalg.svdvals(expected.T @ found.vectors[:, :3])
    torch.testing.assert_close(cosines, torch.ones(3, dtype=torch.float64), rtol=0, atol=1e-4)
    assert found.presence[:3].sum() == pytest.approx(float(values.flip(-1)[:3].sum()), rel=1e-4)
    torch.testing.assert_close(found.vectors.T @ found.vectors, torch.eye(8, dtype=torch.float64))


def test_of_a_linear_model_they_are_its_singular_vectors() -> None:
    generator = torch.Generator().manual_seed(0)
    encoder = nn.Linear(SIZE * SIZE, 4).double()
    with torch.no_grad():
        encoder.weight[:] = torch.randn(4, SIZE * SIZE, dtype=torch.float64, generator=generator)
    model = Handmade(encoder, lambda z: z @ encoder.weight.detach(), 4, SIZE)

    class Grey(FaceSource):
        def images(self, indices: object, device: str = "cpu") -> Tensor:
            return super().images(indices, device).double()  # type: ignore[arg-type]

    found = average_directions(LoadedModel(model, "linear", {}), "encoder", Grey(5, SIZE, seed=1))  # type: ignore[arg-type]
    u = torch.linalg.svd(encoder.weight.detach(), full_matrices=False)[0]
    torch.testing.assert_close((u * found.vectors).sum(0).abs(), torch.ones(4, dtype=torch.float64))
    np.testing.assert_allclose(found.presence, 1)


def test_the_fit_is_the_cosine_with_the_leading_directions_here(
    loaded: LoadedModel, faces: FaceSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.explore.directions.averaged.LEADING", 3)
    averaged = average_directions(loaded, "encoder", faces)
    image = faces.images([4])[0]
    place = Walker(loaded).with_choice(DirectionChoice("encoder", averaged)).place(image, 8)
    u, sigma = dense_left_vectors(loaded, image)
    inner = u.T @ place.directions.double()
    assert place.fit is not None
    np.testing.assert_allclose(place.fit, inner[:3].norm(dim=0), atol=1e-4)
    np.testing.assert_allclose(place.sigma, (sigma.unsqueeze(1) * inner).norm(dim=0), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(place.spectrum, sigma, rtol=1e-3, atol=1e-5)
    assert place.grouping is None, "they are determined by all images, not by this one's singular values"


def test_they_are_the_same_at_every_image_and_along_a_curve(loaded: LoadedModel, faces: FaceSource) -> None:
    averaged = average_directions(loaded, "decoder", faces)
    walker = Walker(loaded).with_choice(DirectionChoice("decoder", averaged))
    places = [walker.place(image, 4) for image in faces.images([0, 7])]
    cosines = (places[0].directions * places[1].directions).sum(0).abs()
    torch.testing.assert_close(cosines, torch.ones(4))
    moved = walker.curved(places[0], (Leg(direction=1, amount=0.03),), CurvedPaths())
    way = moved.latent - places[0].latent
    assert abs(float(way @ places[0].directions[:, 1]) / float(way.norm())) == pytest.approx(1, abs=1e-5)


def test_it_tells_how_far_it_is_and_can_be_called_off(loaded: LoadedModel, faces: FaceSource) -> None:
    told: list[Progress] = []
    average_directions(loaded, "encoder", faces, Watch(told.append))
    assert [progress.done for progress in told] == list(range(13))
    watch = Watch()
    watch.cancel()
    with pytest.raises(Cancelled):
        average_directions(loaded, "encoder", faces, watch)


@pytest.mark.parametrize(("cosine", "words"), [(0.95, "fits"), (0.75, "in part"), (0.3, "not among")])
def test_the_fit_has_words(cosine: float, words: str) -> None:
    assert words in fit_words(cosine)


def test_eight_leading_directions_are_averaged() -> None:
    assert LEADING == 8
