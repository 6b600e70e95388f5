"""Settings for a window of a benchmark's own: it finds and leaves nothing among a person's files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Qt is loaded when it is used
    from PySide6.QtCore import QSettings


def settings_in(folder: Path) -> QSettings:
    """Kept in ``folder``, as are data and runs."""
    from PySide6.QtCore import QSettings

    settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    settings.setValue("data_folder", str(folder / "data"))
    settings.setValue("runs_folder", str(folder / "runs"))
    return settings
