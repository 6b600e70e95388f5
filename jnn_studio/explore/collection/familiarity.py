"""Have models seen such pictures? By how well they reconstruct them, against a plain yardstick."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.data.config import FacesConfig
from jnn_studio.data.opening import open_source
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.collection.gallery import CHUNK, fit_images
from jnn_studio.models.latent_model import image_shape
from jnn_studio.models.pca import PCA
from jnn_studio.models.weights import LoadedModel

SAMPLE = 192
"""Images that are looked at, evenly spread over the collection."""

FEWEST = 32
"""Images below which nothing is said."""

COMPONENTS = 8
"""Principal components of some of the images, by which the others are reconstructed: the yardstick."""

MARGIN = 1.0
"""dB below the yardstick at which a model is said not to have seen such pictures."""

FAR = 10.0
"""dB below what a model has on its own pictures at which a single picture is said to be new to it."""

OWN = 32
"""Images of its own kind that a model is shown for comparison."""


@dataclass(frozen=True)
class Familiarity:
    """How well models know a collection; all PSNRs are means over images, in dB.

    Attributes:
        psnr: of the model in view that reconstructs it best.
        yardstick: of `COMPONENTS` principal components of other images of the collection.
        own: of the same model on the pictures it was trained on, where the program draws them itself.
    """

    psnr: float
    yardstick: float
    own: float | None

    @property
    def strange(self) -> bool:
        """Whether no model in view has seen such pictures."""
        return self.psnr < self.yardstick - MARGIN

    @property
    def words(self) -> str:
        """What is to be told of it."""
        own = "" if self.own is None else f", {self.own:.1f} dB on what they know"
        return (
            f"New to the models in view: {self.psnr:.1f} dB here{own}; "
            f"{COMPONENTS} principal components reach {self.yardstick:.1f} dB."
        )


@dataclass(frozen=True)
class PictureFamiliarity:
    """How well models know one picture, in dB.

    Attributes:
        psnr: of the model that reconstructs it best.
        own: of the same model on the pictures it was trained on; None where that is not known.
    """

    psnr: float
    own: float | None

    @property
    def strange(self) -> bool:
        """Whether no model in view has seen such pictures."""
        return self.own is not None and self.psnr < self.own - FAR

    @property
    def words(self) -> str:
        """What is to be told of it."""
        return (
            f"New to the models in view: {self.psnr:.1f} dB here, {self.own:.1f} dB on what they know. "
            "A folder of such pictures can be trained on."
        )


@torch.no_grad()
def picture_familiarity(
    models: Sequence[LoadedModel], psnr: Sequence[float | None], watch: Watch | None = None
) -> PictureFamiliarity | None:
    """How well ``models`` know a picture that they reconstruct with ``psnr``; None: there is nothing to say.

    Raises:
        Cancelled: ``watch`` said so.
    """
    known = [
        (found, loaded)
        for loaded, found in zip(models, psnr, strict=True)
        if found is not None and not isinstance(loaded.model, PCA)
    ]
    if not known:
        return None
    best, loaded = max(known, key=lambda pair: pair[0])
    return PictureFamiliarity(best, _own(loaded, watch or Watch()))


@torch.no_grad()
def familiarity(
    models: Sequence[LoadedModel], source: ImageSource, watch: Watch | None = None
) -> Familiarity | None:
    """How well ``models`` know the images of ``source``.

    None where there is nothing to say: too few images, or nothing but principal component analyses, which
    are fitted to the images they are shown with.

    Raises:
        Cancelled: ``watch`` said so.
    """
    watch = watch or Watch()
    learnt = [loaded for loaded in models if not isinstance(loaded.model, PCA)]
    if not learnt or len(source) < FEWEST:
        return None
    chosen = np.unique(np.linspace(0, len(source) - 1, SAMPLE).round().astype(np.int64)).tolist()
    # By halves and not by turns: neighbours are often pictures of one person.
    half = len(chosen) // 2
    judged = source.images(chosen[half:])
    yardstick = _by_components(source.images(chosen[:half]), judged)
    found = []
    for loaded in learnt:
        watch.check()
        found.append(_reconstructed(loaded, judged, watch))
    best = int(np.argmax(found))
    return Familiarity(found[best], yardstick, _own(learnt[best], watch))


def _own(loaded: LoadedModel, watch: Watch) -> float | None:
    """PSNR on the pictures a model was trained on; None where that is not known, or they would have to be
    opened."""
    try:
        data = json.loads(loaded.info.get("data", ""))
        config = FacesConfig.model_validate(data)
    except ValueError:
        return None
    size = image_shape(loaded.model.config)[1:]
    source = open_source(config.model_copy(update={"count": max(OWN, 16)}), size)
    return _reconstructed(loaded, source.images(range(OWN)), watch)


def _reconstructed(loaded: LoadedModel, images: Tensor, watch: Watch) -> float:
    errors = []
    for begin in range(0, len(images), CHUNK):
        watch.check()
        wanted = fit_images(images[begin : begin + CHUNK], loaded)
        errors.append(
            (loaded.model.decode(loaded.model.encode(wanted)).clamp(0, 1) - wanted).square().flatten(1)
        )
    return _psnr(torch.cat([error.mean(1) for error in errors]))


def _by_components(fitted: Tensor, judged: Tensor) -> float:
    mean = fitted.mean(0)
    _, _, components = torch.linalg.svd((fitted - mean).flatten(1), full_matrices=False)
    centred, basis = (judged - mean).flatten(1), components[:COMPONENTS]
    rest = (centred @ basis.T @ basis + mean.flatten()).clamp(0, 1) - judged.flatten(1)
    return _psnr(rest.square().mean(1))


def _psnr(errors: Tensor) -> float:
    return float((-10 * errors.clamp_min(1e-12).log10()).mean())
