"""The table of runs: what it shows, in which order, and what of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from benchmarks.many_runs import make_runs
from jnn_studio.app.context import AppContext
from jnn_studio.app.theme import theme
from jnn_studio.app.workspaces.runs.table.model import RunTableModel
from jnn_studio.app.workspaces.runs.table.view import RunTable
from jnn_studio.base.watch import Watch
from jnn_studio.runs.choosing import RunFilter
from jnn_studio.runs.index import RunIndex
from jnn_studio.training.events import Metrics
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Command, Commands


def text(page: Any, name: str) -> str:
    label = page.workspace.findChild(QLabel, name)
    return str(label.text()) if label.isVisible() else ""


def test_without_runs_it_says_what_to_do(make: Callable[[], Any]) -> None:
    page = make()
    assert "Train a model on the page Train, or add a folder" in text(page, "runs.empty")
    assert page.workspace.findChild(QPushButton, "runs.empty.folder").isVisible()
    assert not page.table.isVisible()
    assert page.possible() == set()


def test_every_run_has_a_row_with_what_is_known_of_it(page: Any) -> None:
    assert len(page.names) == 10
    row = page.names.index("celeba 4")
    assert page.column("state")[row] == "finished"
    assert page.column("kind")[row] == "autoencoder-pair"
    assert page.column("data")[row] == "8,192 faces"
    assert page.column("eta")[row] == "0.1"
    assert page.column("steps")[row] == "100"
    assert page.column("psnr")[row] == "27.60"
    assert page.column("duration")[row] == "5 s"
    assert float(page.column("rank")[row]) > 0
    assert float(page.column("gap")[row]) >= 0
    assert text(page, "runs.count") == "10 runs"


def test_a_click_on_a_title_sorts_and_what_is_missing_stays_last(page: Any) -> None:
    column = page.workspace.model.column_of("gap")
    for order, upside_down in ((Qt.SortOrder.AscendingOrder, False), (Qt.SortOrder.DescendingOrder, True)):
        page.table.sortByColumn(column, order)
        gaps = page.column("gap")
        pinned = page.names.index("landscapes 3")
        assert pinned == 0
        numbers = [float(gap) for gap in gaps[1:] if gap]
        assert numbers == sorted(numbers, reverse=upside_down)
        assert "" not in gaps[1 : 1 + len(numbers)]


def test_only_what_is_looked_for_is_shown(page: Any, qtbot: QtBot) -> None:
    search = page.workspace.findChild(QLineEdit, "runs.search")
    qtbot.keyClicks(search, "faces night")
    page.wait_for(["faces at night 2", "faces at night 7"])
    assert text(page, "runs.count") == "2 of 10 runs"
    qtbot.keyClicks(search, " nowhere")
    qtbot.waitUntil(lambda: text(page, "runs.empty") == "No run is so.")
    page.workspace.findChild(QPushButton, "runs.empty.show_all").click()
    assert len(page.names) == 10

    kind = page.workspace.findChild(QComboBox, "runs.kind")
    kind.setCurrentIndex(kind.findText("beta-vae"))
    assert page.names == ["faces 5"]
    state = page.workspace.findChild(QComboBox, "runs.state")
    state.setCurrentIndex(state.findText("failed"))
    assert page.names == []


def test_a_run_that_appears_moves_or_goes_is_seen(
    page: Any, settings: QSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.app.engine.run_list.REFRESH_SECONDS", 0.05)
    page.action("refresh").trigger()
    page.select("celeba 4")
    folder = Path(str(settings.value("runs_folder")))
    shutil.rmtree(folder / "run-00000")
    shutil.copytree(folder / "run-00001", folder / "sweep" / "copied")
    names = [name for name in page.names if name != "faces 0"]
    page.wait_for([*names, "heads 1"])
    assert [run.name for run in page.table.selected] == ["celeba 4"]


def test_one_under_way_elsewhere_is_followed(
    page: Any, qtbot: QtBot, tiny: Any, settings: QSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.app.engine.run_list.REFRESH_SECONDS", 0.05)
    commands = Commands()
    path = Path(str(settings.value("runs_folder"))) / "now"
    events = start_run(tiny(name="now", schedule={"steps": 40}), path, commands)
    for event in events:
        if isinstance(event, Metrics) and event.step == 20:
            break
    page.action("refresh").trigger()

    def row(key: str) -> str:
        return str(page.column(key)[page.names.index("now")])

    qtbot.waitUntil(lambda: "now" in page.names and row("state").startswith("training by "))
    assert row("steps") == "20 / 40"
    commands.send(Command.STOP)
    for _ in events:
        pass
    qtbot.waitUntil(lambda: row("state") == "stopped")


def test_a_run_that_cannot_be_read_is_a_row_that_says_why(
    make: Callable[[], Any], drawn: Callable[[int], list[Path]]
) -> None:
    (drawn(2)[0] / "config.toml").write_text("[")
    page = make()
    page.table.selectRow(page.column("state").index("cannot be read"))
    assert "not valid TOML" in text(page, "runs.selected")
    assert page.possible() == {"reveal"}


def test_the_columns_that_were_chosen_are_remembered(
    page: Any, make: Callable[[], Any], settings: QSettings
) -> None:
    def offered(page: Any) -> dict[str, Any]:
        page.table.column_menu.aboutToShow.emit()
        return {action.text(): action for action in page.table.column_menu.actions()}

    assert not offered(page)["Id"].isChecked()
    offered(page)["Id"].trigger()
    offered(page)["Gap"].trigger()
    page.table.sortByColumn(page.workspace.model.column_of("eta"), Qt.SortOrder.AscendingOrder)
    page.workspace.save_state(settings)
    again = make()

    assert offered(again)["Id"].isChecked()
    assert not offered(again)["Gap"].isChecked()
    assert again.column("eta") == page.column("eta")
    offered(again)["As at first"].trigger()
    assert not offered(again)["Id"].isChecked()


def test_thousands_of_rows_are_filled_sorted_and_filtered(qtbot: QtBot, tmp_path: Path) -> None:
    """Of a few runs under other names: what is asked of the table is that it holds them."""
    make_runs(tmp_path / "runs", 12, 50)
    few = RunIndex(tmp_path).refresh([tmp_path / "runs"], Watch())
    runs = [
        replace(few[number % 12], path=tmp_path / str(number), config_name=f"alike-{number:04}")
        for number in range(3_000)
    ]
    model = RunTableModel()
    table = RunTable(model)
    qtbot.addWidget(table)
    table.show()
    model.set_runs(runs)
    table.sortByColumn(model.column_of("name"), Qt.SortOrder.DescendingOrder)
    names = [table.proxy.index(row, 0).data() for row in range(table.shown)]
    pinned = sum(run.pinned for run in runs)

    assert table.shown == 3_000
    assert names[pinned:] == sorted(names[pinned:], reverse=True)
    table.show_only(RunFilter(text="alike-29"))
    assert table.shown == 100
    model.set_runs(runs[:2_999])
    table.show_only(RunFilter())
    assert table.shown == 2_999


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_curve_is_drawn_in_every_row(page: Any, mode: str) -> None:
    before = theme().mode
    theme().mode = mode  # type: ignore[assignment]
    column = page.workspace.model.column_of("curve")
    drawn = set()
    for row in range(3):
        box = page.table.visualRect(page.table.proxy.index(row, column))
        picture = page.table.viewport().grab(box).toImage()
        drawn |= {picture.pixelColor(x, y).name() for x in range(box.width()) for y in range(box.height())}
    assert theme().colors.regularised in drawn
    theme().mode = before


def test_nothing_is_looked_for_while_nobody_looks(
    page: Any, qtbot: QtBot, settings: QSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.app.engine.run_list.REFRESH_SECONDS", 0.02)
    page.action("refresh").trigger()
    page.workspace.hide()
    context: AppContext = page.workspace.context
    qtbot.waitUntil(lambda: not context.runs._busy and not context.runs._later.isActive())
    qtbot.wait(200)
    assert not context.runs._busy
    RunFolder(Path(str(settings.value("runs_folder"))) / "run-00000").set_state("failed", 1, "odd")
    page.workspace.show()
    qtbot.waitUntil(lambda: page.column("state")[page.names.index("faces 0")] == "failed")
