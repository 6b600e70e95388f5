"""Meaning from end to end: a rendered scene, its source or a table, and the view of it."""

from __future__ import annotations

import numpy as np
import pytest

from jnn_studio.data.attributes import open_attributes
from jnn_studio.data.config import FacesConfig
from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.collection.gallery import Surveyor
from jnn_studio.explore.meaning.readouts import STEP, ReadoutSet, fit_readouts
from jnn_studio.explore.scene.explain import explain_by_factors, explain_by_readouts
from jnn_studio.explore.scene.renderer import Scene, SceneRenderer
from jnn_studio.explore.state import Base, Column, ExploreState, SourceImage

COUNT, INDEX = 300, 7


@pytest.fixture(scope="module")
def source() -> FaceSource:
    return FaceSource(COUNT, 64)


@pytest.fixture(scope="module")
def scene(source: FaceSource) -> Scene:
    state = ExploreState(
        source=FacesConfig(kind="faces", count=COUNT, seed=0),
        columns=tuple(
            Column(key=f"c{i}", where=where) for i, where in enumerate(("unregularised", "regularised"), 1)
        ),
        base=Base(image=SourceImage(index=INDEX)),
    )
    return SceneRenderer(source=source).render(state)


@pytest.fixture(scope="module")
def readouts(
    scene: Scene, source: FaceSource, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, ReadoutSet]:
    """A table of what the faces were drawn from: two factors that are easy to read, and noise."""
    factors = source.factors(range(COUNT)).numpy()
    hue, light = (factors[:, source.factor_names.index(n)] for n in ("background hue", "light direction"))
    noise = np.random.default_rng(0).normal(size=COUNT)
    path = tmp_path_factory.mktemp("table") / "faces.csv"
    rows = [
        f"{source.label(i)},{hue[i]:.4f},{'yes' if light[i] > 0 else 'no'},{noise[i]:.4f}"
        for i in range(COUNT)
    ]
    path.write_text("image,hue,lit from the right,noise\n" + "\n".join(rows), encoding="utf-8")
    table = open_attributes(path, source)
    assert table.matched == COUNT
    return {
        view.column.where: fit_readouts(Surveyor(view.loaded, source).advance(len(source)).latents, table)
        for view in scene.columns
    }


def test_every_model_gets_names_bars_and_tangent_energies(scene: Scene, source: FaceSource) -> None:
    found = explain_by_factors(scene, source.factor_derivatives(INDEX), source.factor_names)
    assert found.labels == source.factor_names
    assert [column.role for column in found.columns] == ["unregularised", "regularised"]
    for column in found.columns:
        assert len(column.meanings) == 8
        assert all(len(meaning.effects) == 16 for meaning in column.meanings)
        assert all(0 < (meaning.tangent_energy or 0) <= 1 for meaning in column.meanings)
    first, second = (
        np.mean([meaning.tangent_energy for meaning in column.meanings]) for column in found.columns
    )
    assert second > first, "regularised directions do more of what faces can do"


def test_readouts_read_the_factors_behind_the_pictures_and_nothing_out_of_noise(
    scene: Scene, readouts: dict[str, ReadoutSet]
) -> None:
    found = explain_by_readouts(scene, readouts)
    assert found.labels == ("hue", "lit from the right", "noise")
    assert all(readout_set.reliable == (True, True, False) for readout_set in readouts.values())
    assert found.measures == ("R²", "balanced accuracy", "R²")
    for column in found.columns:
        assert column.accuracies is not None
        assert column.accuracies[1] is not None
        assert column.accuracies[1] > 0.8
        assert not any("noise" in meaning.name for meaning in column.meanings)


def test_the_effect_of_a_step_is_how_the_readout_changes_over_it(
    scene: Scene, readouts: dict[str, ReadoutSet]
) -> None:
    """Decoded and measured: the step whose effects are shown changes the picture by `STEP`."""
    view = scene.columns[1]
    readout = readouts[view.column.where].readouts[0]
    assert readout is not None
    step = view.place.directions[:, 0] * (STEP / view.place.push[0].square().mean().sqrt())
    effects = explain_by_readouts(scene, readouts).columns[1].meanings[0].effects
    assert effects[0] == pytest.approx(readout.weights @ step.double().numpy(), rel=1e-3)
    image = view.loaded.model.decode((view.place.latent + step)[None]).clamp(0, 1)[0]
    assert float((image - view.place.start).square().mean().sqrt()) == pytest.approx(STEP, rel=0.5)


def test_models_without_readouts_are_left_out(scene: Scene, readouts: dict[str, ReadoutSet]) -> None:
    one = {"regularised": readouts["regularised"]}
    assert [column.role for column in explain_by_readouts(scene, one).columns] == ["regularised"]
    assert explain_by_readouts(scene, {}).columns == ()
