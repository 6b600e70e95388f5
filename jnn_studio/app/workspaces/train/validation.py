"""From what was typed to a configuration, or to the reason at each field why there is none. Free of Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from jnn_studio.app.widgets.typed import reasons
from jnn_studio.training.pair_config import PairConfig


@dataclass(frozen=True)
class Checked:
    """A configuration, or reasons by the name of the setting that has to be mended."""

    config: PairConfig | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)


def check(raw: Mapping[str, str]) -> Checked:
    """Check typed values by dotted name; settings left out take their default."""
    typed = {name: text.strip() for name, text in raw.items()}
    if typed.get("data.path") == "":
        # An empty path would mean the working folder.
        rest = check({name: text for name, text in typed.items() if not name.startswith("data.")})
        return Checked(None, {"data.path": "Choose a folder or zip of images.", **rest.reasons})
    try:
        return Checked(PairConfig.model_validate(_nested(typed)))
    except ValidationError as error:
        return Checked(None, reasons(error, typed))


def images_problem(text: str) -> str:
    """Why there can be no images at this path, or ""; touches the disk."""
    path = Path(text.strip()).expanduser()
    if not path.exists():
        return "There is no folder or file of this name."
    if path.is_file() and path.suffix.lower() != ".zip":
        return "This is a file; choose a folder or a .zip of images."
    return ""


def target_problem(text: str) -> str:
    """Why a run cannot be written to this path, or ""; touches the disk."""
    path = Path(text.strip()).expanduser()
    if path.is_file():
        return "This is a file; a run needs a folder."
    try:
        if path.is_dir() and any(path.iterdir()):
            return "This folder is not empty; choose a new one."
    except OSError as error:
        return f"This folder cannot be used: {error.strerror}."
    return ""


def _nested(typed: Mapping[str, str]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, text in typed.items():
        section, _, leaf = name.rpartition(".")
        value: str | int = int(text) if name == "model.channels" else text
        (nested.setdefault(section, {}) if section else nested)[leaf] = value
    return nested
