"""What can be done with runs from their page."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QTableView,
)
from pytestqt.qtbot import QtBot

from jnn_studio.app.engine import run_list
from jnn_studio.training.folder.run_folder import RunFolder


def annotation(path: Path) -> dict[str, Any]:
    return dict(json.loads((path / "annotation.json").read_text()))


def path_of(page: Any, name: str) -> Path:
    return next(run.path for run in page.workspace.model.runs if run.name == name)


def test_a_run_is_renamed_where_its_name_stands(page: Any, qtbot: QtBot) -> None:
    path = path_of(page, "celeba 4")
    page.type("name", "celeba 4", "the good one")
    qtbot.waitUntil((path / "annotation.json").exists)
    assert "the good one" in page.names
    assert annotation(path)["name"] == "the good one"
    assert RunFolder(path).config().name == "celeba 4"

    page.type("name", "the good one", "celeba 4")
    qtbot.waitUntil(lambda: annotation(path)["name"] == "")
    assert "celeba 4" in page.names


def test_what_is_being_typed_stays_when_the_list_is_read_again(page: Any, qtbot: QtBot) -> None:
    editor = page.edit("name", "celeba 4")
    editor.selectAll()
    qtbot.keyClicks(editor, "half a")
    model = page.workspace.model
    model.set_runs([replace(run, step=run.step - 1) for run in model.runs])
    qtbot.keyClicks(editor, " name")
    assert editor.text() == "half a name"
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "half a name" in page.names)


def test_what_is_selected_to_be_typed_over_stays_so_when_the_list_is_read_again(
    page: Any, qtbot: QtBot
) -> None:
    editor = page.edit("name", "celeba 4")
    model = page.workspace.model
    model.set_runs([replace(run, step=run.step - 1) for run in model.runs])
    assert editor.selectedText() == "celeba 4"
    qtbot.keyClick(editor, Qt.Key.Key_Escape)


def test_tags_are_typed_with_commas(page: Any, qtbot: QtBot) -> None:
    page.type("tags", "celeba 4", "paper, figure 3")
    path = path_of(page, "celeba 4")
    qtbot.waitUntil((path / "annotation.json").exists)
    assert annotation(path)["tags"] == ["paper", "figure 3"]


def test_a_note_is_typed_in_a_window_of_its_own(page: Any, qtbot: QtBot) -> None:
    page.select("celeba 4")
    page.action("note").trigger()
    dialog = page.workspace.findChild(QDialog, "runs.note_dialog")
    dialog.findChild(QPlainTextEdit, "runs.note").setPlainText("Sharp.\nTry η = 0.2.")
    qtbot.mouseClick(dialog.findChild(QPushButton, "runs.note_save"), Qt.MouseButton.LeftButton)
    path = path_of(page, "celeba 4")
    qtbot.waitUntil((path / "annotation.json").exists)
    assert annotation(path)["note"] == "Sharp.\nTry η = 0.2."
    assert page.column("note")[page.names.index("celeba 4")] == "Sharp. Try η = 0.2."


def test_pinned_runs_stand_above_all_others(page: Any, qtbot: QtBot) -> None:
    assert page.names[0] == "landscapes 3"
    page.select("celeba 4")
    page.action("pin").trigger()
    qtbot.waitUntil(lambda: set(page.names[:2]) == {"landscapes 3", "celeba 4"})
    assert page.action("pin").text() == "Un&pin"
    page.action("pin").trigger()
    assert page.action("pin").text() == "&Pin"
    path = path_of(page, "celeba 4")
    qtbot.waitUntil(lambda: (path / "annotation.json").exists() and not annotation(path)["pinned"])


def test_what_can_be_done_depends_on_what_is_selected(page: Any) -> None:
    every = {"open", "resume", "explore", "vary", "rename", "tag", "note", "pin", "reveal", "remove"}
    page.select("celeba 4")
    assert page.possible() == every - {"resume"}
    page.select("faces at night 7")  # stopped
    assert page.possible() == every
    page.select("celeba 4", "faces 0")
    assert page.possible() == {"explore", "pin", "remove"}


def test_a_run_is_opened_in_the_page_for_its_kind(page: Any, qtbot: QtBot) -> None:
    page.select("rof 8")
    assert page.action("open").text() == "&Open in Validate ▸ ROF denoising"
    with qtbot.waitSignal(page.workspace.context.open_requested) as asked:
        page.table.setFocus()
        qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert asked.args == [path_of(page, "rof 8"), "rof", False]
    page.select("faces at night 7")
    with qtbot.waitSignal(page.workspace.context.open_requested) as asked:
        page.action("resume").trigger()
    assert asked.args[2] is True


def test_runs_go_to_the_bin_once_that_is_confirmed(
    page: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def to_the_bin(path: Path) -> None:
        path.rename(tmp_path / f"binned-{path.name}")

    monkeypatch.setattr(run_list, "to_the_bin", to_the_bin)
    page.select("celeba 4", "faces 0")
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    page.action("remove").trigger()
    box, *others = page.workspace.findChildren(QMessageBox)
    assert not others
    assert box.text() == "Move 2 runs to the bin?"
    box.findChild(QPushButton, "runs.remove_now").click()
    qtbot.waitUntil(lambda: len(page.names) == 8)
    assert (tmp_path / "binned-run-00004" / "config.toml").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="where the bin is differs")
def test_the_bin_is_the_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own").mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.toml").write_text("")
    run_list.to_the_bin(run)
    assert not run.exists()
    assert list(tmp_path.rglob("*.trashinfo"))


def test_one_that_somebody_trains_stays_and_that_is_said(
    page: Any, qtbot: QtBot, long_run: tuple[Path, Any]
) -> None:
    path, process = long_run
    page.workspace.context.runs.name_folder(path)
    qtbot.waitUntil(lambda: "long" in page.names)
    page.select("long")
    assert "remove" not in page.possible()

    page.workspace.context.runs.remove(page.table.selected)
    qtbot.waitUntil(page.workspace.message.isVisible)
    assert f"is being trained by another process ({process.pid} on" in page.workspace.message.text.text()
    assert path.exists()
    process.signal(9)
    process.wait()


def test_the_folder_is_shown_in_the_file_manager(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []

    def open_url(url: Any) -> bool:
        shown.append(Path(url.toLocalFile()))
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    page.select("celeba 4")
    page.action("reveal").trigger()
    assert shown == [path_of(page, "celeba 4")]


def test_another_folder_is_looked_into_and_left_again(
    make: Callable[[], Any], qtbot: QtBot, tiny: Any, tmp_path: Path
) -> None:
    RunFolder.create(tmp_path / "drive" / "theirs", tiny(name="theirs"))
    page = make()
    page.action("folder").trigger()
    dialog = page.workspace.findChild(QFileDialog, "runs.folder_dialog")
    dialog.fileSelected.emit(str(tmp_path / "drive"))
    dialog.close()
    page.wait_for(["theirs"])
    again = make()
    again.wait_for(["theirs"])

    again.workspace.context.runs.forget_folder(tmp_path / "drive")
    again.wait_for([])
    assert (tmp_path / "drive" / "theirs").exists()


def test_the_folders_are_named_in_their_menu(
    page: Any, qtbot: QtBot, settings: QSettings, tmp_path: Path
) -> None:
    (tmp_path / "drive").mkdir()
    page.workspace.context.runs.name_folder(tmp_path / "drive")
    menu = page.workspace.findChild(QPushButton, "runs.folders").menu()
    menu.aboutToShow.emit()
    qtbot.waitUntil(lambda: len([a for a in menu.actions() if a.text()]) == 3)
    assert [a.text() for a in menu.actions() if a.text()] == [
        str(settings.value("runs_folder")),
        str(tmp_path / "drive"),
        "Add a folder…",
    ]


def test_every_control_says_what_it_is_and_what_it_does(page: Any) -> None:
    page.select("celeba 4", "heads 1")
    silent = [
        control.objectName() or repr(control)
        for kind in (QLineEdit, QComboBox, QAbstractButton, QTableView)
        for control in page.workspace.findChildren(kind)
        if control.isVisible()
        and control.objectName()[:3] != "qt_"
        and not isinstance(control.parent(), QLineEdit | QComboBox | QTabBar | QTableView)
        and not (
            control.objectName()
            and control.accessibleName()
            and (control.toolTip() or isinstance(control, QTableView))
        )
    ]
    assert silent == []


def test_no_two_of_them_share_a_mnemonic(page: Any) -> None:
    page.select("faces at night 7")
    texts = [b.text() for b in page.workspace.findChildren(QAbstractButton) if b.isVisible()]
    keys = Counter(text[text.index("&") + 1].lower() for text in texts if "&" in text.replace("&&", ""))
    assert [key for key, count in keys.items() if count > 1] == []
