"""Colours that can be told apart on both backgrounds, by everyone, and change at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from jnn_studio.app.colors import DARK, LIGHT, Colors
from jnn_studio.app.icons import IconButton
from jnn_studio.app.theme import mix, theme, ui_font

MODELS = ("unregularised", "regularised", "pca", "model-1", "model-2", "model-3", "model-4")

# Machado, Oliveira & Fernandes 2009, severity 1: linear RGB as a dichromat sees it.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    ),
    "deuteranopia": np.array(
        [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    ),
    "tritanopia": np.array(
        [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
    ),
}


@pytest.fixture(autouse=True)
def system_theme_afterwards() -> Iterator[None]:
    yield
    theme().mode = "system"


def linear(color: str) -> np.ndarray:
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """WCAG 2 contrast ratio."""
    light, dark = sorted((float(linear(c) @ (0.2126, 0.7152, 0.0722)) for c in (a, b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def oklab(rgb: np.ndarray) -> np.ndarray:
    to_cones = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
    to_lab = np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]])
    return to_lab @ np.cbrt(to_cones @ rgb.clip(0, 1))


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
class TestColors:
    @pytest.mark.parametrize("role", [*MODELS, "accent", "danger", "warning", "success"])
    def test_marks_stand_out_from_every_background(self, colors: Colors, role: str) -> None:
        assert all(
            contrast(colors.role(role), back) >= 3 for back in (colors.window, colors.panel, colors.plot)
        )

    @pytest.mark.parametrize("role", ["text", "muted"])
    def test_text_is_readable(self, colors: Colors, role: str) -> None:
        assert all(contrast(colors.role(role), back) >= 4.5 for back in (colors.window, colors.panel))

    def test_text_on_the_accent_is_readable(self, colors: Colors) -> None:
        assert contrast(colors.accent_text, colors.accent) >= 4.5

    @pytest.mark.parametrize("vision", VISION)
    def test_models_can_be_told_apart(self, colors: Colors, vision: str) -> None:
        seen = {role: oklab(VISION[vision] @ linear(colors.role(role))) for role in MODELS}
        for a, b in combinations(MODELS, 2):
            assert np.linalg.norm(seen[a] - seen[b]) > 0.1, (a, b)
        assert np.linalg.norm(seen["unregularised"] - seen["regularised"]) > 0.2


def test_a_literal_colour_is_itself() -> None:
    assert LIGHT.role("#123456") == "#123456"


def test_every_mode_dresses_the_application(qapp: QApplication) -> None:
    for mode, colors in (("dark", DARK), ("light", LIGHT)):
        theme().mode = mode
        assert theme().colors is colors
        assert qapp.palette().color(QPalette.ColorRole.Window).name() == colors.window
        assert theme().model_color("regularised").name() == colors.regularised


def test_listeners_hear_of_a_change_and_of_nothing_else(qtbot: QtBot) -> None:
    theme().mode = "light"
    with qtbot.waitSignal(theme().changed):
        theme().mode = "dark"
    with qtbot.assertNotEmitted(theme().changed):
        theme().mode = "dark"


def nest(qtbot: QtBot, depth: int) -> tuple[QWidget, QLabel]:
    """A window with a label so many widgets deep."""
    window = QWidget()
    qtbot.addWidget(window)
    inner = window
    for _ in range(depth):
        outer, inner = inner, QFrame()
        QVBoxLayout(outer).addWidget(inner)
    label = QLabel("deep inside", inner)
    window.show()
    return window, label


def test_a_widget_is_dressed_as_often_however_deep_it_lies(qtbot: QtBot) -> None:
    """If a sheet replaces another, Qt dresses a widget once for every one it lies in: that takes seconds."""

    class Counting(QObject):
        count = 0

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            self.count += event.type() == QEvent.Type.StyleChange
            return False

    theme().mode = "light"
    counts = []
    for depth in (1, 12):
        _, label = nest(qtbot, depth)
        counting = Counting(label)
        label.installEventFilter(counting)
        theme().mode = "dark" if not theme().is_dark else "light"
        counts.append(counting.count)
    assert counts[0] == counts[1] <= 2


def test_a_switched_window_looks_like_one_made_in_the_theme(qtbot: QtBot) -> None:
    def form() -> QWidget:
        made = QWidget()
        qtbot.addWidget(made)
        column = QVBoxLayout(made)
        for widget in (
            QPushButton("Start"),
            QLineEdit("words"),
            QCheckBox("on"),
            QComboBox(),
            QLabel("text"),
        ):
            column.addWidget(widget)
        column.addWidget(IconButton("close", "Dismiss", "dismiss"))
        made.resize(200, 260)
        for child in made.findChildren(QWidget):
            child.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the ring belongs to the window that is active
        made.show()
        return made

    theme().mode = "light"
    switched = form()
    theme().mode = "dark"
    made = form()
    qtbot.wait(1)
    assert switched.grab().toImage() == made.grab().toImage()


def test_there_is_one_theme() -> None:
    assert theme() is theme()


def test_fonts_scale_and_may_have_figures_of_equal_width(qapp: QApplication) -> None:
    assert ui_font(2).pointSizeF() == pytest.approx(2 * qapp.font().pointSizeF())
    font = ui_font(digits=True)
    assert [font.isFeatureSet(tag) for tag in font.featureTags()] == [True]


def test_mixing_is_opaque_and_in_proportion() -> None:
    mixed = mix(theme().color("#ff0000"), theme().color("#0000ff"), 0.25)
    assert mixed.getRgbF() == pytest.approx((0.25, 0, 0.75, 1), abs=0.01)


def test_all_colours_are_given() -> None:
    flat = [color for value in (*astuple(LIGHT), *astuple(DARK)) for color in np.atleast_1d(value)]
    assert all(len(color) == 7 and int(color[1:], 16) >= 0 for color in flat)
