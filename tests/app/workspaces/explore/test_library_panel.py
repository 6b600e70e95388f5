"""The Library dock: saved directions are found, applied, renamed, put aside, and travel as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.explore.library.panel import LibraryPanel
from jnn_studio.data.config import FacesConfig
from jnn_studio.explore.saved.library import Library
from jnn_studio.explore.saved.saved_direction import (
    SavedDirection,
    save_direction,
)
from jnn_studio.explore.state import SourceImage
from jnn_studio.models.autoencoder import build
from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.models.weights import LoadedModel


class Spot:
    """A place with made-up directions."""

    latent = torch.zeros(4)
    directions = torch.eye(4)[:, :2]
    push = torch.ones(2, 3 * 8 * 8)
    start = torch.full((3, 8, 8), 0.5)


MODEL = LoadedModel(
    build(AutoencoderConfig(size=8, dct=8, hidden=8, latent=4), 0), "Regularised", {"eta": "0.5"}
)


def saved(name: str, note: str = "") -> SavedDirection:
    return save_direction(
        name=name,
        note=note,
        loaded=MODEL,
        where="regularised",
        fingerprint="0" * 64,
        kind="encoder",
        index=1,
        mode="straight",
        image=SourceImage(index=3),
        label="face 3",
        source=FacesConfig(),
        amounts=(-0.1, 0.1),
        place=Spot(),
        moved=np.zeros((8, 8, 3), np.uint8),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "directions"


Make = Callable[[], LibraryPanel]


@pytest.fixture
def make(qtbot: QtBot, settings: QSettings, folder: Path) -> Iterator[Make]:
    """A panel once it has read its folder."""
    context = AppContext(settings)
    made: list[LibraryPanel] = []

    def make_one() -> LibraryPanel:
        panel = LibraryPanel(context, folder)
        made.append(panel)
        panel.resize(260, 420)
        panel.show()
        read = []
        context.loading.request(context, "test", lambda _: None, read.append, read.append)
        qtbot.waitUntil(lambda: bool(read))
        return panel

    yield make_one
    context.close()
    for panel in made:
        panel.hide()
        panel.deleteLater()


def names(panel: LibraryPanel) -> list[str]:
    return [panel.list.item(row).text() for row in range(panel.list.count())]


def fill(folder: Path, *directions: SavedDirection) -> None:
    for one in directions:
        Library(folder).save(one)


def choose(panel: LibraryPanel, name: str) -> None:
    panel.list.setCurrentRow(names(panel).index(name))


def double_click(panel: LibraryPanel, qtbot: QtBot) -> None:
    place = panel.list.visualItemRect(panel.list.item(0)).center()
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_an_empty_library_says_how_to_fill_it(make: Make) -> None:
    panel = make()
    assert panel.empty.isVisible()
    assert "Save current" in panel.empty.text()
    for button in (panel.apply, panel.rename, panel.delete, panel.save):
        assert not button.isEnabled()


def test_saving_asks_for_a_name_and_a_note(make: Make, qtbot: QtBot) -> None:
    panel = make()
    panel.set_can_save(True)
    qtbot.mouseClick(panel.save, Qt.MouseButton.LeftButton)
    assert not panel.editor.keep.isEnabled(), "a name is needed"
    qtbot.keyClicks(panel.editor.name, "turns the head")
    qtbot.keyClicks(panel.editor.note, "to the left")
    with qtbot.waitSignal(panel.save_asked) as asked:
        qtbot.keyClick(panel.editor.note, Qt.Key.Key_Return)
    assert asked.args == ["turns the head", "to the left"]
    assert not panel.editor.isVisible()


def test_what_is_saved_is_selected_and_there_the_next_time(make: Make, qtbot: QtBot) -> None:
    panel = make()
    one = saved("smile")
    panel.save_direction(one)
    qtbot.waitUntil(lambda: panel.selected == one)
    assert names(make()) == ["smile"]


def test_search_finds_names_and_notes(make: Make, folder: Path) -> None:
    fill(folder, saved("smile"), saved("head turns", note="like a nod"))
    panel = make()
    panel.search.setText("NOD")
    assert names(panel) == ["head turns"]
    panel.search.setText("beard")
    assert panel.empty.isVisible()
    assert "beard" in panel.empty.text()
    panel.search.clear()
    assert sorted(names(panel)) == ["head turns", "smile"]


def test_the_button_the_return_key_and_a_double_click_apply(make: Make, folder: Path, qtbot: QtBot) -> None:
    one = saved("smile")
    fill(folder, one)
    panel = make()
    choose(panel, "smile")
    for how in (
        panel.apply.click,
        lambda: qtbot.keyClick(panel.list, Qt.Key.Key_Return),
        lambda: double_click(panel, qtbot),
    ):
        with qtbot.waitSignal(panel.apply_asked) as asked:
            how()
        assert asked.args == [one]


def test_the_match_is_shown(make: Make) -> None:
    panel = make()
    panel.show_applied("u3 of the regularised model, match 0.94")
    assert panel.result.isVisible()
    assert panel.result.text() == "u3 of the regularised model, match 0.94"


def test_a_direction_is_renamed(make: Make, folder: Path, qtbot: QtBot) -> None:
    fill(folder, saved("smile", note="first"))
    panel = make()
    choose(panel, "smile")
    panel.rename.click()
    assert (panel.editor.name.text(), panel.editor.note.text()) == ("smile", "first")
    panel.editor.name.setText("grin")
    panel.editor.keep.click()
    qtbot.waitUntil(lambda: names(panel) == ["grin"])
    assert panel.selected.note == "first"


def test_the_keys_of_the_list(make: Make, folder: Path, qtbot: QtBot) -> None:
    fill(folder, saved("smile"))
    panel = make()
    choose(panel, "smile")
    qtbot.keyClick(panel.list, Qt.Key.Key_F2)
    assert panel.editor.isVisible()
    qtbot.keyClick(panel.editor.name, Qt.Key.Key_Escape)
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(panel) == [])


def test_escape_renames_nothing(make: Make, folder: Path, qtbot: QtBot) -> None:
    fill(folder, saved("smile"))
    panel = make()
    choose(panel, "smile")
    panel.rename.click()
    panel.editor.name.setText("grin")
    qtbot.keyClick(panel.editor.name, Qt.Key.Key_Escape)
    assert not panel.editor.isVisible()
    assert Library(folder).contents().directions[0].name == "smile"


def test_deleting_is_undone_from_the_menu(make: Make, folder: Path, qtbot: QtBot) -> None:
    fill(folder, saved("smile"), saved("head"))
    panel = make()
    choose(panel, "smile")
    panel.delete.click()
    qtbot.waitUntil(lambda: names(panel) == ["head"])
    assert panel.selected.name == "head", "the next one"
    undelete = next(a for a in panel.commands() if "Undo" in a.text())
    undelete.trigger()
    qtbot.waitUntil(lambda: sorted(names(panel)) == ["head", "smile"])
    assert panel.selected.name == "smile"
    assert not undelete.isEnabled()


def test_directions_are_exported_and_imported(make: Make, folder: Path, tmp_path: Path, qtbot: QtBot) -> None:
    fill(folder, saved("smile"))
    panel = make()
    choose(panel, "smile")
    path = tmp_path / "smile.json"
    panel.export_file(panel.selected, path)
    qtbot.waitUntil(path.exists)
    panel.delete.click()
    qtbot.waitUntil(lambda: names(panel) == [])
    panel.import_file(path)
    qtbot.waitUntil(lambda: names(panel) == ["smile"])
    assert "imported" in panel.result.text()


def test_a_file_that_is_none_is_refused_by_name(make: Make, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "other.json"
    path.write_text("{}")
    panel = make()
    panel.import_file(path)
    qtbot.waitUntil(panel.result.isVisible)
    assert "other.json" in panel.result.text()
    assert panel.result.property("tone") == "danger"


def test_damaged_files_are_told_and_the_others_shown(make: Make, folder: Path) -> None:
    fill(folder, saved("smile"))
    (folder / "broken.json").write_text("{")
    panel = make()
    assert names(panel) == ["smile"]
    assert "broken.json" in panel.result.text()


def test_the_tooltip_tells_where_a_direction_comes_from(make: Make, folder: Path) -> None:
    fill(folder, saved("smile", note="wide"))
    tip = make().list.item(0).toolTip()
    for words in ("wide", "Direction 2", "η = 0.5", "face 3", "+0.100"):
        assert words in tip


def test_it_fits_a_narrow_dock(make: Make) -> None:
    assert max(make().minimumSizeHint().width(), make().minimumWidth()) <= 220


def test_every_button_says_what_it_does(make: Make) -> None:
    for button in make().findChildren(QPushButton):
        assert button.toolTip()
        assert button.accessibleName()
        assert button.objectName().startswith("explore.library.")
