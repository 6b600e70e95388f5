"""One file's bytes become an image or a reason."""

from __future__ import annotations

import errno
import io
import os
import random
import struct
import threading
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, ImageFile
from PIL.PngImagePlugin import PngInfo

from jnn_studio.data import decode
from jnn_studio.data.decode import decode_middle, decode_whole, load_image
from jnn_studio.data.errors import DataError, UnreadableImageError

SHARP = {"quality": 95, "subsampling": 0}


def gradient(height: int = 48, width: int = 64) -> np.ndarray:
    """A smooth colour picture whose four corners all differ."""
    y, x = np.mgrid[0:height, 0:width]
    red, green = 255 * y / (height - 1), 255 * x / (width - 1)
    return np.stack([red, green, 255 - red], axis=-1).round().astype(np.uint8)


def encoded(pixels: np.ndarray | Image.Image, kind: str, **options: object) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def whole(data: bytes, channels: int = 3) -> np.ndarray:
    return decode_whole(io.BytesIO(data), channels)


def square(data: bytes, size: int = 16, channels: int = 3) -> np.ndarray:
    return decode_middle(io.BytesIO(data), size, channels)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims these sides and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    shape = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", shape)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def reason(data: bytes) -> str:
    with pytest.raises(UnreadableImageError) as caught:
        square(data)
    assert str(caught.value) == caught.value.reason
    return caught.value.reason


class TestFormats:
    @pytest.mark.parametrize(
        ("kind", "options"),
        [
            *(("PNG", {}), ("BMP", {}), ("PPM", {}), ("WEBP", {"lossless": True}), ("JPEG", SHARP)),
            *(("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"})),
        ],
    )
    def test_every_format_gives_its_pixels(self, kind: str, options: dict[str, object]) -> None:
        pixels = gradient()
        decoded = whole(encoded(pixels, kind, **options))
        assert decoded.dtype == np.uint8
        assert decoded.shape == (48, 64, 3)
        assert np.abs(decoded.astype(int) - pixels).max() <= (4 if kind == "JPEG" else 0)

    def test_grey_is_repeated_over_three_channels_and_kept_as_one(self) -> None:
        grey = gradient()[:, :, 1]
        data = encoded(grey, "PPM")
        np.testing.assert_array_equal(whole(data), np.repeat(grey[:, :, None], 3, axis=2))
        np.testing.assert_array_equal(whole(data, channels=1), grey[:, :, None])

    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    def test_colour_becomes_grey_by_its_luminance(self, kind: str) -> None:
        pixels = gradient()
        expected = pixels @ np.array([0.299, 0.587, 0.114])
        decoded = whole(encoded(pixels, kind), channels=1)[:, :, 0]
        assert np.abs(decoded - expected).mean() < 1.5
        small = square(encoded(pixels, kind), 48, channels=1)[0]
        assert np.abs(small - expected[:, 8:56]).mean() < 1.5

    def test_a_palette_is_looked_up(self) -> None:
        image = Image.fromarray(gradient()).quantize(256)
        np.testing.assert_array_equal(whole(encoded(image, "PNG")), np.asarray(image.convert("RGB")))

    def test_black_and_white_uses_the_whole_range(self) -> None:
        image = Image.fromarray(gradient()).convert("1")
        assert set(np.unique(whole(encoded(image, "PNG")))) == {0, 255}

    @pytest.mark.parametrize("kind", ["PNG", "PPM"])
    def test_sixteen_bit_grey_is_scaled_by_its_full_range(self, kind: str) -> None:
        values = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
        assert whole(encoded(values, kind), channels=1).ravel().tolist() == [0, 1, 128, 255]

    def test_cmyk_is_converted(self) -> None:
        data = encoded(Image.fromarray(gradient()).convert("CMYK"), "JPEG", quality=95)
        assert np.abs(whole(data).astype(int) - gradient()).mean() < 3
        assert square(data, channels=1).shape == (1, 16, 16)

    @pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
    def test_what_is_transparent_shows_white(self, mode: str) -> None:
        image = Image.new("RGBA", (8, 8), (0, 0, 0, 255))
        image.paste((0, 0, 0, 0), (0, 0, 4, 8))
        image = image.quantize(4) if mode == "P" else image.convert(mode)
        decoded = whole(encoded(image, "PNG"))
        assert (decoded[:, :4] == 255).all()
        assert (decoded[:, 4:] == 0).all()

    def test_half_transparent_is_mixed_with_white(self) -> None:
        decoded = whole(encoded(Image.new("RGBA", (4, 4), (0, 0, 0, 128)), "PNG"))
        np.testing.assert_allclose(decoded, 127, atol=1)

    def test_of_an_animation_the_first_frame_counts(self) -> None:
        first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
        data = encoded(first, "WEBP", save_all=True, append_images=[second], lossless=True)
        assert whole(data)[0, 0].tolist() == [255, 0, 0]

    def test_a_gif_gives_its_first_frame(self) -> None:
        first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
        data = encoded(first, "GIF", save_all=True, append_images=[second])
        assert whole(data)[0, 0].tolist() == [255, 0, 0]

    @pytest.mark.skipif("AVIF" not in decode.FORMATS, reason="this Pillow reads none")
    def test_avif_where_pillow_has_it(self) -> None:
        assert np.abs(whole(encoded(gradient(), "AVIF", quality=100)).astype(int) - gradient()).mean() < 3

    @pytest.mark.parametrize("order", ["<", ">"])
    def test_a_tiff_of_sixteen_bit_grey_is_scaled_by_its_full_range(self, order: str) -> None:
        values = np.array([[0, 257, 32896, 65535]], dtype=f"{order}u2")
        assert whole(encoded(values, "TIFF"), channels=1).ravel().tolist() == [0, 1, 128, 255]

    def test_lab_is_converted(self) -> None:
        to_lab = ImageCms.buildTransform(
            ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
        )
        image = ImageCms.applyTransform(Image.fromarray(gradient()), to_lab)
        assert image is not None
        image.info.clear()
        assert np.abs(whole(encoded(image, "TIFF")).astype(int) - gradient()).mean() < 3


class TestLargeWords:
    """What a PNG says about itself is no reason not to show it."""

    @pytest.mark.parametrize("packed", [False, True])
    @pytest.mark.parametrize("after", [False, True])
    def test_large_texts_are_no_damage(self, packed: bool, after: bool) -> None:
        words = PngInfo()
        for number in range(3):
            words.add_text(f"workflow {number}", "x" * 2**22, zip=packed)
        data = encoded(gradient(), "PNG", pnginfo=words)
        if after:
            start = data.index(b"zTXt" if packed else b"tEXt") - 4
            end, tail = data.index(b"IDAT") - 4, data.index(b"IEND") - 4
            data = data[:start] + data[end:tail] + data[start:end] + data[tail:]
        np.testing.assert_array_equal(whole(data), gradient())

    def test_a_large_profile_is_no_damage(self) -> None:
        profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
        profile += bytes(3 * 2**20)
        profile[:4] = len(profile).to_bytes(4, "big")
        data = encoded(gradient(), "PNG", icc_profile=bytes(profile))
        np.testing.assert_array_equal(whole(data), gradient())

    def test_what_unpacks_without_end_is_refused(self) -> None:
        chunk = b"zTXt" + b"words\0\0" + zlib.compress(bytes(80 * 2**20), 9)
        chunk = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        data = encoded(gradient(), "PNG")
        start = data.index(b"IDAT") - 4
        assert reason(data[:start] + chunk + data[start:]) == (
            "text or a profile in it unpacks to more than the 64 MB read"
        )


class TestOrientation:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG", "TIFF"])
    def test_the_exif_orientation_is_obeyed(self, kind: str, orientation: int) -> None:
        """Stored pixel (row, column) is where the EXIF table of orientations says the viewer sees it."""
        pixels = gradient()
        seen = {
            1: pixels,
            2: pixels[:, ::-1],
            3: pixels[::-1, ::-1],
            4: pixels[::-1],
            5: pixels.transpose(1, 0, 2),
            6: np.rot90(pixels, -1),
            7: pixels[::-1, ::-1].transpose(1, 0, 2),
            8: np.rot90(pixels),
        }[orientation]
        exif = Image.Exif()
        exif[0x0112] = orientation
        options = {"lossless": True} if kind == "WEBP" else SHARP if kind == "JPEG" else {}
        data = encoded(pixels, kind, exif=exif, **options)
        decoded = whole(data)
        assert decoded.shape == seen.shape
        assert np.abs(decoded.astype(int) - seen).max() <= 4
        upright = square(encoded(np.ascontiguousarray(seen), kind, **options))
        assert np.abs(square(data).astype(int) - upright).mean() < 2
        oblong = decode_middle(io.BytesIO(data), (12, 20), 3)
        again = decode_middle(io.BytesIO(encoded(np.ascontiguousarray(seen), kind, **options)), (12, 20), 3)
        assert oblong.shape == (3, 12, 20)
        assert np.abs(oblong.astype(int) - again).mean() < 2

    @pytest.mark.parametrize("exif", [b"Exif\0\0rubbish", b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01", b"x"])
    def test_damaged_exif_does_not_matter(self, exif: bytes) -> None:
        plain = whole(encoded(gradient(), "JPEG"))
        np.testing.assert_array_equal(whole(encoded(gradient(), "JPEG", exif=exif)), plain)


class TestSquare:
    @pytest.mark.parametrize("shape", [(40, 100), (100, 40), (41, 100)])
    def test_it_is_the_centre(self, shape: tuple[int, int]) -> None:
        height, width = shape
        side = min(shape)
        y, x = np.mgrid[0:height, 0:width]
        pixels = square(encoded(np.stack([y, x, x], axis=-1).astype(np.uint8), "PNG"), 10)
        middle = (np.arange(10) + 0.5) * side / 10 - 0.5
        np.testing.assert_allclose(pixels[0, :, 5], middle + (height - side) / 2, atol=0.51)
        np.testing.assert_allclose(pixels[1, 5, :], middle + (width - side) / 2, atol=0.51)

    def test_it_is_channels_first_and_contiguous(self) -> None:
        pixels = square(encoded(gradient(), "PNG"), 20)
        assert pixels.shape == (3, 20, 20)
        assert pixels.flags.c_contiguous
        assert pixels[0, 0, 0] < 20
        assert pixels[2, 0, 0] > 235

    def test_fine_detail_is_averaged_and_not_sampled(self) -> None:
        checks = (np.indices((256, 256)).sum(0) % 2 * 255).astype(np.uint8)
        np.testing.assert_allclose(square(encoded(checks, "PNG"), 16).astype(int), 128, atol=2)

    @pytest.mark.parametrize("scale", [1, 2, 3, 7, 16])
    def test_a_jpeg_decoded_small_looks_like_one_decoded_whole(self, scale: int) -> None:
        data = encoded(gradient(16 * scale + 5, 16 * scale + 9), "JPEG", **SHARP)
        plain = square(encoded(whole(data), "PNG"))
        assert np.abs(square(data).astype(int) - plain).mean() < 2

    def test_small_images_are_enlarged(self) -> None:
        assert (square(encoded(np.full((1, 3, 3), 77, np.uint8), "PNG")) == 77).all()


class TestRefusals:
    def test_an_empty_file(self) -> None:
        assert reason(b"") == "empty file"

    @pytest.mark.parametrize(
        "data", [b"just text", b"\0" * 4096, b"GIF88a" + b"\0" * 64, b"%!PS-Adobe-3.0\n"]
    )
    def test_what_is_no_image_of_a_known_format(self, data: bytes) -> None:
        assert reason(data) == "not a readable JPEG, PNG, WebP, TIFF, BMP, PNM, GIF or AVIF image"

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "PPM", "WEBP"])
    def test_a_file_cut_short(self, kind: str) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        data = encoded(noise, kind)
        assert reason(data[: len(data) // 2]).startswith(("damaged", "not a readable"))
        assert ImageFile.LOAD_TRUNCATED_IMAGES is False

    @pytest.mark.parametrize("sides", [(12_300, 12_300), (13_500, 13_500), (60_000, 60_000)])
    def test_more_pixels_than_anyone_needs(self, sides: tuple[int, int]) -> None:
        assert "more than the 150 megapixels read" in reason(png_header(*sides))

    def test_a_file_larger_than_memory_allows(self) -> None:
        class Endless(io.BytesIO):
            def seek(self, offset: int, whence: int = 0) -> int:
                return 10**12 if whence == os.SEEK_END else super().seek(offset, whence)

        with pytest.raises(UnreadableImageError, match="more than the 256 MB read"):
            decode_middle(Endless(encoded(gradient(), "PNG")), 16, 3)

    def test_floating_point_pixels(self) -> None:
        assert "floating-point" in reason(b"Pf\n2 2\n-1.0\n" + struct.pack("<4f", 0, 1, 2, 3))

    def test_random_damage_never_raises_anything_else(self) -> None:
        chance = random.Random(0)
        kinds = decode.FORMATS
        originals = [encoded(gradient(), kind) for kind in kinds]
        originals.append(encoded(Image.fromarray(gradient()).quantize(16), "PNG", transparency=3))
        refused = 0
        for _ in range(600):
            data = bytearray(chance.choice(originals))
            for _ in range(chance.randint(1, 12)):
                data[chance.randrange(min(len(data), 200))] = chance.randrange(256)
            try:
                assert square(bytes(data)).shape == (3, 16, 16)
            except UnreadableImageError:
                refused += 1
        assert 0 < refused < 600

    @pytest.mark.parametrize(
        ("number", "why"), [(errno.EIO, "Input/output error"), (errno.EACCES, "permission denied")]
    )
    def test_a_disk_error_is_told_from_a_damaged_file(self, number: int, why: str) -> None:
        class FailingDisk(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                raise OSError(number, os.strerror(number))

        with pytest.raises(UnreadableImageError, match=why) as caught:
            decode_middle(FailingDisk(b"x"), 16, 3)
        assert caught.value.transient


class TestWarnings:
    def test_a_large_image_within_the_limit_is_read_without_pillow_s_warning(self) -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            data = encoded(Image.new("1", (10_000, 9_000)), "PNG")
            assert square(data, channels=1).shape == (1, 16, 16)
        assert caught == []

    def test_only_pillow_s_own_warnings_are_silenced(self) -> None:
        square(encoded(gradient(), "PNG"))
        with pytest.warns(UserWarning, match="ours"):
            warnings.warn("ours", stacklevel=1)


def test_large_images_wait_for_each_other() -> None:
    data = encoded(Image.new("L", (5_000, 4_000)), "PNG")
    with decode._one_large_image:
        thread = threading.Thread(target=square, args=(data,))
        thread.start()
        square(encoded(gradient(), "PNG"))
        thread.join(0.5)
        assert thread.is_alive()
    thread.join()


class TestLoadImage:
    def test_it_is_a_float_tensor_between_0_and_1(self, tmp_path: Path) -> None:
        path = tmp_path / "face.png"
        path.write_bytes(encoded(gradient(), "PNG"))
        image = load_image(path, 32)
        assert image.shape == (3, 32, 32)
        assert image.dtype == torch.float32
        assert 0 <= image.min() < 0.1
        assert 0.9 < image.max() <= 1
        assert load_image(str(path), 32, channels=1).shape == (1, 32, 32)

    def test_the_name_does_not_decide(self, tmp_path: Path) -> None:
        path = tmp_path / "photo.png"
        path.write_bytes(encoded(gradient(), "JPEG"))
        assert load_image(path, 8).shape == (3, 8, 8)

    def test_errors_name_the_file_and_the_reason(self, tmp_path: Path) -> None:
        text = tmp_path / "notes.jpg"
        text.write_text("dear diary")
        for path, why in [
            (text, "not a readable JPEG"),
            (tmp_path, "not a file"),
            (tmp_path / "no", "missing"),
        ]:
            with pytest.raises(DataError, match=why) as caught:
                load_image(path, 8)
            assert str(path) in str(caught.value)

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.jpg")
        with pytest.raises(DataError, match="not a file"):
            load_image(tmp_path / "pipe.jpg", 8)
