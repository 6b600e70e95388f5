"""What was trained or opened lately, on every page."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

_MOST = 8


class RecentPaths:
    """Runs or files, newest first, kept in the settings under ``key``."""

    def __init__(self, settings: QSettings, key: str) -> None:
        self._key = key
        self._settings = settings

    @property
    def paths(self) -> list[Path]:
        value = self._settings.value(self._key)
        texts = value if isinstance(value, list) else [value]  # a list of one is read as that one
        return [Path(text) for text in texts if isinstance(text, str) and text]

    def add(self, path: Path) -> None:
        """Put one first."""
        known = self.paths
        if known[:1] != [path]:
            self._store([path, *(other for other in known if other != path)][:_MOST])

    def remove(self, path: Path) -> None:
        """Forget one that is gone."""
        self._store([other for other in self.paths if other != path])

    def clear(self) -> None:
        """Forget all of them."""
        self._store([])

    def _store(self, paths: list[Path]) -> None:
        self._settings.setValue(self._key, [str(path) for path in paths])
