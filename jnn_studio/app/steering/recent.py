"""What was trained or opened lately."""

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
        value = self._settings.value(self._key, [])
        texts = [value] if isinstance(value, str) else list(value or [])
        return [Path(str(text)) for text in texts if text]

    def add(self, path: Path) -> None:
        """Put one first."""
        self._store([path, *(other for other in self.paths if other != path)][:_MOST])

    def remove(self, path: Path) -> None:
        """Forget one that is gone."""
        self._store([other for other in self.paths if other != path])

    def clear(self) -> None:
        """Forget all of them."""
        self._store([])

    def _store(self, paths: list[Path]) -> None:
        self._settings.setValue(self._key, [str(path) for path in paths])
