"""What a person has set for the whole program, and keeps in the settings. No widget is known here.

A preference is a field of `Preferences`, what it does at once a line of `preferences_applied.py`, and how it
is asked for a row of `preferences_dialog/dialog.py`. Whatever else depends on one reads `PreferenceStore.now`
when it needs it, or listens to `PreferenceStore.changed`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationError
from PySide6.QtCore import QObject, QSettings, Signal

from jnn_studio.app.colors import Accent
from jnn_studio.app.theme import ThemeMode
from jnn_studio.base.settings import AbsolutePath, Frozen

DecimalSign = Literal["point", "comma", "system"]
Start = Literal["last", "faces", "nothing"]
TextSize = Literal["100", "125", "150"]
Motion = Literal["system", "full", "reduced"]
MOST_THREADS = 256


class Preferences(Frozen):
    """Each is kept in the settings under its own name."""

    theme: ThemeMode = "system"
    accent: Accent = "teal"
    text_size: TextSize = "100"
    """In percent of the system's, from the next start on."""
    motion: Motion = "system"
    """Whether panels glide and pictures blink by themselves, from the next start on."""
    decimal_sign: DecimalSign = "point"
    """What boxes and fields for numbers show; they take both, whatever the language of the system."""
    start: Start = "last"
    """What Explore shows at the next start."""
    threads: int = Field(0, ge=0, le=MOST_THREADS)
    """Of torch, from the next start on; 0: all cores but one."""
    runs_folder: AbsolutePath | None = None
    """Where new runs go; None: where they go unless somebody says otherwise."""


class PreferenceStore(QObject):
    """The preferences of one program, read once and written whenever one is changed.

    Signals:
        changed: (Preferences, Preferences) before, and now.
    """

    changed = Signal(object, object)

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.now = _read(settings)

    def change(self, **values: object) -> None:
        """Set some of them; pydantic's ValidationError where a value will not do."""
        before = self.now
        now = Preferences.model_validate(before.model_dump() | values)
        if now == before:
            return
        self.now = now
        for name, value in now.model_dump(mode="json").items():
            if value == Preferences.model_fields[name].default:
                self._settings.remove(name)
            elif name in values:
                self._settings.setValue(name, value)
        self.changed.emit(before, now)


def _read(settings: QSettings) -> Preferences:
    """What is kept; one that is damaged, or of another version, is as at first."""
    found: dict[str, object] = {}
    for name in Preferences.model_fields:
        value = settings.value(name)
        if value is not None:
            try:
                Preferences.model_validate({name: value})
            except ValidationError:
                continue
            found[name] = value
    return Preferences.model_validate(found)
