"""One untrusted file's bytes become a uint8 image or a named reason why not."""

from __future__ import annotations

import os
import re
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
import torch
from PIL import ExifTags, Image, UnidentifiedImageError
from torch import Tensor

from jnn_studio.base.reading import open_file
from jnn_studio.data.colour_profile import needs_colours, to_srgb
from jnn_studio.data.errors import DataError, UnreadableImageError
from jnn_studio.data.image_formats import IMAGE_FORMATS, MAX_TEXT_BYTES, words_of
from jnn_studio.data.pixels import middle, to_8_bits
from jnn_studio.data.source import Size, height_and_width

T = TypeVar("T")

MAX_FILE_BYTES = 256 * 2**20
MAX_PIXELS = 150_000_000  # below the 179 million at which Pillow itself refuses
_LARGE_PIXELS = 16_000_000
CROPPED_SIDE = 512
"""Photographs are cut up at most at this length of their shorter side."""

_PILLOW = re.compile(r"PIL\.")

FORMATS = tuple(found.key for found in IMAGE_FORMATS)

_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_SIDEWAYS = (5, 6, 7, 8)

# Memory: many threads may decode at once, but only one of them an image of hundreds of megabytes.
_one_large_image = threading.Lock()


def load_image(path: Path | str, size: Size, channels: int = 3) -> Tensor:
    """One image file as a float32 tensor (channels, height, width) in [0, 1].

    The same crop and scaling as in `open_folder`, so a file gives the same pixels here and there.

    Raises:
        DataError: the file gives no image; the message names the file and the reason.
    """
    pixels = decode_path(Path(path), lambda file: decode_middle(file, size, channels))
    return torch.from_numpy(pixels).to(torch.float32).div_(255)


def decode_path(path: Path, decode: Callable[[BinaryIO], T]) -> T:
    """What ``decode`` makes of the file at ``path``, as it came from a person.

    Raises:
        DataError: the file gives no image; the message names the file, the reason and what to do.
    """
    path = path.expanduser()
    try:
        with open_file(path) as file:
            return decode(file)
    except (OSError, UnreadableImageError) as error:
        cause = UnreadableImageError.from_os(error) if isinstance(error, OSError) else error
        raise DataError(f"{path} cannot be used: {cause.reason}. Choose a {words_of()} image.") from error


def decode_whole(file: BinaryIO, channels: int = 3, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """An encoded image at its own size, upright: uint8 (height, width, channels), channels 1 or 3.

    Raises:
        UnreadableImageError: as `decode_middle`; an image of more than ``max_pixels`` before it is decoded.
    """
    with open_image(file, max_pixels) as image, room_for(image):
        return _pixels(upright(_flat(image, channels), orientation_of(image)))


def decode_middle(file: BinaryIO, size: Size, channels: int) -> np.ndarray:
    """The middle of an encoded image, as much as has the proportions of ``size``, scaled with antialiasing to
    it: uint8 (channels, height, width).

    Transparency is shown on white, 16-bit grey scaled by its full range, the EXIF orientation obeyed;
    of an animation the first frame counts. Colours are those of sRGB, by the file's profile if it has one.

    Raises:
        UnreadableImageError: ``file`` holds no image that can be read, or reading it failed.
    """
    with open_image(file) as image:
        height, width = height_and_width(size)
        longer = max(height, width)
        # A JPEG decodes at 1/2, 1/4 or 1/8 size for a fraction of the time; other formats know no draft.
        # The last row and column of one stand for less than a whole pixel, which its box tells.
        draft = image.draft(_drafted(image, channels), (longer, longer))
        with room_for(image):
            flat = _flat(image, channels)
        # The small image is turned instead of the large. A TIFF turns itself as it is read, and then says so.
        orientation = orientation_of(image)
        if orientation in _SIDEWAYS:
            height, width = width, height
        there = draft[1][2:] if draft else flat.size
        top, left, high, wide = middle(there[1], there[0], (height, width))
        box = (left, top, left + wide, top + high)
        small = flat.resize((width, height), Image.Resampling.BICUBIC, box=box, reducing_gap=3.0)
        return np.ascontiguousarray(_pixels(upright(small, orientation)).transpose(2, 0, 1))


def decode_crops(file: BinaryIO, size: int, channels: int, count: int, seed: int) -> np.ndarray:
    """Random squares of an encoded image at its own scale: uint8 (count, channels, size, size).

    An image whose shorter side is above `CROPPED_SIDE` is first scaled down to that, so that what a square
    shows does not depend on the camera's megapixels. Otherwise as `decode_middle`.

    Raises:
        UnreadableImageError: as `decode_middle`, and if the image is smaller than a square.
    """
    with open_image(file) as image:
        image.draft(_drafted(image, channels), (CROPPED_SIDE, CROPPED_SIDE))
        with room_for(image):
            flat = upright(_flat(image, channels), orientation_of(image))
        shorter = min(flat.size)
        if shorter < size:
            raise UnreadableImageError(
                f"{flat.width} × {flat.height} pixels, smaller than the {size} × {size} cut out of it"
            )
        side = max(CROPPED_SIDE, size)
        if shorter > side:
            width, height = (round(length * side / shorter) for length in flat.size)
            flat = flat.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
        pixels = _pixels(flat).transpose(2, 0, 1)
    random = np.random.default_rng(seed)
    tops = random.integers(0, pixels.shape[1] - size, count, endpoint=True)
    lefts = random.integers(0, pixels.shape[2] - size, count, endpoint=True)
    return np.stack(
        [pixels[:, top : top + size, left : left + size] for top, left in zip(tops, lefts, strict=True)]
    )


@contextmanager
def open_image(
    file: BinaryIO, max_pixels: int = MAX_PIXELS, formats: tuple[str, ...] = FORMATS
) -> Iterator[Image.Image]:
    """The image in ``file``, not yet decoded: the one place where the program opens images.

    Whatever goes wrong with it, there or in the block, becomes `UnreadableImageError`.
    """
    _ignore_pillow_warnings()
    try:
        length = file.seek(0, os.SEEK_END)
        if length == 0:
            raise UnreadableImageError("empty file")
        if length > MAX_FILE_BYTES:
            raise UnreadableImageError(
                f"{length / 2**20:,.0f} MB, more than the {MAX_FILE_BYTES >> 20} MB read"
            )
        file.seek(0)
        with Image.open(file, formats=formats) as image:
            if image.width * image.height > max_pixels:
                raise UnreadableImageError(
                    f"{image.width} × {image.height} pixels, {_too_many_pixels(max_pixels)}"
                )
            yield image
    except UnreadableImageError:
        raise
    except UnidentifiedImageError:
        known = words_of() if formats == FORMATS else " or ".join(formats)
        raise UnreadableImageError(f"not a readable {known} image") from None
    except Image.DecompressionBombError:
        raise UnreadableImageError(_too_many_pixels(max_pixels)) from None
    except MemoryError:
        raise UnreadableImageError("not enough memory to decode it", transient=True) from None
    except OSError as error:
        if error.errno is not None:  # the file system's; Pillow's own carry no number
            raise UnreadableImageError.from_os(error) from error
        raise UnreadableImageError(f"damaged or cut short ({error})") from error
    except ValueError as error:
        if "MAX_TEXT" in str(error):
            raise UnreadableImageError(
                f"text or a profile in it unpacks to more than the {MAX_TEXT_BYTES >> 20} MB read"
            ) from None
        raise UnreadableImageError(f"damaged ({error})") from error
    except Exception as error:  # decoders fed hostile bytes raise nearly anything
        raise UnreadableImageError(f"damaged ({error})") from error


def _too_many_pixels(limit: int) -> str:
    return f"more than the {limit // 10**6} megapixels read"


def _ignore_pillow_warnings() -> None:
    """Pillow warns about oddities of a file (its size, damaged EXIF) that people can do nothing about.

    Not `catch_warnings`, which swaps state of the whole process and is unsafe beside other threads.
    """
    filters: Sequence[Any] = warnings.filters
    if not any(entry[3] == _PILLOW for entry in filters):
        warnings.filterwarnings("ignore", module=_PILLOW.pattern)


def room_for(image: Image.Image) -> threading.Lock | nullcontext[None]:
    """Makes large images wait for each other while they are decoded."""
    return _one_large_image if image.width * image.height > _LARGE_PIXELS else nullcontext()


def _flat(image: Image.Image, channels: int) -> Image.Image:
    """8-bit grey or RGB, opaque, from any mode."""
    image.load()
    profile = image.info.get("icc_profile")
    if image.mode == "F":
        raise UnreadableImageError("floating-point pixels, whose range is not known")
    if image.mode.startswith("I"):
        # Pillow's own conversion clips at 255 instead of scaling.
        image = Image.fromarray(to_8_bits(np.asarray(image).clip(0, 65535)))
        image.info["icc_profile"] = profile
    image = to_srgb(image)
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    mode = "L" if channels == 1 else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _drafted(image: Image.Image, channels: int) -> str:
    """What a JPEG is to be decoded as."""
    return "L" if channels == 1 and not needs_colours(image) else "RGB"


def orientation_of(image: Image.Image) -> int:
    """How the camera was held, as EXIF has it: 1 where nothing is said."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # a damaged EXIF block says nothing against the pixels
        return 1


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """``image`` turned and mirrored as its `orientation_of` says."""
    return image.transpose(_TRANSPOSE[orientation]) if orientation in _TRANSPOSE else image


def _pixels(image: Image.Image) -> np.ndarray:
    pixels = np.array(image)
    return pixels[:, :, None] if pixels.ndim == 2 else pixels
