"""Images need not be square: models of one's own are walked, compared, drawn and kept at any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.opening import open_source
from jnn_studio.data.pixels import fitted
from jnn_studio.data.source import FactorSource
from jnn_studio.explore.figures.frames import FrameStyle, compose
from jnn_studio.explore.figures.sheet import make_sheet
from jnn_studio.explore.figures.sheet_page import lay_out
from jnn_studio.explore.region import Region
from jnn_studio.explore.saved.saved_direction import nearest_direction, save_direction
from jnn_studio.explore.scene.explain import explain_by_factors
from jnn_studio.explore.scene.renderer import SceneRenderer
from jnn_studio.explore.state import Column, ExploreState, Leg, SourceImage, Walk
from jnn_studio.explore.walking.matching import comparable
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.models.portable.saving import save_portable
from jnn_studio.models.weights import LoadedModel, load_model
from jnn_studio.models.wrapped import wrap
from jnn_studio.training.pair.fit_pca import fit_pca

HEIGHT, WIDTH = 12, 20


def modules(channels: int = 3, height: int = HEIGHT, width: int = WIDTH) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(height)
    high, wide = height // 2, width // 2
    encoder = nn.Sequential(
        nn.Conv2d(channels, 4, 3, 2, 1), nn.Tanh(), nn.Flatten(), nn.Linear(4 * high * wide, 5)
    )
    decoder = nn.Sequential(
        nn.Linear(5, 4 * high * wide),
        nn.Tanh(),
        nn.Unflatten(1, (4, high, wide)),
        nn.ConvTranspose2d(4, channels, 4, 2, 1),
        nn.Sigmoid(),
    )
    return encoder, decoder


def own(height: int = HEIGHT, width: int = WIDTH) -> LoadedModel:
    images = torch.rand(4, 3, height, width)
    return LoadedModel(wrap("own", *modules(3, height, width), images), "own", {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, random = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for number in range(12):
        pixels = random.integers(0, 256, (24, 50, 3)).astype(np.uint8)
        Image.fromarray(pixels).resize((100, 48), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return folder


def state_of(source: FolderConfig | FacesConfig, *models: str) -> ExploreState:
    columns = tuple(Column(key=f"c{n}", where=where) for n, where in enumerate(models))
    return ExploreState(columns=columns, source=source, shown=3, matched=True)


def test_a_walk_of_pictures_that_are_not_square(folder: Path) -> None:
    renderer = SceneRenderer({"own": own()})
    state = state_of(FolderConfig(path=folder), "own")
    scene = renderer.render(state.with_amount(0, 0.02))
    (view,) = scene.columns
    assert scene.original.shape == view.moved.image.shape == (HEIGHT, WIDTH, 3)
    assert view.moved.rms == pytest.approx(0.02, rel=0.02)
    curved = state.change(mode="curved", walk=Walk(legs=(Leg(direction=0, amount=0.02),)))
    assert renderer.render(curved).columns[0].moved.length == pytest.approx(0.02)

    right = Region(left=0.6, top=0.0, right=1.0, bottom=0.5)
    (inside,) = renderer.render(state.change(region=right)).columns
    assert inside.place.inside is not None
    pushes = inside.place.push.reshape(-1, 3, HEIGHT, WIDTH).square()
    expected = pushes[:, :, :6, 12:].sum((1, 2, 3)) / pushes.sum((1, 2, 3))
    np.testing.assert_allclose(inside.place.inside, expected, rtol=1e-4)

    # What is drawn of it has its proportions.
    sheet = make_sheet(renderer, state, directions=2, steps=3)
    assert {cell.side for cell in lay_out(sheet, 2).cells} == {(2 * HEIGHT, 2 * WIDTH)}
    frame = compose(scene, "u1", FrameStyle(cell=5 * WIDTH, labels=False))
    np.testing.assert_array_equal(frame[::5, ::5], view.moved.image)


def test_beside_a_square_model_each_sees_the_middle_of_the_same_image(folder: Path) -> None:
    models = {"own": own(), "square": own(12, 12), "tall": own(40, 16)}
    renderer = SceneRenderer(models)
    scene = renderer.render(state_of(FolderConfig(path=folder), "own", "square", "tall"))
    assert scene.original.shape == (40, 20, 3)
    shapes = [view.moved.image.shape[:2] for view in scene.columns]
    assert shapes == [(12, 20), (12, 12), (40, 16)]
    seen = fitted(scene.image[None], 12, 20)[0]
    torch.testing.assert_close(scene.columns[0].place.latent, Walker(models["own"]).latent_of(seen))
    assert all(view.match is not None for view in scene.columns[1:])


def test_pictures_of_other_proportions_are_compared_where_both_see_the_image() -> None:
    """The same change of one image, as a wide and as a tall model see it, is the same to the comparison."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, 96), torch.linspace(-1, 1, 96), indexing="ij")
    change = (torch.sin(3 * x + 2 * y) + x * y).expand(1, 3, 96, 96)
    places = []
    for height, width in ((24, 48), (96, 48)):
        place = Walker(own(height, width)).place(torch.rand(3, height, width), 1)
        push = fitted(change, height, width).flatten(1)
        places.append(type(place)(**{**vars(place), "push": push}))
    a, b = comparable(*places, (96, 96))
    assert float((a * b).sum()) > 0.999


def test_drawn_faces_are_seen_in_the_middle_and_name_directions() -> None:
    source = open_source(FacesConfig(count=16), (12, 20))
    assert isinstance(source, FactorSource)
    whole = open_source(FacesConfig(count=16), 20)
    assert torch.equal(source.images([3]), whole.images([3])[:, :, 4:16])
    assert source.key != whole.key
    assert source.factor_derivatives(3).shape[1:] == (3, 12, 20)
    renderer = SceneRenderer({"own": own()})
    state = state_of(FacesConfig(count=16), "own").change(basis="attributes")
    scene = renderer.render(state)
    assert scene.original.shape == (HEIGHT, WIDTH, 3)
    assert explain_by_factors(scene, source.factor_derivatives(0), source.factor_names)


def test_a_portable_file_and_a_principal_component_analysis(folder: Path, tmp_path: Path) -> None:
    images = open_source(FolderConfig(path=folder), (HEIGHT, WIDTH), 3).images(range(12))
    path = tmp_path / "own.jnnmodel"
    encoder, decoder = modules()
    save_portable(path, encoder, decoder, images, name="own")
    loaded = load_model(path)
    torch.testing.assert_close(loaded.model.encode(images), encoder(images))
    kept = Walker(loaded).place(images[0], 4)
    np.testing.assert_allclose(kept.sigma, Walker(own()).place(images[0], 4).sigma, rtol=1e-5)

    source = open_source(FolderConfig(path=folder), (HEIGHT, WIDTH), 3)
    fitted_pca = fit_pca(source, 4)
    place = Walker(LoadedModel(fitted_pca.model, "PCA", {})).place(images[0], 4)
    assert place.reconstruction.shape == (HEIGHT, WIDTH, 3)


def test_a_kept_direction_is_found_again_also_by_what_it_does(folder: Path) -> None:
    loaded, other = own(), own(24, 40)
    source = FolderConfig(path=folder)
    image = open_source(source, (HEIGHT, WIDTH), 3).images([0])[0]
    place = Walker(loaded).place(image, 4)
    saved = save_direction(
        "second",
        "",
        loaded,
        "own",
        "f" * 64,
        "encoder",
        1,
        "straight",
        SourceImage(index=0),
        "0.png",
        source,
        (-0.05, 0.05),
        place,
        place.reconstruction,
    )
    assert saved.push.shape == (3, HEIGHT, WIDTH)
    assert nearest_direction(saved, place, "f" * 64).index == 1
    pushed = fitted(place.push.reshape(-1, 3, HEIGHT, WIDTH), 24, 40).flatten(1)
    elsewhere = Walker(other).place(_larger(image), 4)
    found = nearest_direction(saved, type(place)(**{**vars(elsewhere), "push": pushed}), "0" * 64)
    assert (found.index, found.same_model) == (1, False)
    assert found.cosine > 0.9


def _larger(image: Tensor) -> Tensor:
    return fitted(image[None], 24, 40)[0]
