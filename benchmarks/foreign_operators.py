"""Restore with the operators of an installed deepinv: ``python -m benchmarks.foreign_operators`` prints JSON.

deepinv is no dependency: it is tried in an environment of its own. For dead leaves of 64 pixels, noise 0.1:
what total variation and the bundled penalised denoiser come to, plain PSNR in dB.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import Any

import torch

from jnn_studio.data.dead_leaves import draw_dead_leaves
from jnn_studio.labs.denoise.denoisers.methods import PENALISED, bundled_denoisers
from jnn_studio.labs.denoise.denoisers.tiling import denoise_photo
from jnn_studio.labs.denoise.noisy.noise import add_noise
from jnn_studio.labs.denoise.restoring.foreign_operator import adapted
from jnn_studio.labs.denoise.restoring.plug_and_play import restore
from jnn_studio.labs.denoise.restoring.total_variation import restore_tv

SIDE, NOISE, SIGMA = 64, 0.1, 0.5


def main() -> None:
    """Measure and print."""
    try:
        from deepinv import physics  # type: ignore[import-not-found]  # no dependency
    except ImportError as error:
        sys.exit(f"deepinv cannot be imported here: {error}")
    size = (3, SIDE, SIDE)
    operators = {
        "downsampling": physics.Downsampling(img_size=size, filter="bicubic", factor=2, padding="circular"),
        "blur": physics.BlurFFT(img_size=size, filter=physics.blur.gaussian_blur(sigma=(2, 2))),
        "inpainting": physics.Inpainting(img_size=size, mask=0.5),
    }
    clean = 2 * torch.from_numpy(draw_dead_leaves(SIDE, SIDE, 3, 0)) - 1
    prior = partial(denoise_photo, bundled_denoisers(SIGMA)[PENALISED].model)
    found: dict[str, Any] = {}
    for name, foreign in operators.items():
        operator = adapted(foreign, clean)
        seen = add_noise(operator.apply(clean), NOISE, 0)
        start = operator.adjoint(seen)
        *_, control = restore_tv(operator, seen, start, NOISE, clean=clean)
        *_, learnt = restore(operator, seen, start, prior, SIGMA, noise=NOISE, steps=12, clean=clean)
        assert control.psnr is not None
        assert learnt.psnr is not None
        found[name] = {"total variation": round(control.psnr, 2), "penalised": round(learnt.psnr, 2)}
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
