"""Colours of models side by side."""

from __future__ import annotations

from jnn_studio.explore.columns.open_models import open_bundled
from jnn_studio.explore.columns.roles import caption, roles
from jnn_studio.models.pca import PCAConfig, build
from jnn_studio.models.weights import LoadedModel

PCA = LoadedModel(build(PCAConfig(size=8, latent=4), 0), "PCA · 4 components", {})


def test_the_linear_baseline_has_a_colour_of_its_own_beside_the_experiment() -> None:
    pair = open_bundled()

    assert roles([*pair, PCA]) == ("unregularised", "regularised", "pca")
    assert roles([PCA, pair[1]]) == ("pca", "regularised")
    assert roles([PCA, PCA, pair[1]]) == ("pca", "model-1", "regularised")


def test_it_is_called_what_it_is() -> None:
    assert caption(PCA) == "PCA · 4 components"
    assert caption(PCA, "baseline") == "baseline"
