"""Colours as the file means them: profiles are obeyed, and grey stays grey."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from jnn_studio.data.decode import decode_middle, decode_whole

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
D50 = (0.9642, 1.0, 0.8249)


def number(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def profile(space: bytes, **tags: bytes) -> bytes:
    """An ICC profile of version 2 with these tags."""
    entries = {b"wtpt": b"XYZ \0\0\0\0" + b"".join(map(number, D50))}
    entries |= {name.encode(): data for name, data in tags.items()}
    entries[b"desc"] = b"desc\0\0\0\0" + struct.pack(">I", 2) + b"t\0" + bytes(78)
    entries[b"cprt"] = b"text\0\0\0\0none\0"
    table, body, at = b"", b"", 128 + 4 + 12 * len(entries)
    for name, data in entries.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    head = struct.pack(">I4sI4s4s4s", 0, bytes(4), 0x02100000, kind, space, b"XYZ ") + bytes(12) + b"acsp"
    head += bytes(28) + b"".join(map(number, D50))
    whole = head.ljust(128, b"\0") + struct.pack(">I", len(entries)) + table + body
    return struct.pack(">I", len(whole)) + whole[4:]


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def place(*xyz: float) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(number, xyz))


MATRIX = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
TO_SRGB = np.linalg.inv(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)
# Adobe RGB (1998): its red and green are stronger than sRGB's.
ADOBE = profile(
    b"RGB ",
    rXYZ=place(*MATRIX[:, 0]),
    gXYZ=place(*MATRIX[:, 1]),
    bXYZ=place(*MATRIX[:, 2]),
    rTRC=gamma(2.2),
    gTRC=gamma(2.2),
    bTRC=gamma(2.2),
)
LINEAR_GREY = profile(b"GRAY", kTRC=gamma(1.0))


def srgb(light: np.ndarray) -> np.ndarray:
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


COLOUR = (150, 80, 60)
MEANT = srgb(TO_SRGB @ MATRIX @ (np.array(COLOUR) / 255) ** 2.2)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def whole(data: bytes, channels: int = 3) -> np.ndarray:
    return decode_whole(io.BytesIO(data), channels)


def flat(colour: object, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (40, 40), colour)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_colours_of_another_space_become_those_of_srgb(kind: str) -> None:
    options: dict[str, object] = (
        {"quality": 98} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    )
    data = encoded(flat(COLOUR), kind, icc_profile=ADOBE, **options)
    assert MEANT[0] > COLOUR[0] + 15
    np.testing.assert_allclose(whole(data)[20, 20].astype(int), MEANT, atol=3)
    np.testing.assert_allclose(decode_middle(io.BytesIO(data), 16, 3)[:, 8, 8].astype(int), MEANT, atol=3)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_jpeg_decoded_to_grey_has_the_luminance_of_its_colours(channels: int) -> None:
    data = encoded(flat(COLOUR), "JPEG", quality=98, icc_profile=ADOBE)
    found = decode_middle(io.BytesIO(data), 8, channels)[:, 4, 4]
    expected = MEANT if channels == 3 else MEANT @ (0.299, 0.587, 0.114)
    np.testing.assert_allclose(found.astype(int), expected, atol=3)


def test_srgb_s_own_profile_changes_no_pixel() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    np.testing.assert_array_equal(whole(encoded(Image.fromarray(pixels), icc_profile=SRGB)), pixels)


def test_grey_has_profiles_too_and_stays_grey() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    found = whole(encoded(Image.fromarray(levels), icc_profile=LINEAR_GREY)).astype(int)
    assert np.ptp(found, axis=2).max() == 0
    expected = srgb(levels / 255)
    assert np.abs(found[..., 0] - expected).max() <= 3
    deep = Image.fromarray(levels.astype(np.uint16) * 257)
    assert np.abs(whole(encoded(deep, icc_profile=LINEAR_GREY))[..., 0] - expected).max() <= 3


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_and_palettes_go_along(mode: str) -> None:
    image = flat((*COLOUR, 255), "RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 20, 40))
    if mode == "P":
        image = flat(COLOUR).quantize(4)
    elif mode == "LA":
        image = flat((128, 255), "LA")
        image.paste((0, 0), (0, 0, 20, 40))
    found = whole(encoded(image, icc_profile=LINEAR_GREY if mode == "LA" else ADOBE))
    expected = (188, 188, 188) if mode == "LA" else MEANT
    np.testing.assert_allclose(found[20, 30].astype(int), expected, atol=3)
    if mode != "P":
        assert (found[:, :20] == 255).all(), "what is transparent shows white"


def test_cmyk_goes_by_its_profile() -> None:
    """A press whose cyan is a light red: no sensible one, which is how one sees whose word holds."""
    grid = 2
    corners = [
        [0.9642 * light, light, 0.8249 * light] if not cyan else [0.5 * light, 0.3 * light, 0.1 * light]
        for cyan in (0, 1)
        for _magenta in (0, 1)
        for _yellow in (0, 1)
        for light in (1.0, 0.0)
    ]
    numbers = [round(value * 32768) for corner in corners for value in corner]
    curves = struct.pack(">2H", 0, 65535)
    table = (
        b"mft2\0\0\0\0" + bytes((4, 3, grid, 0)) + b"".join(number(v) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    )
    table += struct.pack(">2H", 2, 2) + 4 * curves + struct.pack(f">{len(numbers)}H", *numbers) + 3 * curves
    press = profile(b"CMYK", A2B0=table, A2B1=table)
    plain = whole(encoded(flat((255, 0, 0, 0), "CMYK"), "TIFF"))[20, 20].astype(int)
    found = whole(encoded(flat((255, 0, 0, 0), "CMYK"), "TIFF", icc_profile=press))[20, 20].astype(int)
    assert plain[0] < 50, "without a profile cyan is cyan"
    assert found[0] > 200 > 100 > found[1:].max()


@pytest.mark.parametrize(
    "broken",
    [b"", b"x", b"not a profile" * 100, ADOBE[:200], ADOBE[:128] + bytes(len(ADOBE) - 128), LINEAR_GREY],
)
def test_a_profile_that_is_damaged_or_for_other_pixels_is_ignored(broken: bytes) -> None:
    image = flat(COLOUR)
    assert whole(encoded(image, icc_profile=broken))[20, 20].tolist() == list(COLOUR)
