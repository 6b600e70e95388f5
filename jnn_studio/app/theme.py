"""Colours, type and spacing of the whole program, light and dark, in one place.

Widgets ask `theme().color(role)` when they paint and listen to `theme().changed`;
none of them holds a colour.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from jnn_studio.app.colors import DARK, LIGHT, Accent, Colors, with_accent
from jnn_studio.app.plain_text import PlainTextStyle
from jnn_studio.app.stylesheet import stylesheet

ThemeMode = Literal["system", "light", "dark"]

GRID = 8
"""Spacing unit in device-independent pixels: margins and gaps are multiples or halves of it."""


class ThemeManager(QObject):
    """Dresses the application and says when its colours have changed. Reach it through `theme()`."""

    changed = Signal()

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._mode: ThemeMode = "system"
        self._accent: Accent = "teal"
        self._dark = False
        self._colors: Colors | None = None
        self.text_scale = 1.0
        """The size of text, 1 being what the system has. What is made keeps the size of its day."""
        self.moves = True
        """Whether things may move by themselves where nobody has asked for it."""
        # Where the platform reports no scheme, its own palette tells; read it before it is replaced.
        self._platform_is_dark = _is_dark(application.palette().color(QPalette.ColorRole.Window))
        application.setStyle(PlainTextStyle())
        application.styleHints().colorSchemeChanged.connect(self._apply)
        self._apply()

    @property
    def mode(self) -> ThemeMode:
        return self._mode

    @mode.setter
    def mode(self, mode: ThemeMode) -> None:
        self.dress(mode, self._accent)

    def dress(self, mode: ThemeMode, accent: Accent) -> None:
        """Light, dark or as the system is, with an accent."""
        self._mode, self._accent = mode, accent
        # Tells the platform too, so that title bars and native dialogs go along.
        self._application.styleHints().setColorScheme(
            {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(mode, Qt.ColorScheme.Unknown)
        )
        self._apply()

    @property
    def colors(self) -> Colors:
        return self._colors or LIGHT

    @property
    def is_dark(self) -> bool:
        return self._dark

    def color(self, role: str) -> QColor:
        """The colour of a role; see `Colors.role`."""
        return QColor(self.colors.role(role))

    def word_color(self, role: str) -> QColor:
        """The colour of words in a role; see `Colors.words`."""
        return QColor(self.colors.words(role))

    def model_color(self, kind: str) -> QColor:
        """A model's colour everywhere: "unregularised", "regularised", "pca", "model-1" … "model-4"."""
        return self.color(kind)

    def size_text(self, scale: float) -> None:
        """How large text is from now on; for windows that are made afterwards."""
        font = QFont(self._application.font())
        font.setPointSizeF(font.pointSizeF() * scale / self.text_scale)
        if scale != self.text_scale:
            self.text_scale, self._colors = scale, None
            self._application.setFont(font)
            self._apply()

    def _apply(self) -> None:
        scheme = self._application.styleHints().colorScheme()
        if self._mode != "system":
            dark = self._mode == "dark"
        elif scheme == Qt.ColorScheme.Unknown:
            dark = self._platform_is_dark
        else:
            dark = scheme == Qt.ColorScheme.Dark
        colors = with_accent(DARK if dark else LIGHT, self._accent)
        if colors == self._colors:
            return
        self._colors, self._dark = colors, dark
        self._application.setPalette(_palette(colors))
        # Taken off first: Qt replaces a sheet by dressing every widget once for each that it lies in.
        self._application.setStyleSheet("")
        self._application.setStyleSheet(stylesheet(colors, self.text_scale))
        self.changed.emit()


@cache
def theme() -> ThemeManager:
    """The application's theme; the first call dresses the application."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        raise RuntimeError("Create the QApplication before asking for its theme.")
    return ThemeManager(application)


def ui_font(scale: float = 1.0, *, bold: bool = False, digits: bool = False) -> QFont:
    """The system's font, scaled; with `digits`, figures of equal width: changing numbers stand still."""
    font = QApplication.font()
    font.setPointSizeF(font.pointSizeF() * scale)
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    if digits:
        font.setFeature(QFont.Tag("tnum"), 1)
    return font


def scaled(pixels: int) -> int:
    """A width that is to hold words, at the size that text has."""
    return round(pixels * theme().text_scale)


def mix(front: QColor, back: QColor, share: float) -> QColor:
    """`share` of `front` over `back`, opaque: lines that are not opaque take Qt 20 times as long."""
    fronts, backs = ((c.redF(), c.greenF(), c.blueF()) for c in (front, back))
    return QColor.fromRgbF(*(share * a + (1 - share) * b for a, b in zip(fronts, backs, strict=True)))


def _is_dark(color: QColor) -> bool:
    return color.lightnessF() < 0.5


def _palette(colors: Colors) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for target, name in {
        role.Window: colors.window,
        role.WindowText: colors.text,
        role.Base: colors.field,
        role.AlternateBase: colors.hover,
        role.Text: colors.text,
        role.PlaceholderText: colors.muted,
        role.Button: colors.panel,
        role.ButtonText: colors.text,
        role.BrightText: colors.danger,
        role.ToolTipBase: colors.panel,
        role.ToolTipText: colors.text,
        role.Highlight: colors.accent,
        role.HighlightedText: colors.accent_text,
        role.Accent: colors.accent,
        role.Link: colors.accent,
        role.LinkVisited: colors.accent,
        role.Light: colors.panel,
        role.Midlight: colors.hover,
        role.Mid: colors.border,
        role.Dark: colors.border,
        role.Shadow: colors.border,
    }.items():
        palette.setColor(target, QColor(name))
    for target in (role.WindowText, role.Text, role.ButtonText):
        faded = QColor(colors.muted)
        faded.setAlphaF(0.65)
        palette.setColor(QPalette.ColorGroup.Disabled, target, faded)
    return palette
