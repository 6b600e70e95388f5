"""Icons take the colour of the theme and stay sharp."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QIcon, QImage
from pytestqt.qtbot import QtBot

from jnn_studio.app.icons import DRAWINGS, IconButton, icon
from jnn_studio.app.theme import theme


def inked(image: QImage) -> set[str]:
    """Colours of the opaque pixels."""
    points = ((x, y) for x in range(image.width()) for y in range(image.height()))
    colors = (image.pixelColor(*point) for point in points)
    return {color.name() for color in colors if color.alpha() == 255}


def drawing(made: QIcon) -> QImage:
    return made.pixmap(16, 16).toImage()


@pytest.mark.parametrize("name", sorted(drawing.stem for drawing in DRAWINGS.glob("*.svg")))
def test_every_icon_draws_in_the_colour_asked_for(qtbot: QtBot, name: str) -> None:
    image = icon(name, QColor("#aa3311"), 64).pixmap(64, 64).toImage()
    # Antialiasing may round a channel by one.
    assert {"#aa3311"} <= inked(image) <= {"#aa3311", "#a93311"}


def test_an_icon_has_a_drawing_for_each_scale(qtbot: QtBot) -> None:
    sizes = {size.width() for size in icon("play", QColor("black"), 20).availableSizes()}
    assert sizes == {20, 40, 60}


def test_a_button_follows_the_theme(qtbot: QtBot) -> None:
    button = IconButton("close", "Dismiss", "dismiss")
    qtbot.addWidget(button)
    button.show()
    for mode in ("dark", "light"):
        theme().mode = mode
        assert inked(drawing(button.icon())) == {theme().colors.text}
    theme().mode = "system"


def test_a_button_can_change_its_icon_and_its_tip(qtbot: QtBot) -> None:
    button = IconButton("play", "Play", "play")
    qtbot.addWidget(button)
    before = drawing(button.icon())
    button.set_icon("pause")
    button.set_tip("Pause")
    assert drawing(button.icon()) != before
    assert (button.toolTip(), button.accessibleName()) == ("Pause", "Pause")
