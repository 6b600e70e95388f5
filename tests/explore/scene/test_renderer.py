"""The renderer: from a state to every model's place, directions and picture."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.collection.gallery import fit_images
from jnn_studio.explore.columns.open_models import ModelsError
from jnn_studio.explore.columns.references import open_references
from jnn_studio.explore.scene.renderer import SceneRenderer
from jnn_studio.explore.state import Base, Column, ExploreState, FileImage, Leg, SourceImage, Towards, Walk


@pytest.fixture
def state(trained: Path) -> ExploreState:
    """The two models of a short real run, on its own faces."""
    columns = tuple(
        Column(key=f"c{i + 1}", where=where) for i, where in enumerate(open_references(str(trained)))
    )
    return ExploreState(source=FacesConfig(count=64), columns=columns)


@pytest.fixture
def renderer() -> SceneRenderer:
    return SceneRenderer()


def test_a_scene_holds_every_model_at_the_base(renderer: SceneRenderer, state: ExploreState) -> None:
    scene = renderer.render(state)
    assert scene.label == "face 0"
    assert [view.role for view in scene.columns] == ["unregularised", "regularised"]
    assert scene.columns[0].caption.startswith("Unregularised · η = 0")
    for view in scene.columns:
        assert (view.moved.image == view.place.reconstruction).all(), "nothing has moved yet"
        assert view.place.directions.shape[1] == 8


def test_linked_models_move_by_the_same_amount(renderer: SceneRenderer, state: ExploreState) -> None:
    scene = renderer.render(state.with_amount(1, 0.05))
    assert [view.moved.rms for view in scene.columns] == pytest.approx([0.05, 0.05], rel=0.1)


def test_an_unlinked_model_goes_its_own_way(renderer: SceneRenderer, state: ExploreState) -> None:
    state = state.with_column(state.columns[1].model_copy(update={"linked": False}))
    scene = renderer.render(state.with_amount(1, 0.05))
    assert scene.columns[0].moved.rms > 0.04
    assert scene.columns[1].moved.rms == 0


def test_the_same_state_gives_the_same_pixels_in_another_renderer(
    renderer: SceneRenderer, state: ExploreState
) -> None:
    walked = state.change(mode="curved", walk=Walk(legs=(Leg(direction=0, amount=0.05),)))
    renderer.render(state.with_amount(3, 0.02))
    renderer.render(state.change(mode="curved", walk=Walk(legs=(Leg(direction=0, amount=0.08),))))
    for a, b in zip(renderer.render(walked).columns, SceneRenderer().render(walked).columns, strict=True):
        assert (a.moved.image == b.moved.image).all()


def test_walking_on_starts_from_where_one_was(renderer: SceneRenderer, state: ExploreState) -> None:
    arrived = renderer.render(state.with_amount(0, 0.05))
    latents = {view.column.key: tuple(view.moved.latent.tolist()) for view in arrived.columns}
    scene = renderer.render(state.change(base=Base(image=SourceImage(index=0), latents=latents)))
    for before, after in zip(arrived.columns, scene.columns, strict=True):
        assert (after.moved.image == before.moved.image).all()
        assert after.place.psnr is None, "it is no reconstruction of an image any more"


def test_interpolation_ends_at_the_other_image(renderer: SceneRenderer, state: ExploreState) -> None:
    other = renderer.render(state.change(base=Base(image=SourceImage(index=5))))
    there = renderer.render(state.change(towards=Towards(image=SourceImage(index=5), share=1.0)))
    here = renderer.render(state.change(towards=Towards(image=SourceImage(index=5), share=0.0)))
    for a, b, c in zip(there.columns, other.columns, here.columns, strict=True):
        assert np.abs(a.moved.image.astype(int) - b.place.reconstruction.astype(int)).max() <= 1
        assert (c.moved.image == c.place.reconstruction).all()


def test_matched_directions_do_the_same_to_the_picture(renderer: SceneRenderer, state: ExploreState) -> None:
    plain = renderer.render(state)
    matched = renderer.render(state.change(matched=True))
    first, second = (view.place.push for view in matched.columns)
    unmatched = plain.columns[1].place.push

    def agreement(a: torch.Tensor, b: torch.Tensor) -> float:
        return float(torch.nn.functional.cosine_similarity(a, b[: len(a)]).mean())

    assert agreement(first, second) > abs(agreement(first, unmatched))
    match = matched.columns[1].match
    assert match is not None
    cosines = torch.nn.functional.cosine_similarity(first, second[: len(first)])
    assert np.allclose(np.abs(match.cosine[: len(first)]), cosines.abs().numpy(), atol=1e-4)
    assert (cosines > 0).all(), "signs agree too"


def test_new_weights_of_the_same_model_are_never_mistaken_for_old_ones(
    renderer: SceneRenderer, state: ExploreState
) -> None:
    where = state.columns[1].where
    state = state.change(columns=state.columns[1:])
    original = open_references(where)[where]
    for step in range(1, 40):
        model = copy.deepcopy(original.model)
        for weight in model.parameters():
            weight.mul_(1 - 0.005 * step)
        loaded = {where: replace(original, model=model)}
        renderer.use(loaded, None)
        scene = renderer.render(state)
        found = scene.columns[0].place.latent
        assert torch.equal(found, model.encode(scene.image[None])[0]), step
        del model, loaded, scene


def test_ones_own_image_is_opened_from_its_file(
    renderer: SceneRenderer, state: ExploreState, tmp_path: Path
) -> None:
    path = tmp_path / "own.png"
    Image.fromarray(np.full((50, 40, 3), 90, np.uint8)).save(path)
    scene = renderer.render(state.change(base=Base(image=FileImage(path=path))))
    assert scene.label == "own.png"
    assert scene.original.mean() == pytest.approx(90, abs=2)


def test_a_folder_is_opened_when_nobody_handed_it_in(
    renderer: SceneRenderer, state: ExploreState, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(3):
        Image.fromarray(np.full((40, 40, 3), 60 * i, np.uint8)).save(folder / f"{i}.png")
    scene = renderer.render(
        state.change(source=FolderConfig(path=folder), base=Base(image=SourceImage(index=2)))
    )
    assert scene.label == "2.png"
    assert scene.original.mean() == pytest.approx(120, abs=2)


def test_a_missing_model_is_named(renderer: SceneRenderer, tmp_path: Path) -> None:
    state = ExploreState(columns=(Column(key="a", where=str(tmp_path / "gone.safetensors")),))
    with pytest.raises(ModelsError, match=r"gone\.safetensors"):
        renderer.render(state)


def test_images_are_fitted_to_a_model_of_another_size(renderer: SceneRenderer, state: ExploreState) -> None:
    loaded = renderer.render(state).columns[0].loaded
    size = loaded.model.config.size
    images = FaceSource(8, 2 * size).images([0])
    small = fit_images(images, loaded)
    assert small.shape == (1, 3, size, size)
    averaged = torch.nn.functional.avg_pool2d(images, 2)
    assert float((small - averaged).abs().mean()) < 0.02
