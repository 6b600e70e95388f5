"""The methods that are compared, and the trained denoisers there are of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jnn_studio.models.weights import LoadedDenoiser, WeightsError, load_denoiser
from jnn_studio.resource_files import resource

SUPERVISED, NOISE2NOISE, PENALISED = "supervised", "noise2noise", "penalised"
DIFFERENCES, UNPENALISED, BM3D = "penalised-differences", "unpenalised", "bm3d"


@dataclass(frozen=True)
class Method:
    """One way to denoise: its key in files and settings, what people call it, and what it learns from."""

    key: str
    label: str
    learns_from: str


METHODS: Mapping[str, Method] = {
    method.key: method
    for method in (
        Method(SUPERVISED, "Supervised", "noisy images and their clean originals"),
        Method(NOISE2NOISE, "Noise2Noise", "pairs of noisy images of the same scene"),
        Method(PENALISED, "Penalised", "noisy images alone, with the composite penalty"),
        Method(DIFFERENCES, "Penalised, differences", "noisy images alone, with the paper's differences"),
        Method(UNPENALISED, "No penalty", "noisy images alone, without a penalty: the control"),
        Method(BM3D, "BM3D", "nothing: a classical method, its hard-thresholding stage"),
    )
}
"""All methods by their key, in the order they are shown."""

LEARNT = tuple(key for key in METHODS if key != BM3D)
"""Those that are networks."""

_BUNDLED = re.compile(r"sigma-(?P<sigma>[\d.]+)-(?P<method>[\w-]+)\.safetensors")


def bundled_sigmas() -> tuple[float, ...]:
    """σ, for images in [-1, 1], that denoisers ship with the program for, ascending."""
    return tuple(sorted({sigma for sigma, _ in _bundled()}))


def bundled_denoisers(sigma: float) -> dict[str, LoadedDenoiser]:
    """The denoisers that ship for ``sigma``, by method, in the methods' order; empty if there are none.

    Raises:
        WeightsError: a file is damaged.
    """
    files = _bundled()
    return {key: load_denoiser(files[sigma, key]) for key in LEARNT if (sigma, key) in files}


def open_denoisers(path: Path) -> dict[str, LoadedDenoiser]:
    """Trained denoisers by method: one weights file, or all in a folder such as a run's ``models``.

    Raises:
        WeightsError: there is none, or a file cannot be used, or two are of one method.
    """
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
    if path.is_dir() and not files and (path / "models").is_dir():
        files = sorted((path / "models").glob("*.safetensors"))
    if not files:
        raise WeightsError(f"there are no weights (.safetensors) in {path}")
    found: dict[str, LoadedDenoiser] = {}
    for file in files:
        loaded = load_denoiser(file)
        key = loaded.info.get("method", file.stem)
        if key in found:
            raise WeightsError(f"{path} holds two denoisers of the method {key!r}; open one of them alone")
        found[key] = loaded
    order = {key: index for index, key in enumerate(LEARNT)}
    return dict(sorted(found.items(), key=lambda item: order.get(item[0], len(order))))


def trained_sigma(loaded: LoadedDenoiser) -> float | None:
    """σ, for images in [-1, 1], of the noise a denoiser was trained on, if its file says so."""
    try:
        return float(loaded.info["sigma"])
    except (KeyError, ValueError):
        return None


def _bundled() -> dict[tuple[float, str], Path]:
    try:
        folder = resource("denoisers")
    except FileNotFoundError:
        return {}
    matches = {path: _BUNDLED.fullmatch(path.name) for path in folder.iterdir()}
    return {(float(m["sigma"]), m["method"]): path for path, m in matches.items() if m is not None}
