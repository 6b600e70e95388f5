"""The colours of the program by role: one set for each theme."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Accent = Literal["teal", "indigo", "plum", "graphite"]
Style = Literal["solid", "dash"]
"""Of a line: tells two curves apart that share a colour."""


@dataclass(frozen=True)
class Colors:
    """One colour per role, as #rrggbb."""

    window: str
    panel: str
    field: str
    hover: str
    text: str
    muted: str
    border: str
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


# The colours of models keep 3:1 against panel and window, and stay apart for every kind of dichromacy.
LIGHT = Colors(
    window="#f3f4f6",
    panel="#ffffff",
    field="#ffffff",
    hover="#e8eaee",
    text="#1b2027",
    muted="#596170",
    border="#d3d7de",
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
