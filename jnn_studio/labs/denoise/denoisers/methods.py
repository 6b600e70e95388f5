"""The methods that are compared, and the trained denoisers there are of each."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from torch import Tensor

from jnn_studio.base.errors import StudioError
from jnn_studio.base.resource_files import resource
from jnn_studio.models.config import ConditionedDenoiserConfig, DenoiserConfig
from jnn_studio.models.denoising_model import DenoisingModel
from jnn_studio.models.model_kind import find_model_kind
from jnn_studio.models.weights import SUFFIXES, LoadedDenoiser, load_denoiser
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import MemberInfo
from jnn_studio.training.folder.run_folder import is_run
from jnn_studio.training.folder.run_weights import read_run_weights
from jnn_studio.training.kind import find_kind

SUPERVISED, NOISE2NOISE, PENALISED = "supervised", "noise2noise", "penalised"
DIFFERENCES, UNPENALISED, SURE = "penalised-differences", "unpenalised", "sure"
UNSURE, RECORRUPTED, NEIGHBOURS = "unsure", "recorrupted", "neighbor2neighbor"
BM3D, BM3D_RGB = "bm3d", "bm3d-rgb"


class DenoisersError(StudioError):
    """No denoiser is where one was looked for, or two that cannot be told apart; the message says which."""


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
        Method(SURE, "SURE", "noisy images alone, with the trace of the Jacobian in the penalty's place"),
        Method(UNSURE, "UNSURE", "noisy images alone, σ unknown: the weight of the trace is learnt too"),
        Method(RECORRUPTED, "Recorrupted2Recorrupted", "noisy images alone, with noise of their own added"),
        Method(NEIGHBOURS, "Neighbor2Neighbor", "noisy images alone: half their pixels from the other half"),
        Method(BM3D, "BM3D, opponent colours", "nothing: a classical method, its hard-thresholding stage"),
        Method(BM3D_RGB, "BM3D, the authors' call", "nothing: the same on red, green and blue as they are"),
    )
}
"""All methods by their key, in the order they are shown."""

CLASSICAL = (BM3D, BM3D_RGB)
"""Those that learn nothing. At σ = 1 the first is a decibel stronger; the second is what the paper has."""

LEARNT = tuple(key for key in METHODS if key not in CLASSICAL)
"""Those that are networks."""

COMPARED = (SUPERVISED, PENALISED)
"""Of the networks for any σ those that are compared at first: with clean images and with noisy ones alone."""

ANY: Final = "any"
"""In the place of a σ: the denoisers that are told σ, for a whole range of it."""
TO_4: Final = "to-4"
"""Told σ, too, up to 4, which is noise of σ = 2 on images in [0, 1]: Table 1's. Nobody's photographs have it,
and on weak noise they are behind those of `ANY`: they are not offered with the others."""
BundledKey = float | Literal["any"]
"""Which of the denoisers that are offered: those of the paper's architecture, for one σ, or `ANY`."""

_BUNDLED = re.compile(r"(sigma-(?P<sigma>[\d.]+)|any-sigma|(?P<strong>to-4))-(?P<method>[\w-]+)\.safetensors")


def bundled_keys() -> tuple[BundledKey, ...]:
    """Which denoisers are offered: `ANY` if such ship, and the σ of the others, ascending; never `TO_4`."""
    found = {key for key, _ in _bundled()}
    sigmas = sorted(key for key in found if isinstance(key, float))
    return (ANY, *sigmas) if ANY in found else tuple(sigmas)


def bundled_sigmas() -> tuple[float, ...]:
    """σ, for images in [-1, 1], that denoisers of the paper's architecture ship for, ascending."""
    return tuple(key for key in bundled_keys() if isinstance(key, float))


def nearest_sigma(sigmas: Collection[float], sigma: float) -> float:
    """Which of ``sigmas`` is nearest: noise twice as strong is as far away as noise half as strong."""
    return min(sigmas, key=lambda known: abs(math.log(known / max(sigma, 1e-6))))


def bundled_denoisers(key: BundledKey | Literal["to-4"]) -> dict[str, LoadedDenoiser]:
    """The denoisers that ship for a σ, by method, in the methods' order; empty if there are none.

    Raises:
        WeightsError: a file is damaged.
    """
    files = _bundled()
    return {method: load_denoiser(files[key, method]) for method in LEARNT if (key, method) in files}


def open_denoisers(path: Path) -> dict[str, LoadedDenoiser]:
    """Trained denoisers by method: of a weights file, of a folder of them, or of a run's newest checkpoint.

    Raises:
        DenoisersError: there is none, or two are of one method.
        StudioError: what is there cannot be read.
    """
    if is_run(path):
        return _of_run(path)
    files = sorted(found for found in path.iterdir() if found.suffix in SUFFIXES) if path.is_dir() else [path]
    if not files:
        raise DenoisersError(f"there are no weights ({' or '.join(SUFFIXES)}) and no run in {path}")
    found: dict[str, LoadedDenoiser] = {}
    for file in files:
        loaded = load_denoiser(file)
        key = loaded.info.get("method", file.stem)
        if key in found:
            raise DenoisersError(f"{path} holds two denoisers of the method {key!r}; open one of them alone")
        found[key] = loaded
    return dict(sorted(found.items(), key=lambda item: _place(item[0])))


def _of_run(path: Path) -> dict[str, LoadedDenoiser]:
    def build(config: RunConfig, member: MemberInfo, tensors: Mapping[str, Tensor]) -> DenoisingModel:
        model = getattr(config, "model", None)
        if not isinstance(model, DenoiserConfig | ConditionedDenoiserConfig):
            raise DenoisersError(f"the run in {path} is of kind {config.kind!r}: it has no denoisers")
        return find_model_kind(model.kind).from_tensors(model, tensors)

    try:
        weights = read_run_weights(path, build)
        config = weights.config
        if int(weights.step) == 0:
            raise DenoisersError(
                f"the run in {path} has learnt nothing yet: its only checkpoint is the one it begins with; "
                "wait for the next one"
            )
        networks = [build(config, *member) for member in weights.members]
    except RuntimeError as error:
        raise DenoisersError(f"the newest checkpoint of {path} does not fit its run: {error}") from error
    facts, found = find_kind(config.kind).facts, {}
    for (member, _), network in zip(weights.members, networks, strict=True):
        info = {"run": config.name, "step": weights.step, **facts(config, member.key)}
        found[member.key] = LoadedDenoiser(network, member.label, info)
    return found


def chosen(denoisers: Mapping[str, LoadedDenoiser], method: str) -> str:
    """The method that somebody named; "": the penalised one, or the only one there is.

    Raises:
        DenoisersError: there is no such denoiser.
    """
    known = [*denoisers, *CLASSICAL]
    found = method or (next(iter(denoisers)) if len(denoisers) == 1 else PENALISED)
    if found not in known:
        ships = any(method == found and isinstance(key, float) for key, method in _bundled())
        remedy = ". It ships with the paper's architecture: --bundled paper" if ships else ""
        raise DenoisersError(f"there is no denoiser {found!r}; there are: {', '.join(known)}{remedy}")
    return found


def trained_sigma(loaded: LoadedDenoiser) -> float | None:
    """σ, for images in [-1, 1], of the noise a denoiser was trained on, if its file says so."""
    try:
        return float(loaded.info["sigma"])
    except (KeyError, ValueError):
        return None


def _bundled() -> dict[tuple[BundledKey | Literal["to-4"], str], Path]:
    try:
        folder = resource("denoisers")
    except FileNotFoundError:
        return {}
    matches = {path: _BUNDLED.fullmatch(path.name) for path in folder.iterdir()}
    return {
        (float(m["sigma"]) if m["sigma"] else TO_4 if m["strong"] else ANY, m["method"]): path
        for path, m in matches.items()
        if m is not None
    }


def _place(key: str) -> int:
    return LEARNT.index(key) if key in LEARNT else len(LEARNT)
