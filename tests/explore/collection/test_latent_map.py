"""A map of latents: principal components, UMAP where it is installed, lassos, pictures apart."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.explore.collection import latent_map
from jnn_studio.explore.collection.latent_map import GET_UMAP, NO_WALKS, MapError, inside, make_map, spread


def cloud(images: int = 200, latent: int = 6) -> np.ndarray:
    random = np.random.default_rng(0)
    scales = np.array([5.0, 2.0, *[0.1] * (latent - 2)])
    turned = np.linalg.qr(random.normal(size=(latent, latent)))[0]
    return (random.normal(size=(images, latent)) * scales @ turned + 7).astype(np.float32)


def test_principal_components_keep_the_distances_that_matter() -> None:
    latents = cloud()
    found = make_map("pca", latents)
    centred = latents - latents.mean(axis=0)
    singular = np.linalg.svd(centred, compute_uv=False)
    assert np.allclose(np.linalg.norm(found.points, axis=0), singular[:2], rtol=1e-4)
    assert found.points.mean(axis=0) == pytest.approx([0, 0], abs=1e-4)
    share = singular[0] ** 2 / (singular**2).sum()
    assert found.axes[0] == f"Principal component 1 ({share:.0%})"
    assert found.note == ""


def test_a_straight_walk_is_straight_on_it_and_begins_at_its_image() -> None:
    latents = cloud()
    found = make_map("pca", latents)
    assert found.place is not None
    assert np.allclose(found.place(latents[:5]), found.points[:5])
    start, step = latents[3], np.ones(6, np.float32)
    here, half, whole = found.place(np.stack([start, start + step, start + 2 * step]))
    assert np.allclose(half - here, whole - half, atol=1e-4)


def test_more_dimensions_than_images_give_the_same_kind_of_map() -> None:
    latents = cloud(images=20, latent=50)
    found = make_map("pca", latents)
    singular = np.linalg.svd(latents - latents.mean(axis=0), compute_uv=False)
    assert np.allclose(np.linalg.norm(found.points, axis=0), singular[:2], rtol=1e-4)


def test_images_without_a_latent_have_no_place_and_change_nothing() -> None:
    latents = cloud()
    holes = np.insert(latents, 10, np.nan, axis=0)
    found = make_map("pca", holes)
    assert np.isnan(found.points[10]).all()
    assert np.allclose(np.delete(found.points, 10, axis=0), make_map("pca", latents).points, atol=1e-4)


def test_latents_that_are_all_the_same_have_a_map_too() -> None:
    found = make_map("pca", np.ones((5, 4), np.float32))
    assert np.allclose(found.points, 0)


def test_too_few_images_are_refused_with_what_to_do() -> None:
    with pytest.raises(MapError, match="three images"):
        make_map("pca", cloud(images=2))
    with pytest.raises(MapError, match="two dimensions"):
        make_map("pca", np.zeros((9, 1), np.float32))


@pytest.mark.skipif(find_spec("umap") is not None, reason="it is installed here")
def test_umap_that_is_not_there_says_how_to_get_it() -> None:
    with pytest.raises(MapError) as refused:
        make_map("umap", cloud())
    assert str(refused.value) == GET_UMAP
    assert "jnn-studio[map]" in GET_UMAP


@pytest.mark.filterwarnings("ignore")  # of numba and umap themselves
def test_umap_keeps_neighbours_together() -> None:
    pytest.importorskip("umap")
    latents = cloud(images=120)
    latents[60:] += 100
    found = make_map("umap", latents)
    assert np.isfinite(found.points).all()
    gap = np.linalg.norm(found.points[:60].mean(axis=0) - found.points[60:].mean(axis=0))
    assert gap > 2 * found.points[:60].std(axis=0).max()
    assert np.array_equal(found.points, make_map("umap", latents).points), "the same latents, the same map"
    assert found.place is None
    assert found.note == NO_WALKS


@pytest.mark.filterwarnings("ignore")
def test_umap_of_very_many_images_is_one_of_a_sample_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("umap")
    monkeypatch.setattr(latent_map, "MAX_FITTED", 50)
    found = make_map("umap", cloud(images=100))
    assert np.isfinite(found.points).all(axis=1).sum() == 50
    assert found.note.startswith("Of 50 of 100 images")


def test_umap_stops_when_it_is_not_wanted() -> None:
    pytest.importorskip("umap")
    watch = Watch()
    watch.cancel()
    with pytest.raises(Cancelled):
        make_map("umap", cloud(), watch)


def test_a_lasso_holds_what_lies_within_its_outline() -> None:
    points = np.array([[0.5, 0.5], [2, 0.5], [0.9, 0.9], [np.nan, 0]], np.float32)
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    assert inside(points, square).tolist() == [0, 2]
    notched = np.array([[0, 0], [1, 0], [1, 1], [0.5, 0.6], [0, 1]], np.float32)
    assert inside(points, notched).tolist() == [0, 2]
    assert inside(points, square[:2]).tolist() == []


def test_pictures_are_spread_so_that_none_lies_on_another() -> None:
    random = np.random.default_rng(0)
    points = random.uniform(0, 100, (2000, 2))
    chosen = points[spread(points, (10, 20), 1000)]
    gaps = np.abs(chosen[:, None] - chosen[None])
    overlaps = (gaps[..., 0] < 10) & (gaps[..., 1] < 20)
    assert overlaps.sum() == len(chosen), "each lies on itself alone"
    assert len(chosen) > 20
    assert len(spread(points, (10, 20), 7)) == 7
    assert spread(np.array([[np.nan, 0], [3, 4]]), (1, 1), 9).tolist() == [1]
