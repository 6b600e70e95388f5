"""A whole collection seen by one model: every image's latent and how well it is reconstructed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from jnn_studio.data.pixels import fitted, to_grey
from jnn_studio.data.source import ImageSource
from jnn_studio.models.latent_model import image_shape
from jnn_studio.models.weights import LoadedModel

CHUNK = 32
"""Images surveyed at a time: tens of milliseconds, so that whoever waits for the same thread is served."""

BLOCK = 8192
"""Latents compared at a time."""


@dataclass(frozen=True)
class Survey:
    """What is known of a collection under one model: of its first ``done`` images, in the source's order.

    Attributes:
        latents: float32 (done, latent), not to be written to.
        psnr: float32 (done,), of the reconstructions, in dB for images in [0, 1]; NaN where the model gives
            no number.
        total: images of the source.
    """

    latents: np.ndarray
    psnr: np.ndarray
    total: int

    @property
    def done(self) -> int:
        """Images surveyed."""
        return len(self.psnr)

    @property
    def complete(self) -> bool:
        """Whether that is all of them."""
        return self.done == self.total

    def distances(self, latent: np.ndarray) -> np.ndarray:
        """Euclidean distance of every surveyed image from ``latent`` (latent,): float32 (done,).

        Exact, by differences and not by products, so that an image is at distance 0 from itself. Axes are
        not whitened: singular directions are unit vectors of this same metric, and axes that hardly vary
        hardly change the image, so giving them equal weight would let noise choose the neighbours.

        Raises:
            ValueError: ``latent`` is not one of this model.
        """
        target = np.asarray(latent, np.float32)
        if target.shape != self.latents.shape[1:]:
            raise ValueError(f"latents here have shape {self.latents.shape[1:]}, not {target.shape}")
        found = np.empty(self.done, np.float32)
        for begin in range(0, self.done, BLOCK):
            difference = self.latents[begin : begin + BLOCK] - target
            found[begin : begin + BLOCK] = np.sqrt(np.einsum("ij,ij->i", difference, difference))
        return found


class Surveyor:
    """Surveys a collection a chunk at a time, on whichever thread calls `advance`.

    Memory is what the finished survey takes: latent + 1 float32 for each image.

    Args:
        known: an earlier, unfinished survey of the same source by the same model, to go on from.
    """

    def __init__(self, loaded: LoadedModel, source: ImageSource, known: Survey | None = None) -> None:
        self.loaded = loaded
        self.source = source
        count = len(source)
        self._latents = np.empty((count, int(loaded.model.config.latent)), np.float32)
        self._psnr = np.empty(count, np.float32)
        self._done = 0
        if known is not None and known.total == count and known.latents.shape[1:] == self._latents.shape[1:]:
            self._done = known.done
            self._latents[: known.done] = known.latents
            self._psnr[: known.done] = known.psnr

    @torch.no_grad()
    def advance(self, count: int = CHUNK) -> Survey:
        """Survey the next ``count`` images."""
        begin, end = self._done, min(self._done + count, len(self.source))
        if begin < end:
            model = self.loaded.model
            images = fit_images(self.source.images(range(begin, end)), self.loaded)
            latents = model.encode(images)
            error = (model.decode(latents).clamp(0, 1) - images).square().flatten(1).mean(1)
            self._latents[begin:end] = latents.numpy()
            self._psnr[begin:end] = (-10 * error.clamp_min(1e-12).log10()).numpy()
            self._done = end
        # Views: rows that are handed out are never written again.
        latents_view, psnr_view = self._latents[:end], self._psnr[:end]
        latents_view.flags.writeable = psnr_view.flags.writeable = False
        return Survey(latents_view, psnr_view, len(self.source))

    @torch.no_grad()
    def latent(self, index: int) -> np.ndarray:
        """(latent,) of one image, whether it has been surveyed or not."""
        if index < self._done:
            return self._latents[index].copy()
        images = fit_images(self.source.images([index]), self.loaded)
        return np.asarray(self.loaded.model.encode(images)[0].numpy())


def fit_images(images: Tensor, loaded: LoadedModel) -> Tensor:
    """Images (batch, channels, height, width) in the size and the colours of a model.

    Where they have other proportions, their middle.
    """
    channels, height, width = image_shape(loaded.model.config)
    if images.shape[1] == 3 and channels == 1:
        images = to_grey(images)
    return fitted(images, height, width).expand(-1, channels, -1, -1)


def same_but_older(known: LoadedModel, now: LoadedModel) -> bool:
    """Whether ``known`` is ``now``, or the same member of the same run at an earlier step."""
    if known is now:
        return True
    run, member = now.info.get("run"), now.info.get("member")
    same = (known.info.get("run"), known.info.get("member")) == (run, member)
    return bool(run and member) and same and known.model.config == now.model.config
