"""Table 1's rows for any folder: every method on the same noisy photographs, kept as they are found.

Conventions (Scarvelis & Solomon, NeurIPS 2024, §5 and B.2). The paper's ImageNet images lie in [-1, 1]; its
CBSD68 script loads images in [0, 1] with the same σ, which doubles the noise relative to the image, feeds
them to the same networks, and drops the last row and column. ``"0..1"`` here does as that script does.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from platformdirs import user_cache_path
from torch import Tensor

from jnn_studio.base.atomic import open_to_append
from jnn_studio.base.reading import parse_json, read_bytes
from jnn_studio.base.text import printable
from jnn_studio.base.watch import Watch
from jnn_studio.data.errors import DataError, UnreadableImageError
from jnn_studio.data.listing import Listing, list_images
from jnn_studio.data.photo import decode_photo
from jnn_studio.labs.denoise.denoisers import bm3d
from jnn_studio.labs.denoise.denoisers.methods import BM3D, CLASSICAL
from jnn_studio.labs.denoise.denoisers.telling import denoise_told, range_of
from jnn_studio.labs.denoise.measuring.measures import SIGNED, UNIT, Quality, quality
from jnn_studio.labs.denoise.noisy.noise import digest_of, seed_of, to_signed
from jnn_studio.labs.denoise.noisy.noise_estimate import estimate_noise
from jnn_studio.labs.denoise.noisy.noise_model import NoiseModel
from jnn_studio.models.weights import LoadedDenoiser, fingerprint

Range = Literal["-1..1", "0..1"]
NOISY = "noisy"
"""The row of the noisy image itself."""
FIELDS = ("psnr_paper", "psnr_plain", "ssim")
_LARGEST_RESULTS = 256 * 2**20
_GUESSED = " estimated"  # another word when images come to get other estimates
_VERSION = 2  # raise it when the same settings come to give other values


@dataclass(frozen=True)
class EvaluationSettings:
    """What values depend on beside image and method.

    Attributes:
        sigma: standard deviation of the noise, in the units of ``range``.
        range: what black and white are; see this module's own words.
        crop: side of the centre square that is used, or None for whole photographs.
        seed: of the noise; every image has a noise of its own.
        peak: how many photons white counts, where they are counted; for images in [-1, 1] alone.
        stabilised: methods for Gaussian noise see counted photons with their variance made alike everywhere.
    """

    sigma: float
    range: Range = "-1..1"
    crop: int | None = None
    seed: int = 0
    peak: float | None = None
    stabilised: bool = True

    def __post_init__(self) -> None:
        if self.peak is not None and self.range != "-1..1":
            raise ValueError("photons are counted for images in -1..1 alone")

    @property
    def noise(self) -> NoiseModel:
        """What is added."""
        return NoiseModel(self.sigma, self.peak)

    @property
    def signed_sigma(self) -> float:
        """σ of the same images once they are brought to [-1, 1]."""
        return self.sigma if self.range == "-1..1" else 2 * self.sigma


@dataclass(frozen=True)
class Measured:
    """One method on one image; ``pixels``: how many it has; ``estimated``: the σ it was told, if so."""

    image: str
    method: str
    quality: Quality
    seconds: float
    pixels: int = 0
    estimated: float | None = None


@dataclass(frozen=True)
class Skipped:
    """An image, or one method on it, that gave no value, and why."""

    image: str
    method: str
    reason: str

    @property
    def words(self) -> str:
        """Which, and why, on one line."""
        return f"{self.image}{self.method and ', '}{self.method}: {self.reason}"


@dataclass(frozen=True)
class Row:
    """A method's mean and sample standard deviation over the images, by field of `Quality`."""

    method: str
    images: int
    mean: Mapping[str, float]
    sd: Mapping[str, float]


class Results:
    """Values on disk, one line each, by a key of all they depend on; a cut last line is passed over.

    Raises:
        OSError: the file cannot be read, or appended to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: dict[str, dict[str, float | None]] = {}
        self._cut = False
        """The last line was cut off by a kill, and must not swallow the next one."""
        if not path.exists():
            return
        data = read_bytes(path, _LARGEST_RESULTS)
        self._cut = bool(data) and not data.endswith(b"\n")
        for line in data.split(b"\n"):  # a name may hold what others take for the end of a line
            with contextlib.suppress(ValueError, KeyError, TypeError):
                record = parse_json(line)
                found = {name: record[name] for name in (*FIELDS, "seconds")}
                found["estimated"] = record.get("estimated")
                if all(value is None or isinstance(value, int | float) for value in found.values()):
                    self._found[str(record["key"])] = found

    def get(self, key: str) -> tuple[Quality, float] | None:
        """The value of that key and the seconds it took."""
        data = self._found.get(key)
        if data is None:
            return None
        paper, plain, ssim, seconds = (data[name] for name in (*FIELDS, "seconds"))
        numbers = [math.nan if value is None else value for value in (paper, plain, seconds)]
        return Quality(numbers[0], numbers[1], ssim), numbers[2]

    def estimated(self, key: str) -> float | None:
        """The σ that was estimated for the value of that key, where it was."""
        return self._found.get(key, {}).get("estimated")

    def put(
        self,
        key: str,
        image: str,
        method: str,
        value: Quality,
        seconds: float,
        estimated: float | None = None,
    ) -> None:
        """Keep a value; it is on the disk when this returns."""
        data = {name: getattr(value, name) for name in FIELDS} | {"seconds": seconds}
        if estimated is not None:
            data["estimated"] = estimated
        self._found[key] = data
        finite = {name: None if v is None or math.isnan(v) else v for name, v in data.items()}
        line = json.dumps(
            {"key": key, "image": printable(image), "method": method, **finite}, ensure_ascii=False
        )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open_to_append(self.path) as file:
            file.write((("\n" if self._cut else "") + line + "\n").encode())
            file.flush()
            os.fsync(file.fileno())
        self._cut = False


def kept_at(settings: EvaluationSettings) -> Path:
    """Where values are kept as they are found, unless somebody says where."""
    name = hashlib.sha256(repr(settings).encode()).hexdigest()[:16]
    return user_cache_path("jnn-studio", appauthor=False) / "evaluations" / f"{name}.jsonl"


def list_photographs(path: Path) -> Listing:
    """The photographs in the folder or .zip at ``path``, to be closed.

    Raises:
        DataError: there are none, or it cannot be read.
    """
    listing = list_images(path)
    if not listing.names:
        listing.close()
        raise DataError(f"there is no image anywhere in {path}")
    return listing


def evaluate(
    photographs: Listing,
    indices: Sequence[int],
    denoisers: Mapping[str, LoadedDenoiser],
    classical: Sequence[str],
    settings: EvaluationSettings,
    results: Results,
    watch: Watch | None = None,
    *,
    estimated: bool = False,
) -> Iterator[Measured | Skipped]:
    """Every method on every photograph: its values as they are found, those known before at once.

    The noisy images themselves come first of each (`NOISY`). What is known of an image is found again by its
    pixels, the method's weights and the settings, whatever the files are called. ``classical``: which of
    the methods that learn nothing are measured too. ``estimated``: ``denoisers`` that are told σ are told the
    one that is estimated of each noisy image.

    Raises:
        ValueError: σ is to be ``estimated`` of other noise than Gaussian in -1..1.
        Cancelled: ``watch``, which hears of values, with the photograph's name, said so.
        OSError: values cannot be kept.
    """
    if estimated and (settings.range != "-1..1" or settings.peak is not None):
        raise ValueError("σ is estimated of Gaussian noise on images in -1..1 alone")
    watch = watch or Watch()
    quiet = watch.quiet()
    guessing = {key for key, loaded in denoisers.items() if estimated and range_of(loaded) is not None}
    weights = {
        key: _version_of(loaded) + (_GUESSED if key in guessing else "") for key, loaded in denoisers.items()
    }
    counted = "" if settings.peak is None else f" {settings.peak!r} {settings.stabilised}"
    weights = {NOISY: "", **weights} | dict.fromkeys(classical, bm3d.installed_version())
    total = len(indices) * len(weights)
    for place, index in enumerate(indices):
        name = photographs.names[index]
        watch.step(place * len(weights), total, name)
        try:
            with photographs.open(index) as file:
                photo = decode_photo(file, name)
        except (UnreadableImageError, OSError) as error:
            cause = UnreadableImageError.from_os(error) if isinstance(error, OSError) else error
            yield Skipped(name, "", cause.reason)
            continue
        pixels = np.ascontiguousarray(_part(photo.channels, settings))
        digest = digest_of(pixels)
        clean = to_signed(pixels) if settings.range == "-1..1" else (to_signed(pixels) + 1) / 2
        noisy: Tensor | None = None
        for done, (method, version) in enumerate(weights.items(), place * len(weights)):
            watch.step(done, total, name)
            key = hashlib.sha256(
                f"{_VERSION} {digest} {method} {version} {settings.sigma!r} {settings.range} "
                f"{settings.seed}{counted}".encode()
            ).hexdigest()
            known = results.get(key)
            if known is not None:
                yield Measured(
                    name, method, *known, pixels.shape[0] * pixels.shape[1], results.estimated(key)
                )
                continue
            if noisy is None:
                noisy = settings.noise.draw(clean, seed_of(digest, settings.seed))
            start = time.perf_counter()
            noise, guess = settings.noise, None
            if method in guessing:
                found = estimate_noise(noisy)
                noise, guess = NoiseModel(found.sigma, cut=found.cut), found.sigma
            try:
                estimate = _denoised(method, denoisers, noisy, settings, noise, quiet)
            except (bm3d.Bm3dError, ValueError) as error:
                yield Skipped(name, method, str(error))
                continue
            seconds = time.perf_counter() - start
            value = quality(estimate, clean, SIGNED if settings.range == "-1..1" else UNIT)
            results.put(key, name, method, value, seconds, guess)
            yield Measured(name, method, value, seconds, pixels.shape[0] * pixels.shape[1], guess)
    watch.step(total, total)


def _version_of(loaded: LoadedDenoiser) -> str:
    """What a denoiser's values depend on beside the settings, which have the σ that it is told."""
    known = range_of(loaded)
    return fingerprint(loaded.model) + ("" if known is None else f" {known}")


def rows(measured: Sequence[Measured]) -> tuple[Row, ...]:
    """Mean and sample standard deviation of each method, in the order they were first met.

    Values that do not exist (SSIM of tiny images, the paper's PSNR of a black image in [0, 1]) and infinite
    ones are left out of both; where all are infinite, as without noise, so is the mean.
    """
    by_method: dict[str, list[Quality]] = {}
    for found in measured:
        by_method.setdefault(found.method, []).append(found.quality)
    table = []
    for method, values in by_method.items():
        mean, sd = {}, {}
        for name in FIELDS:
            numbers = [getattr(value, name) for value in values]
            finite = np.array([number for number in numbers if number is not None and math.isfinite(number)])
            endless = any(number == math.inf for number in numbers)
            mean[name] = float(finite.mean()) if len(finite) else math.inf if endless else math.nan
            sd[name] = float(finite.std(ddof=1)) if len(finite) > 1 else math.nan
        table.append(Row(method, len(values), mean, sd))
    return tuple(table)


def _part(pixels: np.ndarray, settings: EvaluationSettings) -> np.ndarray:
    """The part of a photograph that is measured on."""
    if settings.range == "0..1" and min(pixels.shape[:2]) > 1:
        pixels = pixels[:-1, :-1]
    if settings.crop is not None:
        height, width = pixels.shape[:2]
        rows, columns = min(settings.crop, height), min(settings.crop, width)
        top, left = (height - rows) // 2, (width - columns) // 2
        pixels = pixels[top : top + rows, left : left + columns]
    return pixels


def _denoised(
    method: str,
    denoisers: Mapping[str, LoadedDenoiser],
    noisy: Tensor,
    settings: EvaluationSettings,
    noise: NoiseModel,
    watch: Watch,
) -> Tensor:
    """``noise``: what it is taken for."""
    if method == NOISY:
        return noisy
    opponent = method == BM3D

    def gaussian(image: Tensor, sigma: float) -> Tensor:
        if method in CLASSICAL:
            return bm3d.denoise_bm3d(image, sigma, opponent=opponent, watch=watch)
        return denoise_told(denoisers[method], image, sigma, watch)

    # Those that are told σ are told it of images in [-1, 1]; the others are fed as the paper's script does.
    told_sigma = method in CLASSICAL or range_of(denoisers[method]) is not None
    if settings.range == "-1..1" or not told_sigma:
        return noise.denoise(gaussian, noisy, settings.stabilised)
    return (gaussian(2 * noisy - 1, settings.signed_sigma) + 1) / 2
