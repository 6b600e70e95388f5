"""Between pixels and the scale the networks work in, and the noise that is added to images."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from torch import Tensor


def to_signed(pixels: np.ndarray) -> Tensor:
    """uint8 or uint16 pixels (height, width, channels) as float32 (channels, height, width) in [-1, 1]."""
    half = np.iinfo(pixels.dtype).max / 2
    return torch.from_numpy(pixels.transpose(2, 0, 1).astype(np.float32, order="C")).div_(half).sub_(1)


def to_pixels(image: Tensor, depth: int = 8) -> np.ndarray:
    """An image (channels, height, width), cut to [-1, 1], as uint8 or uint16 (height, width, channels)."""
    largest = 2**depth - 1
    scaled = image.detach().to("cpu", torch.float32).add(1).mul_(largest / 2).round_().clamp_(0, largest)
    values = scaled.nan_to_num_(0.0).numpy().transpose(1, 2, 0)
    return np.ascontiguousarray(values.astype(np.uint8 if depth == 8 else np.uint16))


def add_noise(clean: Tensor, sigma: float, seed: int) -> Tensor:
    """clean + σ ε with ε standard normal, not cut to [-1, 1]; ε depends on the shape and the seed alone."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(clean.shape, generator=generator, dtype=torch.float32)
    return noise.to(clean).mul_(sigma).add_(clean)


def blend(noisy: Tensor, denoised: Tensor, strength: float) -> Tensor:
    """From ``noisy``, at a strength of 0, to ``denoised`` at 1."""
    return denoised if strength == 1 else noisy.lerp(denoised, strength)


def digest_of(pixels: np.ndarray) -> str:
    """What an image goes by, whatever its file is called: SHA-256 of shape and pixels."""
    return hashlib.sha256(f"{pixels.shape}".encode() + pixels.tobytes()).hexdigest()


def seed_of(digest: str, seed: int) -> int:
    """Seed of the noise of the image of this `digest_of`: every image has a noise of its own."""
    return int(digest[:12], 16) + seed
