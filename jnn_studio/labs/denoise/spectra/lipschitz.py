"""How much a denoiser can stretch a change of its input: what plug and play converges by.

Fixed points of plug-and-play schemes are reached for denoisers that are firmly nonexpansive, or nearly (Ryu
et al., ICML 2019). The largest singular value of the Jacobian is the smallest such constant *at an image*;
over all images it can only be larger.
"""

from __future__ import annotations

from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.labs.denoise.spectra.spectrum import Crop, denoiser_spectrum
from jnn_studio.models.denoiser import STRIDE
from jnn_studio.models.denoising_model import DenoisingModel

SIDE = 64
"""Of the square in the middle that is looked at: all of a picture would take too long at every step."""


def local_lipschitz(denoiser: DenoisingModel, asked: Tensor, watch: Watch | None = None) -> float:
    """The largest singular value of the Jacobian of ``denoiser`` at the middle of what it is asked about.

    Args:
        denoiser: for the σ it is asked about.
        asked: image (channels, height, width), with its noise.
        watch: asked all along.

    Raises:
        Cancelled: ``watch`` said so.
        ValueError: the image is smaller than the network's grid.
    """
    height, width = asked.shape[-2:]
    side = min(SIDE, height, width) // STRIDE * STRIDE
    crop = Crop((height - side) // 2, (width - side) // 2, side)
    quiet = None if watch is None else watch.quiet()
    # The value's error is of the order of the residual's square.
    return float(denoiser_spectrum(denoiser, asked, crop, 1, tolerance=1e-2, watch=quiet).sigma[0])
