"""From what was typed to a configuration, or to the reason at each field why there is none. Free of Qt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

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
        return Checked(None, _reasons(error, typed))


def typed_values(config: PairConfig) -> dict[str, str]:
    """The inverse of `check`: the values as somebody would type them."""
    found: dict[str, str] = {}

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{prefix}.{key}" if prefix else key, inner)
        else:
            found[prefix] = (
                f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
            )

    walk("", config.model_dump(mode="json"))
    return found


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


def _reasons(error: ValidationError, typed: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, list[Any]] = {}
    for problem in error.errors():
        found.setdefault(_setting(problem, typed), []).append(problem)
    return {name: _reason(problems) for name, problems in found.items()}


def _setting(problem: Any, typed: Mapping[str, str]) -> str:
    """The setting a problem belongs to; one about several belongs to the first that it names."""
    parts = [str(part) for part in problem["loc"]]
    if parts[:1] == ["data"] and len(parts) > 2:
        del parts[1]  # the union's tag
    for length in range(len(parts), 0, -1):
        if ".".join(parts[:length]) in typed:
            return ".".join(parts[:length])
    section = ".".join(parts)
    named = []
    for name in typed:
        if name.startswith(section):
            leaf = name.rpartition(".")[2]
            match = re.search(
                rf"{re.escape(name)}\b|(?<![\w.]){re.escape(leaf)}(?![\w]|\.\w)", problem["msg"]
            )
            if match:
                named.append((match.start(), name))
    return min(named)[1] if named else section


def _reason(problems: list[Any]) -> str:
    """One sentence that says what to enter."""
    kinds = [problem["type"] for problem in problems]
    named = next((p["ctx"]["expected"] for p in problems if p["type"] == "literal_error"), "").replace(
        "'", ""
    )
    first = problems[0]
    limits = first.get("ctx") or {}
    match kinds[0]:
        case "int_parsing" | "int_from_float":
            return "Enter a whole number."
        case "float_parsing":
            return f"Enter a number, {named.replace(' or ', ', or ')}." if named else "Enter a number."
        case "finite_number":
            return "Enter a finite number."
        case "greater_than":
            return f"Must be more than {limits['gt']:g}."
        case "greater_than_equal":
            return f"Must be {limits['ge']:g} or more."
        case "less_than_equal":
            return f"Must be {limits['le']:,} or less."
        case "string_too_short":
            return "Enter a name."
        case "string_too_long":
            return f"Must be {limits['max_length']} characters or fewer."
    message = str(first["msg"]).removeprefix("Value error, ")
    return message[:1].upper() + message[1:].rstrip(".") + "."
