"""What is written and drawn can be read in every theme: each pair of colours that is really used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF
from PySide6.QtGui import QImage, QPainter, QRegion
from PySide6.QtWidgets import QAbstractScrollArea, QLabel, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.colors import DARK, LIGHT, SHAPES, Accent, Colors, contrast, with_accent
from jnn_studio.app.stylesheet import _TEMPLATE, stylesheet
from jnn_studio.app.theme import theme
from jnn_studio.app.window import MainWindow

from .reading import parts

WORDS, MARKS = 4.5, 3.0
"""WCAG 2.2, AA: of words, and of what a control is seen by."""
THEMES = {
    f"{name}, {accent}": with_accent(colors, accent)
    for name, colors in (("light", LIGHT), ("dark", DARK))
    for accent in get_args(Accent)
}
GROUNDS = ("window", "panel")
CONTROLS = (
    "QPushButton",
    "QComboBox",
    "QLineEdit",
    "QAbstractSpinBox",
    "QCheckBox",
    "QRadioButton",
    "QSlider",
)
UNLESS = (":disabled", "QStatusBar")  # nothing to be used, nothing to be pressed
FEWEST = 40
"""Words that painters draw on a page of the window, at the least, all pages together."""


def rules(colors: Colors) -> Iterator[tuple[str, dict[str, str]]]:
    """(selector, declarations) of the style sheet, in the colours of a theme."""
    sheet = re.sub(r"/\*.*?\*/", "", stylesheet(colors), flags=re.DOTALL)
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        pairs = dict(re.findall(r"([\w-]+):\s*([^;]+);", body))
        for selector in selectors.split(","):
            yield " ".join(selector.split()), pairs


def hexes(value: str) -> list[str]:
    return re.findall(r"#[0-9a-f]{6}", value)


@pytest.mark.parametrize("colors", THEMES.values(), ids=THEMES)
class TestStyleSheet:
    def test_words_can_be_read_on_what_they_stand_on(self, colors: Colors) -> None:
        written = 0
        for selector, pairs in rules(colors):
            if any(part in selector for part in UNLESS) or "color" not in pairs:
                continue
            grounds = hexes(pairs.get("background", "")) or [colors.role(name) for name in GROUNDS]
            for word in hexes(pairs["color"]):
                written += 1
                for ground in grounds:
                    assert contrast(word, ground) >= WORDS, (selector, word, ground)
        assert written > 15

    def test_so_can_they_on_every_ground_that_a_rule_gives_without_words(self, colors: Colors) -> None:
        """As of a control under the mouse: its words are the theme's."""
        for selector, pairs in rules(colors):
            if any(part in selector for part in (*UNLESS, "::", "QProgressBar")) or "color" in pairs:
                continue
            for ground in hexes(pairs.get("background", "")):
                primary = ground == colors.accent
                assert contrast(colors.accent_text if primary else colors.text, ground) >= WORDS, selector

    def test_controls_are_seen_by_their_outline(self, colors: Colors) -> None:
        seen = 0
        for selector, pairs in rules(colors):
            if not selector.startswith(CONTROLS) or any(part in selector for part in (*UNLESS, "Item")):
                continue
            for name in ("border", "border-color"):
                for edge in hexes(pairs.get(name, "")):
                    seen += 1
                    for ground in GROUNDS:
                        assert contrast(edge, colors.role(ground)) >= MARKS, (selector, edge, ground)
        assert seen > 10

    def test_words_in_the_colour_of_a_model_are_as_dark_or_light_as_they_must_be(
        self, colors: Colors
    ) -> None:
        for role in (*SHAPES, "muted", "danger", "accent"):
            for ground in (*GROUNDS, "hover", "plot"):
                assert contrast(colors.words(role), colors.role(ground)) >= WORDS, (role, ground)
        assert colors.words("text") == colors.text  # what can be read is left as it is


def test_the_sheet_has_no_colour_of_its_own() -> None:
    assert hexes(_TEMPLATE.template) == []


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_no_two_roles_of_curves_share_a_mark_where_they_meet() -> None:
    """Models of a pair, and the solvers of a lab, stand in one plot."""
    for together in (
        ("regularised", "unregularised", "pca", "model-1"),
        ("solver-1", "solver-2", "solver-3"),
    ):
        assert len({SHAPES[role] for role in together}) == len(together)


class Written:
    """What painters written in Python draw as words, while it holds: colour of the pen, where, what."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.words: list[tuple[str, QRectF, str]] = []
        draw = QPainter.drawText

        def drawText(painter: QPainter, *given: Any) -> Any:
            where, text = given[0], next((part for part in given if isinstance(part, str)), "")
            if isinstance(where, QPoint | QPointF):
                box = QRectF(painter.fontMetrics().boundingRect(text)).translated(QPointF(where))
            else:
                box = QRectF(where)
            self.words.append((painter.pen().color().name(), painter.transform().mapRect(box), text))
            return draw(painter, *given)

        patch.setattr(QPainter, "drawText", drawText)


def pixels(window: QWidget) -> np.ndarray:
    image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def ground(seen: np.ndarray, box: QRect) -> str:
    """The colour that most of a place has; "" where it is not to be seen."""
    inside = seen[max(0, box.top()) : box.bottom() + 1, max(0, box.left()) : box.right() + 1].reshape(-1, 3)
    if not len(inside):
        return ""
    colors, counts = np.unique(inside, axis=0, return_counts=True)
    return "#" + "".join(f"{level:02x}" for level in colors[counts.argmax()])


def test_what_painters_write_can_be_read_where_it_stands(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for spec in window._specs:
        window.workspace(spec.title)
    for mode in ("light", "dark"):
        theme().mode = mode
        found, count = written_badly(window, qtbot, monkeypatch)
        assert found == [], mode
        assert count >= FEWEST


def written_badly(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], int]:
    """Words that cannot be read, and how many words there are."""
    found, count = [], 0
    for part, page in parts(window, qtbot):
        seen, written = pixels(window), Written(monkeypatch)
        for widget in page.findChildren(QWidget):
            if widget.visibleRegion().isEmpty():
                continue
            written.words.clear()
            corner = widget.mapTo(window, QPoint(0, 0))
            if isinstance(widget, QLabel):
                for color in hexes(widget.text()):
                    written.words.append((color, QRectF(widget.rect()), widget.text()))
            elif not type(widget).__module__.startswith("PySide6"):
                painted = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
                canvas = QImage(painted.size(), QImage.Format.Format_RGB32)
                painted.render(canvas, QPoint(), QRegion(), QWidget.RenderFlag.DrawWindowBackground)
                corner = painted.mapTo(window, QPoint(0, 0))
            for color, box, text in written.words:
                behind = ground(seen, box.toAlignedRect().translated(corner))
                if not text.strip() or not behind or not widget.isEnabled():
                    continue
                count += 1
                if contrast(color, behind) < WORDS:
                    found.append(f"{part}: “{text[:30]}” of {type(widget).__name__}: {color} on {behind}")
        monkeypatch.undo()
    return found, count
