"""Gallery: every image's latent and PSNR under one model, and which images lie nearest."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from jnn_studio.data.faces import FaceSource
from jnn_studio.data.pixels import psnr
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.collection.gallery import CHUNK, Survey, Surveyor, fit_images, same_but_older
from jnn_studio.models.autoencoder import build
from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.models.weights import LoadedModel

COUNT = 2 * CHUNK + 7


def network(seed: int = 0, **changes: int) -> LoadedModel:
    config = AutoencoderConfig(**{"size": 16, "dct": 8, "hidden": 24, "latent": 6} | changes)
    return LoadedModel(build(config, seed).eval().requires_grad_(False), "small", {})


def survey(loaded: LoadedModel, source: ImageSource) -> Survey:
    """All of ``source``."""
    surveyor = Surveyor(loaded, source)
    while not (found := surveyor.advance()).complete:
        pass
    return found


@pytest.fixture(scope="module")
def source() -> FaceSource:
    return FaceSource(COUNT, 16)


def test_every_image_gets_its_own_latent_and_psnr(source: FaceSource) -> None:
    loaded = network()
    found = survey(loaded, source)
    assert found.complete
    for index in (0, CHUNK, COUNT - 1):
        image = source.images([index])
        latent = loaded.model.encode(image)
        assert np.allclose(found.latents[index], latent[0].numpy(), atol=1e-5)
        assert found.psnr[index] == pytest.approx(psnr(loaded.model.decode(latent), image), abs=1e-3)


def test_the_worst_and_best_reconstruction_are_those_of_the_errors(source: FaceSource) -> None:
    loaded = network()
    found = survey(loaded, source)
    images = source.images(range(COUNT))
    error = (loaded.model(images).clamp(0, 1) - images).square().flatten(1).mean(1)
    assert int(found.psnr.argmin()) == int(error.argmax())
    assert int(found.psnr.argmax()) == int(error.argmin())


def test_the_nearest_image_is_the_image_itself_at_distance_zero(source: FaceSource) -> None:
    found = survey(network(), source)
    distances = found.distances(found.latents[5])
    assert distances.argmin() == 5
    assert distances[5] == 0


def test_neighbours_are_those_of_all_pairs_of_latents(source: FaceSource) -> None:
    found = survey(network(), source)
    latents = torch.from_numpy(found.latents.copy()).double()
    expected = torch.cdist(latents[7:8], latents)[0].argsort()[:10]
    assert found.distances(found.latents[7]).argsort(kind="stable")[:10].tolist() == expected.tolist()


def test_a_latent_of_another_model_is_refused(source: FaceSource) -> None:
    with pytest.raises(ValueError, match="shape"):
        survey(network(), source).distances(np.zeros(5))


def test_an_unfinished_survey_is_gone_on_with(source: FaceSource) -> None:
    loaded = network()
    part = Surveyor(loaded, source).advance()
    surveyor = Surveyor(loaded, source, part)
    second, whole = surveyor.advance(), surveyor.advance()
    assert (second.done, whole.done) == (2 * CHUNK, COUNT), "what was known is not surveyed again"
    assert (whole.psnr == survey(loaded, source).psnr).all()


def test_what_was_handed_out_does_not_change_and_cannot_be_changed(source: FaceSource) -> None:
    surveyor = Surveyor(network(), source)
    early = surveyor.advance()
    before = early.psnr.copy()
    late = surveyor.advance()
    assert (early.psnr == before).all()
    assert (early.done, late.done) == (CHUNK, 2 * CHUNK)
    with pytest.raises(ValueError, match="read-only"):
        early.latents[0] = 0


@pytest.mark.parametrize(("channels", "size"), [(1, 16), (3, 16), (1, 8), (3, 32)])
def test_images_are_fitted_to_any_model(source: FaceSource, channels: int, size: int) -> None:
    loaded = network(channels=channels, size=size)
    assert fit_images(source.images([0, 1]), loaded).shape == (2, channels, size, size)
    assert survey(loaded, source).complete
    grey = source.images([0, 1]).mean(1, keepdim=True)
    assert fit_images(grey, loaded).shape == (2, channels, size, size)


def test_weights_that_have_gone_bad_give_no_numbers_and_no_error(source: FaceSource) -> None:
    loaded = network()
    next(loaded.model.decoder.parameters()).data.fill_(float("nan"))
    assert np.isnan(survey(loaded, source).psnr).all()


def test_the_same_member_of_a_run_at_an_earlier_step_is_the_same_but_older() -> None:
    def of(run: str, member: str, step: str) -> LoadedModel:
        return LoadedModel(network().model, "", {"run": run, "member": member, "step": step})

    old, new = of("r", "a", "1"), of("r", "a", "2")
    assert same_but_older(old, new)
    assert same_but_older(new, new)
    assert not same_but_older(old, of("r", "b", "2"))
    assert not same_but_older(old, of("s", "a", "2"))
    assert not same_but_older(network(), network()), "of no run"
