"""BM3D's hard-thresholding stage, in a process of its own that can be ended at any time."""

from __future__ import annotations

import importlib.util
import math
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from jnn_studio.base.errors import StudioError
from jnn_studio.base.watch import Watch
from jnn_studio.models.denoiser import STRIDE

LICENCE = (
    "The package bm3d is by Tampere University, for informational and non-commercial use only, with "
    "reference to its authors where results are made public; it is no part of JNN Studio."
)
HOW_TO_GET = f'BM3D is not installed. Get it with: pip install "jnn-studio[denoise]". {LICENCE}'

_SMALLEST = 2 * STRIDE
"""Sides are brought to this by repeating the border: BM3D matches blocks of 8×8."""

_PATIENCE = 0.05
"""Seconds between two looks at whether the work is done or cancelled."""

_WINDOWLESS: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows would open a console

_SCRIPT = Path(__file__).with_name("bm3d_process.py")


class Bm3dError(StudioError):
    """BM3D gave no image; the message says why."""


def available() -> bool:
    """Is the package there, and can a process be started that uses it?"""
    frozen = bool(
        getattr(sys, "frozen", False)
    )  # the program is then its own interpreter, which runs no script
    return not frozen and _SCRIPT.is_file() and importlib.util.find_spec("bm3d") is not None


def installed_version() -> str:
    """The package's version; empty if it is not installed."""
    try:
        return version("bm3d")
    except PackageNotFoundError:
        return ""


def denoise_bm3d(noisy: Tensor, sigma: float, *, opponent: bool = True, watch: Watch | None = None) -> Tensor:
    """BM3D's first stage on ``noisy`` (channels, height, width), channels 1 or 3, with noise of ``sigma``.

    Hard thresholding only, as the paper compares with. Colour in the opponent space of C-BM3D, with blocks
    matched by luminance (Dabov et al., ICIP 2007), as the package's ``bm3d_rgb`` does; without ``opponent``
    as the paper's authors call it, ``bm3d.bm3d(rgb, σ)``: blocks matched by the red channel, which is noisier
    than luminance. ``noisy`` and ``sigma`` are in the scale of [-1, 1]. The calling thread waits, the
    interpreter does not: the work is another process's.

    Raises:
        Cancelled: ``watch``, asked twenty times a second, said so; the process is ended.
        Bm3dError: the package is missing or failed, or ``sigma`` is no σ; the message says what to do.
        ValueError: ``noisy`` is no such image.
    """
    if noisy.ndim != 3 or noisy.shape[0] not in (1, 3) or not noisy.numel():
        raise ValueError(f"expected an image (1 or 3 channels, height, width), got {tuple(noisy.shape)}")
    if not (sigma >= 0 and math.isfinite(sigma)):
        raise Bm3dError(f"BM3D has to be told a σ of 0 or more, not {sigma:g}; give the σ of the noise")
    if not available():
        raise Bm3dError(HOW_TO_GET)
    if sigma == 0:  # as estimated of a flat image: there is nothing to remove
        return noisy.detach().to("cpu", torch.float32).clone()
    height, width = noisy.shape[1:]
    below, right = (max(0, _SMALLEST - length) for length in (height, width))
    # BM3D's thresholds are made for images in [0, 1].
    image = noisy.detach().to("cpu", torch.float32).add(1).div_(2).numpy().transpose(1, 2, 0)
    image = np.pad(image, ((0, below), (0, right), (0, 0)), mode="edge")
    with tempfile.TemporaryDirectory(prefix="jnn-studio-bm3d-") as folder:
        result = _run(Path(folder), image, sigma / 2, opponent, watch or Watch())
    signed = torch.from_numpy(np.ascontiguousarray(result.transpose(2, 0, 1)))
    return signed[:, :height, :width].mul(2).sub_(1).contiguous()


def _run(folder: Path, image: np.ndarray, sigma: float, opponent: bool, watch: Watch) -> np.ndarray:
    source, target, complaints = folder / "noisy.npy", folder / "denoised.npy", folder / "stderr"
    np.save(source, image)
    # -P: the folder of the script holds a module of the package's name.
    colours = "opponent" if opponent else "rgb"
    command = [sys.executable, "-P", str(_SCRIPT), str(source), str(target), repr(sigma), colours]
    with complaints.open("wb") as stderr:
        # Its stdin stays open as long as this process lives: that is how it notices that it is alone.
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            creationflags=_WINDOWLESS,
        )
        try:
            while True:
                watch.check()
                try:
                    status = process.wait(_PATIENCE)
                    break
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            assert process.stdin is not None
            process.stdin.close()
    if status != 0 or not target.is_file():
        lines = complaints.read_text(encoding="utf-8", errors="replace").strip().split("\n")
        reason = lines[-1] or f"its process ended with status {status}"
        raise Bm3dError(f"BM3D failed: {reason}. Reinstall it with: pip install --force-reinstall bm3d")
    found: np.ndarray = np.load(target)
    return found
