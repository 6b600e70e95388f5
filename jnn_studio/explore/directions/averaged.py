"""Directions that the images of a source have in common: averaged by the subspaces they span."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from jnn_studio.base.errors import StudioError
from jnn_studio.base.watch import Watch
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.collection.gallery import fit_images
from jnn_studio.explore.directions.direction_fields import DirectionField, Directions
from jnn_studio.explore.state import DIRECTIONS, DirectionKind
from jnn_studio.models.weights import LoadedModel

IMAGES = 256
"""Images averaged over, evenly spread; subspaces of a few hundred agree to a few degrees."""

LEADING = DIRECTIONS
"""Leading directions of every image whose subspaces are averaged."""

FITS = 0.9
"""Cosine from which an averaged direction fits an image …"""

FITS_PARTLY = 0.7
"""… and from which it does in part: half of it lies among the leading directions there."""


class AveragingError(StudioError):
    """There is nothing to average over; the message says what is missing."""


@dataclass(frozen=True, eq=False)
class AveragedDirections:
    """What the images of a source have in common in one model.

    Attributes:
        kind: whose singular vectors were averaged.
        vectors: all directions, an orthogonal (latent, latent).
        presence: (latent,): mean squared cosine of each with the leading directions of an image, in [0, 1].
        images: how many were averaged over.
    """

    kind: DirectionKind
    vectors: Tensor
    presence: np.ndarray
    images: int

    def at(self, local: Directions) -> Directions:
        """These directions where the point's own are ``local``: what they do, and how they fit there."""
        inner = local.vectors.mT @ self.vectors.to(local.vectors)
        # σ of a direction w is ‖Jᵀw‖ = ‖Σ Uᵀw‖.
        sigma = torch.linalg.vector_norm(local.sigma.unsqueeze(1) * inner, dim=0)
        fit = torch.linalg.vector_norm(inner[:LEADING], dim=0).clamp_max(1)
        return Directions(
            self.vectors.to(local.vectors), sigma, "averaged", spectrum=local.sigma, fit=fit, single=True
        )


def fit_words(cosine: float) -> str:
    """How well an averaged direction fits at an image."""
    if cosine >= FITS:
        return "fits this image"
    if cosine >= FITS_PARTLY:
        return "fits this image in part"
    return "is not among the leading ones here"


@torch.no_grad()
def average_directions(
    loaded: LoadedModel, kind: DirectionKind, source: ImageSource, watch: Watch | None = None
) -> AveragedDirections:
    """Average the directions of a model over images of ``source``, evenly spread.

    Of the mean of the projectors on each image's `LEADING` directions, the leading eigenvectors span what
    images have in common. Singular vectors themselves cannot be averaged: they change places and signs from
    image to image. Within that subspace, and within the rest, directions are the eigenvectors of the mean of
    JJᵀ/‖J‖², strongest first: of a linear model, whose subspaces all coincide, they are its singular vectors.

    Raises:
        AveragingError: ``source`` has no image.
        Cancelled: ``watch`` said so.
    """
    watch = watch or Watch()
    if not len(source):
        raise AveragingError(f"{source.name} has no images to average over; open some")
    indices = np.unique(np.linspace(0, len(source) - 1, min(IMAGES, len(source))).round().astype(int))
    field = DirectionField(loaded.model)
    size = int(loaded.model.config.latent)
    projectors, strengths = torch.zeros(2, size, size, dtype=torch.float64)
    what = f"Averaging directions of {loaded.name} over the images"
    for done, index in enumerate(indices.tolist()):
        watch.step(done, len(indices), what)
        image = fit_images(source.images([index]), loaded)[0]
        latent = loaded.model.encode(image.unsqueeze(0))[0]
        found = field.at_image(kind, image, latent)
        vectors, sigma = found.vectors.double(), found.sigma.double()
        leading = vectors[:, :LEADING]
        projectors += leading @ leading.mT
        energy = sigma.square()
        strengths += vectors @ (energy / energy.sum().clamp_min(1e-30) * vectors).mT
    watch.step(len(indices), len(indices), what)
    projectors /= len(indices)
    basis = _by_strength(torch.linalg.eigh(projectors)[1].flip(-1), strengths, min(LEADING, size))
    presence = (basis * (projectors @ basis)).sum(0).clamp(0, 1)
    return AveragedDirections(kind, basis, presence.numpy(), len(indices))


def _by_strength(basis: Tensor, strengths: Tensor, count: int) -> Tensor:
    """The first ``count`` columns, and the others, each turned to the axes of ``strengths``."""
    parts = []
    for part in (basis[:, :count], basis[:, count:]):
        if part.shape[1]:
            parts.append(part @ torch.linalg.eigh(part.mT @ strengths @ part)[1].flip(-1))
    return torch.cat(parts, 1)
