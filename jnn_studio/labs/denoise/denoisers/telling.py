"""Telling σ to the denoisers that are told one, in one place; the others know their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.labs.denoise.denoisers.tiling import denoise_photo
from jnn_studio.labs.denoise.noisy.noise import blend
from jnn_studio.models.denoising_model import takes_sigma
from jnn_studio.models.weights import LoadedDenoiser

_SLACK = 1 + 1e-6
"""A σ that missed the range by rounding lies in it."""


def range_of(loaded: LoadedDenoiser) -> tuple[float, float] | None:
    """The least and the largest σ that a denoiser can be told; None of one that is told none."""
    return loaded.model.sigmas if takes_sigma(loaded.model) else None


def told(loaded: LoadedDenoiser, sigma: float) -> LoadedDenoiser:
    """A denoiser for noise of ``sigma``, cut to the range it can be told: the same weights, with σ as a fact.

    One that is told none is what it was.
    """
    model = loaded.model
    if not takes_sigma(model):
        return loaded
    least, largest = model.sigmas
    cut = min(max(sigma, least), largest)
    with torch.no_grad():
        return replace(loaded, model=model.at(cut), info={**loaded.info, "sigma": repr(cut)})


def share_taken(loaded: LoadedDenoiser, sigma: float) -> float:
    """How much is taken of what a denoiser changes in an image with noise of ``sigma``, from 0 to 1.

    All, but of one that is told σ below its range (σ / least)²: what noise there is to remove goes with σ²,
    and what a denoiser for the least σ takes of the image itself hardly changes. The share with the smallest
    squared error is by Stein's identity σ² (n − tr J) / ‖f(y) − y‖², 1 at the least σ of a good denoiser and
    larger than this below; so the result is nearer to the clean image than y is, down to σ = 0.
    """
    known = range_of(loaded)
    return 1.0 if known is None else min(1.0, max(sigma, 0.0) / known[0]) ** 2


def denoise_told(loaded: LoadedDenoiser, noisy: Tensor, sigma: float, watch: Watch | None = None) -> Tensor:
    """What a denoiser makes of ``noisy`` (channels, height, width) in [-1, 1] with noise of ``sigma``.

    As `tiling.denoise_photo`, but for `told` and `share_taken`.
    """
    share = share_taken(loaded, sigma)
    if share == 0:
        return noisy.detach().to("cpu", torch.float32).clone()
    found = denoise_photo(told(loaded, sigma).model, noisy, watch=watch)
    return blend(noisy.to(found), found, share)


def fits(loaded: LoadedDenoiser, sigma: float) -> bool:
    """Whether ``sigma`` lies in the range of a denoiser that is told one; else there is something to say."""
    known = range_of(loaded)
    return known is not None and known[0] / _SLACK <= sigma <= known[1] * _SLACK


def misfit(loaded: LoadedDenoiser, sigma: float) -> str:
    """What to expect where ``sigma`` lies outside of the range of a denoiser that is told one; else ""."""
    known = range_of(loaded)
    if known is None or fits(loaded, sigma):
        return ""
    least, largest = known
    about = f"the denoiser is made for σ from {least:g} to {largest:g}, the image has about {sigma:.2g}"
    if sigma > largest:
        return f"{about}: expect noise to be left in"
    return f"{about}: it is changed by {share_taken(loaded, sigma):.0%} of what it would be at {least:g}"


def common_range(models: Mapping[str, LoadedDenoiser]) -> tuple[float, float] | None:
    """The range of σ that all ``models`` can be told; None where one of them, or none, is told σ."""
    found = [range_of(loaded) for loaded in models.values()]
    known = [one for one in found if one is not None]
    if not known or len(known) < len(found):
        return None
    return max(least for least, _ in known), min(largest for _, largest in known)
