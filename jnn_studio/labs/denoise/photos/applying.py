"""A method on photographs that people have: how strongly, and with which of the denoisers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.data.errors import DataError, UnreadableImageError
from jnn_studio.data.image_formats import format_to_write
from jnn_studio.data.listing import Listing
from jnn_studio.data.photo import decode_photo
from jnn_studio.data.pixels import write_picture
from jnn_studio.labs.denoise.denoisers import bm3d
from jnn_studio.labs.denoise.denoisers.methods import BM3D, CLASSICAL, chosen, trained_sigma
from jnn_studio.labs.denoise.denoisers.telling import denoise_told, misfit, range_of
from jnn_studio.labs.denoise.noisy.clipping import was_cut
from jnn_studio.labs.denoise.noisy.noise import blend, to_pixels, to_signed
from jnn_studio.labs.denoise.noisy.noise_estimate import estimate_noise
from jnn_studio.labs.denoise.noisy.noise_model import NoiseModel
from jnn_studio.models.weights import LoadedDenoiser

Open = Callable[[float], Mapping[str, LoadedDenoiser]]
"""The denoisers for noise of a σ."""
_ALIKE = 0.1
"""A σ that differs by no more than this share is the one that a denoiser was trained on."""


@dataclass(frozen=True)
class Treatment:
    """How photographs are denoised.

    Attributes:
        method: a key of `METHODS` or of a denoiser; "": the penalised one, or the only one there is.
        open: the denoisers for a σ, where the method is a network.
        sigma: of the noise; None: estimated of each, or, where photons are counted, 0.
        peak: how many photons white counts, where they are counted.
        stabilised: their variance is made alike everywhere first; what it does to the means of an image that
            noise was cut off at black and white is undone.
        strength: from 0, the photograph as it is, to 1, what the method makes of it.
    """

    method: str
    open: Open
    sigma: float | None = None
    strength: float = 1.0
    peak: float | None = None
    stabilised: bool = True

    def apply(self, seen: Tensor, watch: Watch) -> Treated:
        """What becomes of ``seen`` (1 or 3, height, width) in [-1, 1].

        Raises:
            DenoisersError: there is no such denoiser.
            Bm3dError: BM3D gave no image.
            Cancelled: ``watch``, which hears of tiles, said so.
        """
        if self.peak is not None:
            noise = NoiseModel(self.sigma or 0.0, self.peak)
        elif self.sigma is None:
            estimate = estimate_noise(seen)
            noise = NoiseModel(estimate.sigma, cut=estimate.cut)
        else:
            noise = NoiseModel(self.sigma, cut=was_cut(seen))
        remark = ""
        if self.method in CLASSICAL:
            opponent = self.method == BM3D

            def gaussian(image: Tensor, sigma: float) -> Tensor:
                return bm3d.denoise_bm3d(image, sigma, opponent=opponent, watch=watch)
        else:
            sigma = noise.told(self.stabilised)
            loaded = self._denoiser(sigma)
            remark = _remark(loaded, sigma)

            def gaussian(image: Tensor, sigma: float) -> Tensor:
                return denoise_told(loaded, image, sigma, watch)

        found = noise.denoise(gaussian, seen, self.stabilised)
        return Treated(blend(seen, found, self.strength), noise, remark)

    def _denoiser(self, sigma: float) -> LoadedDenoiser:
        there = self.open(sigma)
        return there[chosen(there, self.method)]


def _remark(loaded: LoadedDenoiser, sigma: float) -> str:
    """What there is to say of a denoiser asked about noise of ``sigma``."""
    trained = trained_sigma(loaded)
    if range_of(loaded) is None and trained is not None and not math.isclose(trained, sigma, rel_tol=_ALIKE):
        return f"the denoiser was trained on σ = {trained:g}, the image has about {sigma:.2g}"
    return misfit(loaded, sigma)


@dataclass(frozen=True)
class Treated:
    """A denoised image, the noise it was taken to have, and what there is to say about that."""

    image: Tensor
    noise: NoiseModel
    remark: str


@dataclass(frozen=True)
class FileDone:
    """One file of a folder.

    Attributes:
        name: inside the folder.
        written: where the result is; None where there is none.
        noise: that it was taken to have; None of one that was there already, or that gave no image.
        reason: why there is no result; else "".
    """

    name: str
    written: Path | None
    noise: NoiseModel | None
    reason: str = ""


def denoise_listing(listing: Listing, out: Path, treatment: Treatment, watch: Watch) -> Iterator[FileDone]:
    """Denoise every image of a folder or archive into the folder ``out``, under its own name.

    A file is written whole or not at all, and one that is there already is left as it is: called off or
    killed, it goes on where it was. What pictures are not written as (GIF, PNM, AVIF) becomes a PNG.

    Raises:
        DenoisersError, Bm3dError: nothing can be denoised so.
        OSError: ``out`` cannot be written.
        Cancelled: ``watch``, which hears of files, said so.
    """
    quiet, total = watch.quiet(), len(listing.names)
    for index, name in enumerate(listing.names):
        watch.step(index, total, name)
        target = out / _written_as(name)
        if target.exists():
            yield FileDone(name, target, None)
            continue
        try:
            with listing.open(index) as file:
                photo = decode_photo(file, name)
        except (UnreadableImageError, OSError) as error:
            cause = UnreadableImageError.from_os(error) if isinstance(error, OSError) else error
            yield FileDone(name, None, None, cause.reason)
            continue
        found = treatment.apply(to_signed(photo.channels), quiet)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_picture(to_pixels(found.image, photo.depth), target, profile=photo.profile)
        yield FileDone(name, target, found.noise)
    watch.step(total, total)


def _written_as(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    try:
        format_to_write(path)
    except DataError:
        return path.with_name(f"{path.name}.png")
    return path
