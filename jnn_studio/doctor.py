"""Is this installation complete and does it work?"""

from __future__ import annotations

import itertools
import platform
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

import numpy as np
import torch

from jnn_studio.base.resource_files import resource
from jnn_studio.base.version import __version__
from jnn_studio.explore.columns.open_models import BUNDLED, open_models
from jnn_studio.training.configuration.presets import load_preset, preset_names
from jnn_studio.training.device import available_devices, choose_device


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    text: str


@dataclass(frozen=True)
class Report:
    """All of them."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(check.ok for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"ok": self.ok, "checks": [asdict(check) for check in self.checks]}


def examine(further: list[Check]) -> Report:
    """Versions, device, bundled files, one decoded image, and ``further`` checks."""
    checks = (_program(), _packages(), _device(), _presets(), _fonts(), _models(), *further)
    return Report(checks)


def _program() -> Check:
    text = f"JNN Studio {__version__}, Python {platform.python_version()}, {platform.platform()}"
    return Check("program", sys.version_info >= (3, 11), text)


def _packages() -> Check:
    found, missing = [], []
    try:
        requirements = requires("jnn-studio") or []
    except PackageNotFoundError:
        return Check("packages", False, "JNN Studio itself is not installed; install it with pip install .")
    for requirement in requirements:
        if "extra ==" in requirement:
            continue
        name = requirement.split(";")[0].strip()
        for separator in "<>=!~ [":
            name = name.split(separator)[0]
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Check("packages", False, f"missing: {', '.join(missing)}; install with pip install jnn-studio")
    return Check("packages", True, ", ".join(found))


def _device() -> Check:
    try:
        chosen = choose_device()
        x = torch.ones(8, 8, device=chosen.name)
        works = float((x @ x).sum()) == 512.0
    except RuntimeError as error:
        return Check("device", False, f"a matrix product fails: {error}")
    text = f"{chosen.describe()}; available: {', '.join(available_devices())}"
    return Check("device", works, text if works else f"{text}; a matrix product came out wrong")


def _presets() -> Check:
    try:
        names = preset_names()
        for name in names:
            load_preset(name)
    except Exception as error:
        return Check("presets", False, str(error))
    return Check("presets", bool(names), ", ".join(names))


def _fonts() -> Check:
    try:
        path = resource("fonts", "DejaVuSans.ttf")
    except FileNotFoundError as error:
        return Check("font", False, str(error))
    return Check("font", True, path.name)


def _models() -> Check:
    """Load every bundled model and decode its origin."""
    described = []
    try:
        for loaded in itertools.chain.from_iterable(open_models(name) for name in BUNDLED):
            config = loaded.model.config
            frame = loaded.model.decode(torch.zeros(1, config.latent))
            if not np.isfinite(frame.numpy()).all():
                return Check("bundled models", False, f"{loaded.name} decodes to values that are not finite")
            described.append(f"{loaded.name} decoded a {config.size} × {config.size} image")
    except Exception as error:
        return Check("bundled models", False, str(error))
    return Check("bundled models", True, ", ".join(described))
