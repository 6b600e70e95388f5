"""From what was typed to a run, or to the reason at each field why there is none. Free of Qt."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from jnn_studio.app.widgets.typed import put_typed, reasons, table
from jnn_studio.base.clutter import is_empty
from jnn_studio.base.errors import Cancelled, StudioError
from jnn_studio.base.setting_words import Setting, belonging
from jnn_studio.base.watch import Watch
from jnn_studio.data.config import CropsConfig
from jnn_studio.data.inventory import Inventory, take_inventory
from jnn_studio.training.batches import too_few_for_components, too_few_images
from jnn_studio.training.config import RunConfig
from jnn_studio.training.words import RunWords

COUNTING_SECONDS = 1.0
"""For opening files, once they are listed, which may take as long three times over."""

C = TypeVar("C", bound=RunConfig)


def relevant(base: RunConfig, words: RunWords, typed: Mapping[str, str]) -> set[str]:
    """Names of the settings that matter, given the values of the others."""
    return belonging(type(base), typed) - words.hidden(typed)


def check_run(
    base: C, words: RunWords, typed: Mapping[str, str], parts: Mapping[str, Any] | None = None
) -> tuple[C | None, dict[str, str]]:
    """The run that was typed, or None and the reasons by name.

    ``base`` has what is not asked for; what is asked for and was not typed takes its default. ``parts``:
    values that are no text, by name.
    """
    settings = {setting.name: setting for group in words.groups for setting in group.settings}
    values = base.model_dump(mode="json")
    for name in settings:
        if name not in typed:
            table(values, name).pop(name.rpartition(".")[2], None)
    # An empty path would mean the working folder.
    missing = {name for name in typed if _holds(settings, name) and not typed[name].strip()}
    unclear = put_typed(values, {**typed, **dict.fromkeys(missing, ".")}, type(base))
    for name, value in (parts or {}).items():
        table(values, name)[name.rpartition(".")[2]] = value
    found = {
        name: f"Choose a folder or zip of {_holds(settings, name)}." for name in sorted(missing)
    } | unclear
    try:
        config = type(base).model_validate(values)
    except ValidationError as error:
        asked = {**typed, **dict.fromkeys(parts or {}, "")}
        for name, why in reasons(error, asked).items():
            at = name if name in asked else _nearest(name, typed)
            if at not in unclear:
                found[at] = settings[at].wrong or why if at in settings else why
        return None, found
    return (None, found) if found else (config, {})


def images_problem(text: str) -> str:
    """Why there can be no images at this path, or ""; touches the disk."""
    path = Path(text.strip()).expanduser()
    if not path.exists():
        return "There is no folder or file of this name."
    if path.is_file() and path.suffix.lower() != ".zip":
        return "This is a file; choose a folder or a .zip of images."
    return ""


def unusable(found: Inventory) -> str:
    """Why there is nothing to train on in what was found, or ""."""
    if found.images or not found.complete:
        return ""
    return found.words if found.files else "There are no images in it."


def look_through(text: str, base: RunConfig, watch: Watch) -> Inventory | None:
    """What images there are at this path, None if that cannot be told quickly; touches the disk."""
    end = time.monotonic() + 4 * COUNTING_SECONDS  # half typed, it may be the whole disk
    soon = Watch(unwanted=lambda: watch.cancelled or time.monotonic() > end)
    model = getattr(base, "model", None)
    size, channels = getattr(model, "size", 64), getattr(model, "channels", 3)
    try:
        path = Path(text.strip()).expanduser().absolute()
        return take_inventory(path, size, channels, soon, seconds=COUNTING_SECONDS)
    except (StudioError, OSError, Cancelled):
        return None


def shortage(config: RunConfig, files: int) -> dict[str, str]:
    """Why ``files`` files with images are not enough for ``config``, by the setting to mend."""
    schedule, data = config.schedule, getattr(config, "data", None)
    count = files * (data.per_photo if isinstance(data, CropsConfig) else 1)
    held_out, batch_size = (getattr(schedule, name, 1) for name in ("held_out", "batch_size"))
    why = too_few_images(count, held_out, batch_size) if files else ""
    components = getattr(getattr(config, "model", None), "components", 0)
    if files and not why:
        why = too_few_for_components(count, held_out, components)
    return {why.partition(" ")[0]: f"Too few images: {why}."} if why else {}


def target_problem(text: str) -> str:
    """Why a run cannot be written to this path, or ""; touches the disk."""
    path = Path(text.strip()).expanduser()
    if path.is_file():
        return "This is a file; a run needs a folder."
    try:
        if path.is_dir() and not is_empty(path):
            return "This folder is not empty; choose a new one."
    except OSError as error:
        return f"This folder cannot be used: {error.strerror}."
    return ""


def _holds(settings: Mapping[str, Setting], name: str) -> str:
    return settings[name].holds if name in settings else ""


def _nearest(name: str, typed: Mapping[str, str]) -> str:
    """The field that chose the table of a setting without a field of its own."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        kind = ".".join([*parts[:length], "kind"])
        if kind in typed:
            return kind
    return name
