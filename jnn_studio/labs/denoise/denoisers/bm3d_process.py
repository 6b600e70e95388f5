"""The process that runs BM3D: ``python bm3d_process.py NOISY.npy DENOISED.npy SIGMA opponent|rgb``.

A script that imports nothing of JNN Studio, so that it starts in a fraction of a second. It ends by itself
when its stdin is closed, which happens when the process that started it is gone.
"""

from __future__ import annotations

import os
import sys
import threading

import numpy as np

_OPPONENT = np.array([[1 / 3, 1 / 3, 1 / 3], [1 / 2, 0, -1 / 2], [1 / 4, -1 / 2, 1 / 4]])
"""Luminance and two differences of colour from red, green and blue (Dabov et al., ICIP 2007)."""


def denoise(noisy: np.ndarray, sigma: float, opponent: bool) -> np.ndarray:
    """The first stage on an image (height, width, 1 or 3) in [0, 1] with noise of ``sigma`` in that scale."""
    import bm3d

    profile = bm3d.BM3DProfile()
    profile.num_threads = max(1, (os.cpu_count() or 2) - 1)  # the interface keeps a core
    first_stage = bm3d.BM3DStages.HARD_THRESHOLDING
    if noisy.shape[2] == 1:
        if np.ptp(noisy) == 0:
            return noisy
        return np.asarray(bm3d.bm3d(noisy[:, :, 0], sigma, profile, first_stage))[:, :, None]
    if not opponent:
        return np.asarray(bm3d.bm3d(noisy, sigma, profile, first_stage))
    # As the package's own bm3d_rgb, which has no way to leave the second stage out and divides by 0 where an
    # opponent channel is constant: every channel is brought to [0, 1] by its own range.
    channels = noisy @ _OPPONENT.T
    low, spread = channels.min(axis=(0, 1)), np.ptp(channels, axis=(0, 1))
    if spread[0] == 0:  # the package fails: there is no luminance to match blocks by
        split = np.split(noisy, 3, axis=2)
        return np.concatenate([denoise(channel, sigma, opponent) for channel in split], axis=2)
    spread[spread == 0] = 1
    sigmas = sigma * np.linalg.norm(_OPPONENT, axis=1) / spread
    found = bm3d.bm3d((channels - low) / spread, list(sigmas), profile, first_stage)
    return np.asarray((found * spread + low) @ np.linalg.inv(_OPPONENT).T)


def _leave_when_alone() -> None:
    os.read(0, 1)  # not sys.stdin, whose lock must be free when the interpreter ends
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_leave_when_alone, daemon=True).start()
    image = np.load(sys.argv[1]).astype(np.float64)
    np.save(sys.argv[2], denoise(image, float(sys.argv[3]), sys.argv[4] == "opponent").astype(np.float32))
