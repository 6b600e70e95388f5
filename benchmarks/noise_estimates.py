"""Noise that is estimated beside noise that was added: ``python -m benchmarks.noise_estimates FOLDER``.

For every σ, of photographs with the noise as it was drawn (uncut) and as 8 bits keep it (cut off at black and
white), the median estimate over the photographs, and the lowest and highest, in brackets. σ = 0 is the
photographs as they are. With ``--denoise`` PSNR (plain) in dB of the bundled penalised denoisers and BM3D for
the same two, told the true σ: of what was cut off as it is, and with what the cut did undone; means over the
centre squares of 256 pixels.

With ``--jpeg`` a column more: noise and all saved as JPEGs of that quality, where neighbouring pixels come to
share it. With ``--clean`` how near the photographs as they are come out of `denoise image`, which estimates σ
itself, to what went in, in dB; where nothing changes it is infinite.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from io import BytesIO
from pathlib import Path
from statistics import mean, median

import numpy as np
from PIL import Image
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.data.listing import list_images
from jnn_studio.data.photo import read_photo
from jnn_studio.labs.denoise.denoisers import bm3d
from jnn_studio.labs.denoise.denoisers.methods import ANY, PENALISED, bundled_denoisers, bundled_sigmas
from jnn_studio.labs.denoise.denoisers.tiling import denoise_photo
from jnn_studio.labs.denoise.measuring.measures import quality
from jnn_studio.labs.denoise.noisy.noise import add_noise, to_pixels, to_signed
from jnn_studio.labs.denoise.noisy.noise_estimate import estimate_noise
from jnn_studio.labs.denoise.noisy.noise_model import GaussianDenoise, NoiseModel
from jnn_studio.labs.denoise.photos.applying import Treatment

SIGMAS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5)
SIDE = 256
FEW_DB = 50
"""From here on the mean change is less than a level of 8 bits."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder of photographs")
    parser.add_argument("--limit", type=int, default=1000, help="only the first so many")
    parser.add_argument("--denoise", action="store_true", help="what the cut costs, in dB")
    parser.add_argument("--clean", action="store_true", help="what becomes of photographs without noise")
    parser.add_argument("--jpeg", type=int, help="saved as JPEG of this quality as well")
    parser.add_argument("--sigma", type=float, action="append", help="only this; again for more")
    arguments = parser.parse_args()
    clean = photographs(arguments.folder, arguments.limit)
    if arguments.clean:
        left = changes(clean)
        few = sum(psnr < FEW_DB for psnr in left)
        print(f"dB from what went in: {in_words(left)}; below {FEW_DB}: {few} of {len(left)}")
        return
    if arguments.denoise:
        for sigma in arguments.sigma or bundled_sigmas():
            for name, found in costs(clean, sigma).items():
                shown = zip(("uncut", "cut", "undone"), found, strict=True)
                print(
                    f"σ = {sigma:g}  {name:10}",
                    *(f"{way} {psnr:.2f}" for way, psnr in shown),
                    sep="  ",
                    flush=True,
                )
        return
    ways: dict[str, Callable[[Tensor], Tensor]] = {"uncut": lambda noisy: noisy, "cut, 8 bits": _kept}
    if arguments.jpeg is not None:
        ways[f"JPEG, {arguments.jpeg}"] = partial(_jpeg, quality=arguments.jpeg)
    print(f"{'σ':>5}", *(f"{name:24}" for name in ways), sep="  ")
    for sigma in arguments.sigma or SIGMAS:
        columns = estimates(clean, sigma, list(ways.values()))
        print(f"{sigma:5.2f}", *(f"{in_words(one):24}" for one in columns), sep="  ", flush=True)


def photographs(folder: Path, limit: int) -> list[Tensor]:
    """The first photographs, in [-1, 1]."""
    with closing(list_images(folder)) as listing:
        names = listing.names[:limit]
    return [to_signed(read_photo(folder / name).channels) for name in names]


def estimates(
    clean: Sequence[Tensor], sigma: float, ways: Sequence[Callable[[Tensor], Tensor]]
) -> list[list[float]]:
    """σ estimated of every photograph with noise, as each of ``ways`` keeps it."""
    noisy = [_noisy(image, sigma, index) for index, image in enumerate(clean)]
    return [[estimate_noise(way(image)).sigma for image in noisy] for way in ways]


def changes(clean: Sequence[Tensor]) -> list[float]:
    """PSNR (plain) in dB of every photograph, as `denoise image` leaves it, to itself."""
    denoisers = bundled_denoisers(ANY)
    treatment = Treatment(PENALISED, lambda _: denoisers)
    left = (_kept(treatment.apply(image, Watch()).image) for image in clean)
    return [quality(one, image).psnr_plain for one, image in zip(left, clean, strict=True)]


def costs(clean: Sequence[Tensor], sigma: float) -> dict[str, tuple[float, float, float]]:
    """By method, mean PSNR of uncut noise, of cut noise as it is, and with the cut undone."""
    network = bundled_denoisers(sigma)[PENALISED].model
    methods: dict[str, GaussianDenoise] = {PENALISED: lambda image, _: denoise_photo(network, image)}
    if bm3d.available():
        methods["bm3d"] = bm3d.denoise_bm3d
    squares = [_centre(image) for image in clean]
    return {name: _cost(squares, sigma, denoise) for name, denoise in methods.items()}


def in_words(found: Sequence[float]) -> str:
    """The median, and the range."""
    return f"{median(found):.4f} [{min(found):.4f}, {max(found):.4f}]"


def _cost(squares: Sequence[Tensor], sigma: float, denoise: GaussianDenoise) -> tuple[float, float, float]:
    ways: tuple[Callable[[Tensor], Tensor], ...] = (
        lambda noisy: NoiseModel(sigma).denoise(denoise, noisy, True),
        lambda noisy: NoiseModel(sigma, cut=True).denoise(denoise, _kept(noisy), False),
        lambda noisy: NoiseModel(sigma, cut=True).denoise(denoise, _kept(noisy), True),
    )
    found = [
        [quality(way(_noisy(image, sigma, index)), image).psnr_plain for way in ways]
        for index, image in enumerate(squares)
    ]
    uncut, as_it_is, undone = (mean(values) for values in zip(*found, strict=True))
    return uncut, as_it_is, undone


def _noisy(image: Tensor, sigma: float, index: int) -> Tensor:
    return add_noise(image, sigma, index) if sigma else image


def _kept(noisy: Tensor) -> Tensor:
    return to_signed(to_pixels(noisy))


def _jpeg(noisy: Tensor, quality: int) -> Tensor:
    file = BytesIO()
    Image.fromarray(to_pixels(noisy)).save(file, "JPEG", quality=quality)
    return to_signed(np.asarray(Image.open(file)))


def _centre(image: Tensor) -> Tensor:
    top, left = (max(0, (length - SIDE) // 2) for length in image.shape[-2:])
    return image[:, top : top + SIDE, left : left + SIDE]


if __name__ == "__main__":
    main()
