"""What preferences do to the running program, at the start and when one is changed."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from jnn_studio.app.preferences import Motion, Preferences
from jnn_studio.app.theme import theme
from jnn_studio.app.widgets.number_box import show_decimal_sign


def begin(now: Preferences) -> None:
    """Before a window is made: what holds from one start to the next, and the rest."""
    theme().size_text(int(now.text_size) / 100)
    theme().moves = moves(now.motion)
    apply(now)


def moves(motion: Motion) -> bool:
    """Whether things may move by themselves. Of all systems Qt tells this of Windows alone."""
    if motion == "system" and sys.platform == "win32":
        return QApplication.isEffectEnabled(Qt.UIEffect.UI_General)
    return motion != "reduced"


def apply(now: Preferences) -> None:
    """Have the program be as they say; what is so already costs nothing."""
    theme().dress(now.theme, now.accent)
    show_decimal_sign(now.decimal_sign)
