"""The colours of the program by role: one set for each theme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

Accent = Literal["teal", "indigo", "plum", "graphite"]
Style = Literal["solid", "dash"]
"""Of a line: tells two curves apart that share a colour."""

READABLE = 4.5
"""The contrast of words with what they stand on (WCAG 2, AA)."""

SHAPES: Mapping[str, str] = {
    "regularised": "o",
    "unregularised": "s",
    "pca": "t",
    "model-1": "d",
    "model-2": "t1",
    "model-3": "p",
    "model-4": "+",
    "solver-1": "d",
    "solver-2": "t",
    "solver-3": "x",
}
"""The marks of curves by their colour role, as pyqtgraph calls them: no curve is told by its colour alone."""


@dataclass(frozen=True)
class Colors:
    """One colour per role, as #rrggbb.

    ``border`` parts what stands beside each other; ``outline`` is what a control is seen by.
    """

    window: str
    panel: str
    field: str
    hover: str
    text: str
    muted: str
    border: str
    outline: str
    accent: str
    accent_text: str
    danger: str
    warning: str
    success: str
    grid: str
    plot: str
    unregularised: str
    regularised: str
    pca: str
    models: tuple[str, str, str, str]
    solvers: tuple[str, str, str]

    def role(self, name: str) -> str:
        """The colour of a field, of "model-1" …, of "solver-1" …, or a literal "#rrggbb" as it is."""
        if name.startswith("#"):
            return name
        if name.startswith("model-"):
            return self.models[int(name.removeprefix("model-")) - 1]
        if name.startswith("solver-"):
            return self.solvers[int(name.removeprefix("solver-")) - 1]
        return str(getattr(self, name))

    def words(self, name: str) -> str:
        """The colour of a role for words: so much nearer to the text's that they can be read anywhere."""
        return _readable(self, name)


def contrast(a: str, b: str) -> float:
    """Of two colours, from 1 to 21, as WCAG 2 defines it."""
    lighter, darker = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@cache
def _readable(colors: Colors, name: str) -> str:
    color, text = (_levels(one) for one in (colors.role(name), colors.text))
    for tenths in range(11):
        mixed = [round(c + (t - c) * tenths / 10) for c, t in zip(color, text, strict=True)]
        words = "#" + "".join(f"{level:02x}" for level in mixed)
        if all(contrast(words, ground) >= READABLE for ground in (colors.window, colors.panel, colors.hover)):
            break
    return words


def _luminance(color: str) -> float:
    shares = [level / 255 for level in _levels(color)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _levels(color: str) -> tuple[int, ...]:
    return tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))


# The colours of models keep 3:1 against panel and window, and stay apart for every kind of dichromacy.
LIGHT = Colors(
    window="#f3f4f6",
    panel="#ffffff",
    field="#ffffff",
    hover="#e8eaee",
    text="#1b2027",
    muted="#596170",
    border="#d3d7de",
    outline="#828a96",
    accent="#0f766e",
    accent_text="#ffffff",
    danger="#c62f3b",
    warning="#8a5a00",
    success="#1f7a3d",
    grid="#e6e8ec",
    plot="#ffffff",
    unregularised="#d1590a",
    regularised="#0a6eb4",
    pca="#9c8490",
    models=("#0b3d27", "#5e1580", "#9a4a60", "#0e1014"),
    solvers=("#1b2027", "#8a6d00", "#b0409a"),
)
DARK = Colors(
    window="#14171b",
    panel="#1b1f24",
    field="#13161a",
    hover="#282e35",
    text="#e4e7eb",
    muted="#9aa3af",
    border="#333a43",
    outline="#6b7480",
    accent="#2db5a5",
    accent_text="#06201d",
    danger="#f4737b",
    warning="#e2b14a",
    success="#63c886",
    grid="#2a3038",
    plot="#1b1f24",
    unregularised="#ff8c42",
    regularised="#4fb3f2",
    pca="#b4b4a8",
    models=("#7df0dc", "#cc4f74", "#ffeb57", "#8371ff"),
    solvers=("#e4e7eb", "#e2c04a", "#f08ad8"),
)

ACCENTS: dict[Accent, tuple[tuple[str, str], tuple[str, str]]] = {
    "teal": ((LIGHT.accent, LIGHT.accent_text), (DARK.accent, DARK.accent_text)),
    "indigo": (("#4338ca", "#ffffff"), ("#98a2ff", "#0d1040")),
    "plum": (("#8f1d6e", "#ffffff"), ("#e88ac6", "#330a26")),
    "graphite": (("#414b59", "#ffffff"), ("#b8c1cc", "#14171b")),
}
"""Accents and what is written on them, light and dark: none is the colour of the pair of models."""


def with_accent(colors: Colors, accent: Accent) -> Colors:
    """Those of a theme with one of its accents; the theme's own where that is its accent already."""
    front, text = ACCENTS[accent][colors is DARK]
    return colors if front == colors.accent else replace(colors, accent=front, accent_text=text)
