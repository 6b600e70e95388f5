"""What the bases of groups are turned towards: known factors, or readouts of a table of attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from jnn_studio.data.source import FactorSource, ImageSource
from jnn_studio.explore.collection.gallery import fit_images
from jnn_studio.explore.meaning.meaning import factor_parts
from jnn_studio.explore.meaning.readouts import ReadoutSet
from jnn_studio.explore.state import MAX_AIMS, Aims, ImageRef, SourceImage
from jnn_studio.models.weights import LoadedModel


@dataclass(frozen=True, eq=False)
class Aim:
    """In one model.

    Attributes:
        weights: what a latent step does to each attribute, (attributes, latent); or
        tangents: the derivatives of the image with respect to each factor, (factors, values).
    """

    weights: Tensor | None = None
    tangents: Tensor | None = None

    def effects(self, vectors: Tensor, push: Tensor) -> Tensor:
        """What directions (latent, k) with these push-forwards (k, values) do to each: (k, aims)."""
        if self.weights is not None:
            return vectors.double().mT @ self.weights.double().mT
        assert self.tangents is not None
        return factor_parts(push.double(), self.tangents.double())


def aims_of(readouts: Mapping[str, ReadoutSet]) -> Aims | None:
    """Those of the readouts, by columns' references, that are good enough to name a direction in any model.

    None: none is.
    """
    labels = next(iter(readouts.values())).labels if readouts else ()
    known = [
        index
        for index in range(len(labels))
        if any(r is not None and r.names for r in (found.readouts[index] for found in readouts.values()))
    ][:MAX_AIMS]
    if not known:
        return None
    weights = {}
    for where, found in readouts.items():
        count = next(len(one.weights) for one in found.readouts if one is not None)
        chosen = (found.readouts[index] for index in known)
        # What one model does not tell well enough is nothing to turn to in it.
        rows = (one.weights if one is not None and one.names else np.zeros(count) for one in chosen)
        weights[where] = tuple(tuple(float(value) for value in row) for row in rows)
    return Aims(names=tuple(labels[index][:200] for index in known), weights=weights)


def aim_at_attributes(aims: Aims, where: str, latent: int) -> Aim | None:
    """The aims of a column's model; None if they have none that fit it."""
    rows = aims.weights.get(where)
    if not rows or len(rows[0]) != latent:
        return None
    return Aim(weights=torch.tensor(rows, dtype=torch.float64))


def aim_at_factors(source: ImageSource, image: ImageRef, loaded: LoadedModel) -> Aim | None:
    """The factors of an image of ``source``; None if they are not known."""
    if not isinstance(source, FactorSource) or not isinstance(image, SourceImage):
        return None
    derivatives = source.factor_derivatives(min(image.index, len(source) - 1))
    return Aim(tangents=fit_images(derivatives, loaded).flatten(1))
