"""What the bases of groups are turned towards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError

from jnn_studio.data.config import FacesConfig
from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.columns.open_models import open_bundled
from jnn_studio.explore.directions.aim import Aim, aim_at_attributes, aim_at_factors, aims_of
from jnn_studio.explore.directions.choice import DirectionChoice
from jnn_studio.explore.meaning.readouts import Readout, ReadoutSet
from jnn_studio.explore.scene.renderer import SceneRenderer
from jnn_studio.explore.state import Aims, Base, Column, ExploreState, FileImage, SourceImage

from .test_groups import place_of, with_a_group


def readout(name: str, weights: list[float], accuracy: float) -> Readout:
    return Readout(name, np.array(weights), True, accuracy, 0.55, 100)


def readouts(*found: Readout | None) -> ReadoutSet:
    return ReadoutSet(("smile", "hat", "age"), (True,) * 3, found, (), np.eye(2))


def test_only_what_can_be_told_is_aimed_at() -> None:
    one = readouts(readout("smile", [1, 2], 0.9), readout("hat", [3, 4], 0.56), None)
    other = readouts(
        readout("smile", [5, 6], 0.51), readout("hat", [7, 8], 0.52), readout("age", [9, 1], 0.8)
    )
    aims = aims_of({"a": one, "b": other})
    assert aims is not None
    assert aims.names == ("smile", "age")
    assert aims.weights == {"a": ((1, 2), (0, 0)), "b": ((0, 0), (9, 1))}


def test_where_nothing_can_be_told_there_are_no_aims() -> None:
    assert aims_of({"a": readouts(None, readout("hat", [3, 4], 0.52), None)}) is None


def test_aims_of_another_model_are_none_of_ours() -> None:
    aims = Aims(names=("smile",), weights={"a": ((1.0, 2.0),)})
    assert aim_at_attributes(aims, "a", 2) is not None
    assert aim_at_attributes(aims, "a", 3) is None
    assert aim_at_attributes(aims, "b", 2) is None


@pytest.mark.parametrize("weights", [{"a": ((1.0,), (2.0,))}, {"a": ()}])
def test_aims_are_a_row_for_each_name(weights: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Aims.model_validate({"names": ["smile"], "weights": weights})


def test_one_direction_of_a_group_changes_the_attribute_and_the_others_do_not() -> None:
    weights = torch.tensor([[0.0, 1.0, -2.0, 0.5, 0.0, 0.0]], dtype=torch.float64)
    aim = Aim(weights=weights)
    place = place_of(with_a_group(), DirectionChoice(basis="attributes", aim=aim))
    assert place.grouping is not None
    assert place.grouping.known
    effects = (weights @ place.directions)[0]
    members = list(place.group(1))
    assert abs(float(effects[1])) == pytest.approx(float(weights.norm()), rel=1e-6)
    torch.testing.assert_close(effects[members[1:]], torch.zeros(2, dtype=torch.float64))
    assert place.rotated


def test_factors_of_an_image_are_aimed_at_where_they_are_known() -> None:
    loaded, source = open_bundled()[1], FaceSource(4, 64, seed=0)
    aim = aim_at_factors(source, SourceImage(index=2), loaded)
    assert aim is not None
    derivatives = source.factor_derivatives(2).flatten(1)
    effects = aim.effects(torch.zeros(64, len(derivatives)), derivatives)
    lengths = derivatives.norm(dim=1).double()
    torch.testing.assert_close(
        effects.diagonal() / lengths, torch.ones(len(lengths)).double(), rtol=1e-3, atol=0
    )


def test_the_renderer_turns_groups_towards_factors_and_leaves_an_own_image_as_computed(
    tmp_path: Path,
) -> None:
    renderer, columns = SceneRenderer(), (Column(key="c1", where="regularised"),)
    state = ExploreState(columns=columns, source=FacesConfig(count=16), shown=16)
    plain, aimed = (renderer.render(s).columns[0].place for s in (state, state.change(basis="attributes")))
    assert plain.grouping is not None
    members = next(list(m) for m in plain.grouping.find() if len(m) > 1 and m[-1] < 16)
    a, b = plain.directions[:, members], aimed.directions[:, members]
    torch.testing.assert_close(torch.linalg.svdvals(a.T @ b), torch.ones(len(members)), rtol=1e-4, atol=0)
    assert aimed.rotated
    Image.fromarray(plain.reconstruction).save(tmp_path / "own.png")
    own = state.change(basis="attributes", base=Base(image=FileImage(path=tmp_path / "own.png")))
    assert not renderer.render(own).columns[0].place.rotated
