"""A name from a file is text wherever it stands: no HTML, no mnemonic, no escape, no mathematics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLabel,
    QMessageBox,
    QPushButton,
    QToolButton,
    QTreeWidget,
)
from pytestqt.qtbot import QtBot

from jnn_studio.app.plain_text import literal, without_mnemonic
from jnn_studio.app.plots.curves import LossPlot
from jnn_studio.app.plots.plot import StudioPlot
from jnn_studio.app.theme import theme
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.window import MainWindow
from jnn_studio.data.attributes import open_attributes
from jnn_studio.data.folder import open_folder
from jnn_studio.explore.saved.saved_direction import ModelProvenance
from jnn_studio.models.weights import Loaded
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.folder.run_folder import RunFolder

NAME = '<h1>BIG</h1>&<img src="/usr/share/pixmaps/x.png">\x1b[2J$x'
SHOWN = '<h1>BIG</h1>&<img src="/usr/share/pixmaps/x.png">\\x1b[2J$x'


@pytest.fixture
def window(qtbot: QtBot, settings: QSettings, qapp: QApplication) -> Iterator[MainWindow]:
    window = MainWindow(settings)
    window.show()
    explore = window.workspace("Explore")
    qtbot.waitUntil(lambda: explore.desk.scene is not None)
    yield window
    window.shutdown()
    window.hide()
    theme().mode = "system"
    window.deleteLater()


def texts(menu: object) -> list[str]:
    menu.aboutToShow.emit()
    return [action.text() for action in menu.actions() if action.text()]


def test_ampersands_stand_as_they_are_and_escapes_are_written_out() -> None:
    assert literal("a & b\x1b[2J") == "a && b\\x1b[2J"
    assert without_mnemonic(literal("a & b")) == "a & b"
    assert without_mnemonic("E&xport…") == "Export…"


def test_a_run_of_any_name_is_trained_asked_about_and_found_again(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    config = validate_config(
        {
            "name": NAME,
            "data": {"kind": "faces", "count": 64},
            "model": {"size": 16, "dct": 8, "hidden": 16, "latent": 8},
            "schedule": {"steps": 9_999_999, "batch_size": 8, "held_out": 8},
            "logging": {"preview_every": 5},
        },
        "test",
    )
    folder = tmp_path / "a & b <h1>\x1b[2J"
    train = window.workspace("Train")
    window.show_workspace("Train")
    feed = window.context.start_run(config, folder)
    page = train.page
    # The first picture may be drawn a moment before the queued word that training has begun.
    qtbot.waitUntil(lambda: page.plots.previews.step is not None)
    qtbot.waitUntil(lambda: page.status.state == "running")

    assert page.status.headline == f"Training “{SHOWN}”"
    assert window.findChild(QLabel, "run_status").text() == f"{SHOWN}: training"
    assert window.findChild(QLabel, "run_status").textFormat() == Qt.TextFormat.PlainText
    places = [label for label in page.findChildren(QLabel) if "a & b <h1>\\x1b[2J" in label.text()]
    assert places, "where the run is"
    recent = page.controls.recent.menu()
    wanted = f"{literal(SHOWN)} · η = 0.5 · training"
    qtbot.waitUntil(lambda: texts(recent)[0] == wanted)

    explore = window.workspace("Explore")
    menu = explore.choices.models.menu()
    window.close()
    box = window.findChild(QMessageBox, "quit_box")
    assert box.text() == f"“{SHOWN}” is still training."
    assert "\x1b" not in box.informativeText()
    box.findChild(QPushButton, "quit_keep").click()

    explore.desk.live.follow(feed)
    assert all("\x1b" not in text for text in texts(menu))
    everything = [
        *(label.text() for label in window.findChildren(QLabel)),
        *(button.text() for button in window.findChildren(QPushButton)),
        *(button.text() for button in window.findChildren(QToolButton)),
        *(box.text() for box in window.findChildren(QCheckBox)),
        *(action.text() for action in window.findChildren(QAction)),
        *(action.toolTip() for action in window.findChildren(QAction)),
    ]
    assert all("\x1b" not in text for text in everything)
    explore.desk.live.unfollow()


def test_explore_calls_a_model_by_any_name(window: MainWindow, qtbot: QtBot) -> None:
    explore = window.workspace("Explore")
    desk = explore.desk
    desk.rename_column(desk.state.columns[0].key, NAME)
    qtbot.waitUntil(lambda: desk.settled)
    assert desk.scene.columns[0].caption.startswith(SHOWN)
    assert explore.panes.moved[0].accessibleName().startswith(SHOWN)  # as it is painted above the picture
    window.findChild(QAction, "action_command_palette").trigger()
    found = window._palette.findChild(QTreeWidget)
    words = [found.topLevelItem(row).text(0) for row in range(found.topLevelItemCount())]
    assert all("\x1b" not in text for text in words)
    window._palette.reject()


def test_the_palette_shows_an_ampersand_once(window: MainWindow) -> None:
    action = QAction(literal("Salt & pepper"), window)
    window.menuBar().actions()[0].menu().addAction(action)
    window.findChild(QAction, "action_command_palette").trigger()
    found = window._palette.findChild(QTreeWidget)
    assert "Salt & pepper" in [found.topLevelItem(row).text(0) for row in range(found.topLevelItemCount())]
    window._palette.reject()


def test_a_plot_names_axes_curves_and_terms_as_they_are(qtbot: QtBot) -> None:
    plot = StudioPlot("plot", "Title")
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    plot.set_labels(x=NAME, y="a < b & c")
    plot.add_curve("k", NAME, "accent")
    plot.extend("k", [1, 2, 3], [1, 2, 3])
    plot.show()
    plot.refresh()
    assert "&lt;h1&gt;BIG" in plot.canvas.x_axis.labelString()
    assert plot.canvas.x_axis.label.toPlainText().strip().startswith("<h1>BIG</h1>&")
    assert plot.canvas.y_axis.label.toPlainText().strip() == "a < b & c"
    assert plot.canvas.y_axis.labelText == "a < b & c", "as a table writes it"
    assert plot.canvas.legend.entries[0].label == NAME  # painted, letter by letter

    losses = LossPlot("losses")
    qtbot.addWidget(losses)
    losses.add_model("m", "M", "accent")
    losses.add_term("a&b\x1b")
    button = losses.findChild(QPushButton, "losses.term.a&b\x1b")
    assert button.text() == "A&&b\\x1b"


def test_choices_and_messages_show_names_as_they_are(qtbot: QtBot) -> None:
    choice = SegmentedControl({"k": ("a & b", "")}, "c", "Choice")
    qtbot.addWidget(choice)
    assert choice.findChild(QPushButton).text() == "a && b"
    bar = MessageBar()
    qtbot.addWidget(bar)
    bar.show_error(NAME, f"{NAME}\nnext line")
    assert bar.title.text() == SHOWN
    assert bar.text.text() == f"{SHOWN}\nnext line"
    assert bar.text.textFormat() == Qt.TextFormat.PlainText


def test_names_are_fit_to_be_shown_as_they_enter(tmp_path: Path) -> None:
    photos = tmp_path / "photos\x1b[2J"
    photos.mkdir()
    for name in ("a\x1b[31m.png", "b.png"):
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(photos / name)
    source = open_folder(photos, 8, cache_dir=tmp_path / "cache")
    assert source.name == "photos\\x1b[2J"
    assert [source.label(index) for index in range(2)] == ["a\\x1b[31m.png", "b.png"]
    table = tmp_path / "t\x1b.csv"
    table.write_text("file,smil\x1b[2Jing & <b>,age\nb.png,1,3\na\x1b[31m.png,0,4\n", encoding="utf-8")
    found = open_attributes(table, source)
    assert found.names == ("smil\\x1b[2Jing & <b>", "age")
    assert found.title == "t\\x1b.csv"
    assert Loaded(None, NAME, {}).name == SHOWN
    assert ModelProvenance(name=NAME, where="x", fingerprint="f", run=NAME).run == SHOWN


def test_what_a_damaged_state_says_reaches_no_label_raw(trained: Path, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    (tmp_path / "state.json").write_text(
        '{"state": "stopped", "step": 3, "heartbeat": 1.0, "reason": "\\u001b[2J"}', encoding="utf-8"
    )
    assert folder.state().reason == "\\x1b[2J"
