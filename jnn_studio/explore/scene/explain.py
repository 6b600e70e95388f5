"""What the directions of a whole scene mean, by the factors of its images or by readouts of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from jnn_studio.explore.collection.gallery import fit_images
from jnn_studio.explore.meaning.meaning import (
    FACTOR_RULE,
    FACTOR_UNIT,
    Meaning,
    MeaningColumn,
    MeaningView,
    factor_effects,
)
from jnn_studio.explore.meaning.readouts import READOUT_RULE, READOUT_UNIT, STEP, ReadoutSet
from jnn_studio.explore.scene.renderer import ColumnView, Scene


@torch.no_grad()
def explain_by_factors(scene: Scene, derivatives: Tensor, names: Sequence[str]) -> MeaningView:
    """Effects on known factors.

    Where a walk has led away from the base, its directions there are held against the factors' derivatives at
    the image of the base: the factors of a decoded image are not known.

    Args:
        derivatives: ∂image/∂factor at the base's image, (factors, channels, height, width).
    """
    columns = []
    for view in scene.columns:
        tangents = fit_images(derivatives, view.loaded).flatten(1)
        columns.append(_column(view, factor_effects(_push(view, scene.state.shown), tangents, names)))
    return MeaningView(labels=tuple(names), columns=tuple(columns), unit=FACTOR_UNIT, rule=FACTOR_RULE)


@torch.no_grad()
def explain_by_readouts(scene: Scene, readouts: Mapping[str, ReadoutSet], progress: str = "") -> MeaningView:
    """Effects on the attributes of a table, of a step that changes the image by `STEP` RMS.

    Args:
        readouts: by the references of columns; models without are left out.
    """
    columns = []
    labels: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    for view in scene.columns:
        found = readouts.get(view.column.where)
        if found is None:
            continue
        labels = found.labels
        measures = found.measures
        columns.append(_column(view, found.effects(_steps(view, scene.state.shown)), found))
    return MeaningView(labels, tuple(columns), READOUT_UNIT, measures, progress=progress, rule=READOUT_RULE)


def _column(
    view: ColumnView, meanings: Sequence[Meaning], readouts: ReadoutSet | None = None
) -> MeaningColumn:
    shown = tuple(meanings)
    if readouts is None:
        return MeaningColumn(view.caption, view.role, shown, key=view.column.key)
    accuracies, reliable = readouts.accuracies, readouts.reliable
    return MeaningColumn(view.caption, view.role, shown, accuracies, reliable, view.column.key)


def _push(view: ColumnView, count: int) -> Tensor:
    """What the first ``count`` directions do to the picture, where the walk is."""
    here = view.moved.here
    return (view.place.push if here is None else here.push)[:count]


def _steps(view: ColumnView, count: int) -> np.ndarray:
    """Latent steps (latent, k) along the first directions that change the image by `STEP` RMS."""
    here = view.moved.here
    directions = (view.place.directions if here is None else here.directions)[:, :count]
    slope = _push(view, count).square().mean(1).sqrt().clamp_min(1e-9)
    steps: np.ndarray = (STEP * directions / slope).double().numpy()
    return steps
