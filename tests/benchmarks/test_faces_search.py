"""Every recipe of the search for better faces can be made, trained and measured."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from benchmarks import faces_search
from benchmarks.faces_search import RECIPES, SIZE, UNSEEN_SEED, train
from benchmarks.models import measure
from jnn_studio.data.faces import FaceSource

FEW = 64


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_trains_all_of_its_weights_and_is_measured(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces_search, "COUNT", FEW)
    recipe = dataclasses.replace(RECIPES[name], batch=4)

    none, three = (train(dataclasses.replace(recipe, steps=steps)) for steps in (0, 3))
    tangents = torch.randn(1, 16, 3 * SIZE**2)
    result = measure(three, FaceSource(2, SIZE, UNSEEN_SEED), 2, list(tangents))  # type: ignore[arg-type]

    pairs = zip(none.named_parameters(), three.parameters(), strict=True)
    assert [key for (key, before), after in pairs if torch.equal(before, after)] == []
    assert 0 < result["mean_tangent_energy"] < 1
    assert len(result["tangent_energy"]) == 10
