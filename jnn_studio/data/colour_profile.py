"""From the colours that an image's profile means to those of sRGB, which screens and this program work in."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

MAX_PROFILE_BYTES = 16 * 2**20
"""Those of printing presses, the largest there are, have a few."""

_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"}
"""What pixels a profile is for."""

_NO_CHANGE = 1
"""Levels that rounding alone may cost: profiles of sRGB itself, which most files carry, change nothing."""


def to_srgb(image: Image.Image) -> Image.Image:
    """``image``, decoded, as sRGB: grey stays grey, an alpha channel stays, CMYK becomes RGB.

    Without a profile, or with one that is damaged or for other pixels, the image itself.
    """
    if image.mode == "LAB":  # its numbers mean colours by themselves
        return _converted(image, b"")
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or not 0 < len(profile) <= MAX_PROFILE_BYTES:
        return image
    plain = image
    if image.mode in ("P", "PA"):
        plain = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.has_transparency_data:
        plain = image.convert("LA" if image.mode in ("1", "L", "LA") else "RGBA")
    elif image.mode == "1":
        plain = image.convert("L")
    alpha = plain.getchannel("A") if plain.mode in ("LA", "RGBA") else None
    colours = plain if alpha is None else plain.convert(plain.mode[:-1])
    found = _converted(colours, profile)
    if found is colours:
        return image
    if alpha is not None:
        found.putalpha(alpha)
    return found


def needs_colours(image: Image.Image) -> bool:
    """Whether a profile is for the image's colours, which decoding to grey would take away."""
    return "icc_profile" in image.info and image.mode != "L"


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    transform = _transform(profile, image.mode)
    if transform is None:
        return image
    found = ImageCms.applyTransform(image, transform)
    assert found is not None
    # A grey has three equal parts but for rounding.
    return found.getchannel("G") if image.mode == "L" else found


@lru_cache(maxsize=32)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From pixels of ``mode`` to sRGB; None if the profile says nothing about them, or nothing new."""
    try:
        source = io.BytesIO(profile) if profile else ImageCms.createProfile("LAB")
        opened = ImageCms.ImageCmsProfile(source)
        if _MODES.get(opened.profile.xcolor_space) != mode:
            return None
        transform = ImageCms.buildTransform(
            opened,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            # Several threads use it at once.
            ImageCms.Flags.BLACKPOINTCOMPENSATION | ImageCms.Flags.NOCACHE,
        )
        if mode in ("RGB", "L"):
            probe = _probe(mode)
            change = np.abs(_as_numbers(ImageCms.applyTransform(probe, transform)) - _as_numbers(probe))
            if change.max() <= _NO_CHANGE:
                return None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # a damaged profile says nothing
        return None
    return transform


def _probe(mode: str) -> Image.Image:
    levels = np.linspace(0, 255, 18).round().astype(np.uint8)
    if mode == "L":
        return Image.fromarray(levels[None])
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1)
    return Image.fromarray(cube.reshape(1, -1, 3))


def _as_numbers(image: Image.Image | None) -> np.ndarray:
    assert image is not None
    return np.asarray(image.convert("RGB"), dtype=np.int64)
