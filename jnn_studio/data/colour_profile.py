"""From the colours that an image's profile means to those of sRGB, which screens and this program work in."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache, partial

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
    change = _change(profile, image.mode)
    return image if change is None else change(image)


@lru_cache(maxsize=32)
def _change(profile: bytes, mode: str) -> Callable[[Image.Image], Image.Image] | None:
    """From pixels of ``mode`` to sRGB; None if the profile says nothing about them, or nothing new."""
    # Several threads use it at once.
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION | ImageCms.Flags.NOCACHE
    if mode == "L":
        flags |= ImageCms.Flags.NOOPTIMIZE  # else what is dark would be a few levels off
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile) if profile else ImageCms.createProfile("LAB"))
        if _MODES.get(opened.profile.xcolor_space) != mode:
            return None
        transform = ImageCms.buildTransform(
            opened,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags,
        )
        apply = partial(_applied, transform)
        if mode in ("RGB", "L"):
            probe = _probe(mode)
            before, after = (np.asarray(found.convert("RGB"), np.int64) for found in (probe, apply(probe)))
            if np.abs(after - before).max() <= _NO_CHANGE:
                return None
        if mode == "L":  # one look at every level there is; a grey has three equal parts but for rounding
            levels = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
            return partial(_looked_up, apply(levels).getchannel("G").tobytes())
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # a damaged profile says nothing
        return None
    return apply


def _applied(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    found = ImageCms.applyTransform(image, transform)
    assert found is not None  # it is where one image is written over
    return found


def _looked_up(levels: bytes, image: Image.Image) -> Image.Image:
    return image.point(list(levels))


def _probe(mode: str) -> Image.Image:
    levels = np.linspace(0, 255, 18).round().astype(np.uint8)
    if mode == "L":
        return Image.fromarray(levels[None])
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1)
    return Image.fromarray(cube.reshape(1, -1, 3))
