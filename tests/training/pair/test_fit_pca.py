"""The fit against an SVD of the whole data in double precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Progress, Watch
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.folder import FolderSource
from jnn_studio.data.pixels import psnr
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.jacobian.subspace import principal_angles
from jnn_studio.models.pca import PCA
from jnn_studio.models.weights import LoadedModel
from jnn_studio.training.pair import fit_pca as module
from jnn_studio.training.pair.fit_pca import PCAError, fit_pca

FACES = FaceSource(300, 16, seed=2)


def photos(pixels: np.ndarray) -> FolderSource:
    return FolderSource("photos", pixels, [f"{i}.png" for i in range(len(pixels))])


@pytest.fixture(scope="module")
def faces() -> FolderSource:
    """Faces as bytes, as files have them."""
    pixels = (FACES.images(range(300)) * 255).round().to(torch.uint8)
    return photos(pixels.numpy())


def exact(source: FolderSource) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(mean, standard deviations, components as rows) of all of a source's images."""
    x = source.images(range(len(source))).flatten(1).double().numpy()
    mean = x.mean(0)
    _, sigma, vh = np.linalg.svd(x - mean, full_matrices=False)
    return mean, sigma / np.sqrt(len(x) - 1), vh


def test_it_is_the_principal_component_analysis(faces: FolderSource) -> None:
    mean, deviations, vectors = exact(faces)

    fitted = fit_pca(faces, 24)
    model = fitted.model

    np.testing.assert_allclose(model.mean.flatten(), mean, atol=1e-6)
    np.testing.assert_allclose(model.deviations, deviations[:24], rtol=1e-6)
    np.testing.assert_allclose(model.components @ model.components.T, np.eye(24), atol=1e-6)
    shares = np.cumsum(deviations**2)[:24] / np.sum(deviations**2)
    np.testing.assert_allclose(fitted.explained, shares, atol=1e-5)
    images = faces.images(range(300))
    best = mean + (images.flatten(1).numpy() - mean) @ vectors[:24].T @ vectors[:24]
    ideal = psnr(torch.from_numpy(best).float().view_as(images), images)
    assert psnr(model(images), images) == pytest.approx(ideal, abs=0.002)


def test_directions_walked_are_the_principal_components_up_to_their_signs(faces: FolderSource) -> None:
    _, deviations, vectors = exact(faces)
    model = fit_pca(faces, 24).model
    image = faces.images([7])[0]

    for kind in ("encoder", "decoder", "axes"):
        place = Walker(LoadedModel(model, "PCA", {}), kind).place(image, 5)
        np.testing.assert_allclose(place.sigma[:5], deviations[:5], rtol=1e-5)
        pushed = place.push / place.push.norm(dim=1, keepdim=True)
        signs = np.sign((pushed.numpy() * vectors[:5]).sum(1, keepdims=True))
        away = np.linalg.norm(pushed.double().numpy() * signs - vectors[:5], axis=1)
        assert away.max() < 1e-6, kind


def test_components_up_to_a_gap_span_the_same_space() -> None:
    generator = np.random.default_rng(0)
    basis = np.linalg.qr(generator.standard_normal((768, 40)))[0]
    scale = np.where(np.arange(40) < 12, 12.0, 3.0) * 0.97 ** np.arange(40)
    x = 0.5 + (generator.standard_normal((500, 40)) * scale) @ basis.T / 20
    source = photos((x.clip(0, 1) * 255).round().astype(np.uint8).reshape(500, 3, 16, 16))

    model = fit_pca(source, 12).model

    vectors = torch.from_numpy(exact(source)[2][:12])
    angles = principal_angles(model.components.double().T, vectors.T)
    assert angles.max() < 1e-4


def test_many_images_are_fitted_in_single_precision(
    faces: FolderSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, deviations, vectors = exact(faces)
    monkeypatch.setattr(module, "IN_DOUBLE", 0)

    model = fit_pca(faces, 24).model

    np.testing.assert_allclose(model.deviations, deviations[:24], rtol=1e-5)
    angles = principal_angles(model.components[:10].double().T, torch.from_numpy(vectors[:10].T))
    assert 1e-7 < angles.max() < 1e-4


def test_the_same_images_give_the_same(faces: FolderSource) -> None:
    first, second = fit_pca(faces, 6).model, fit_pca(faces, 6).model

    assert all(torch.equal(value, second.state_dict()[name]) for name, value in first.state_dict().items())


def test_images_that_are_left_out_have_no_part(faces: FolderSource) -> None:
    some = range(0, 300, 2)
    fitted = fit_pca(faces, 6, indices=some)

    alone = fit_pca(photos(np.stack([faces._images[i] for i in some])), 6)
    assert fitted.images == fitted.offered == 150
    assert torch.equal(fitted.model.components, alone.model.components)


def test_as_many_components_as_there_can_be_leave_nothing(faces: FolderSource) -> None:
    few = photos(faces._images[:10])

    fitted = fit_pca(few, 9)

    images = few.images(range(10))
    np.testing.assert_allclose(fitted.model(images), images, atol=1e-4)
    assert fitted.explained[-1] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("count", "components", "message"),
    [
        (10, 10, r"photos has 10 images, too few .* ask for at most 9$"),
        (1, 4, r"photos has 1 image, too few .* open images that differ$"),
        (1, 1, r"open images that differ$"),
    ],
)
def test_too_few_images_are_refused(faces: FolderSource, count: int, components: int, message: str) -> None:
    with pytest.raises(PCAError, match=message):
        fit_pca(photos(faces._images[:count]), components)


def test_images_that_vary_in_fewer_ways_are_refused_and_it_is_said_in_how_many() -> None:
    pixels = np.full((40, 1, 16, 16), 100, np.uint8)
    for way in range(3):
        pixels[way::4, 0, way] = 200

    assert fit_pca(photos(pixels), 3).explained[-1] == pytest.approx(1, abs=1e-5)
    with pytest.raises(PCAError, match=r"vary in only 3 ways, and 8 components .* at most 3$"):
        fit_pca(photos(pixels), 8)
    with pytest.raises(PCAError, match=r"vary in only 0 ways, .* open images that differ$"):
        fit_pca(photos(np.full((40, 1, 16, 16), 100, np.uint8)), 1)


def test_of_very_many_images_a_sample_is_taken_and_said(
    faces: FolderSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fit_pca(faces, 6).info["images"] == "300"
    monkeypatch.setattr(module, "KEPT_BYTES", 200 * 768)
    fitted = fit_pca(faces, 6)
    assert fitted.info["images"] == "200 sampled of 300"
    assert torch.equal(fitted.model.mean, fit_pca(faces, 6).model.mean)
    monkeypatch.setattr(module, "MOST_DRAWN", 100)
    assert fit_pca(FACES, 6).images == 100


def test_it_tells_how_far_it_is_and_ends_when_it_is_called_off(faces: FolderSource) -> None:
    told: list[Progress] = []
    fit_pca(faces, 6, Watch(told.append))
    assert told[0].what == "Reading images"
    assert all(0 <= now.done <= now.total for now in told)
    last = len(told)

    for stop in (1, last // 2, last - 1):
        heard: list[Progress] = []
        watch = Watch(heard.append, unwanted=lambda n=stop, so_far=heard: len(so_far) >= n)  # type: ignore[misc]
        with pytest.raises(Cancelled):
            fit_pca(faces, 6, watch)
        assert len(heard) == stop


def test_it_is_named_after_its_components(faces: FolderSource) -> None:
    assert fit_pca(faces, 6).name == "PCA · 6 components"
    assert fit_pca(faces, 1).name == "PCA · 1 component"
    assert isinstance(fit_pca(faces, 1).model, PCA)
