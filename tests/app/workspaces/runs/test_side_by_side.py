"""Several runs compared: curves on one plot, last spectra, settings with what differs marked."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from jnn_studio.runs.curves import read_curves
from jnn_studio.training.folder.run_folder import RunFolder


def path_of(page: Any, name: str) -> Path:
    return next(run.path for run in page.workspace.model.runs if run.name == name)


def choose_term(page: Any, term: str) -> None:
    box = page.workspace.findChild(QComboBox, "runs.curves.term")
    box.setCurrentIndex(box.findData(term))


def test_of_several_runs_the_main_models_curves_lie_on_one_plot(page: Any) -> None:
    page.select("celeba 4", "faces 0")
    plot = page.workspace.comparison.curves
    drawn = plot._drawn
    assert [(d.member, d.label, d.style) for d in drawn] == [
        ("regularised", f"{run.name} · η = {run.main.eta:g}", "solid") for run in page.table.selected
    ]
    assert len({d.role for d in drawn}) == 2
    for member, run in zip(drawn, page.table.selected, strict=True):
        steps, values = read_curves(run.path, "total").curves["regularised"]
        assert plot.series(member.key).x.tolist() == steps
        np.testing.assert_allclose(plot.series(member.key).y, values)


def test_any_logged_value_can_be_drawn_and_all_models(page: Any, qtbot: QtBot) -> None:
    page.select("celeba 4", "faces 5")
    plot = page.workspace.comparison.curves
    choose_term(page, "held_out_psnr")
    qtbot.waitUntil(lambda: len(plot.series(plot._drawn[0].key).x) == 3)
    assert plot.canvas.y_axis.labelText == "Held-out PSNR in dB"

    page.workspace.findChild(QPushButton, "runs.curves.models.all").click()
    qtbot.waitUntil(lambda: len(plot._drawn) == 3)
    names = [run.name for run in page.table.selected]
    assert {d.label.split(" · ")[0] for d in plot._drawn} == set(names)
    assert {(d.member, d.style) for d in plot._drawn} == {
        ("unregularised", "dash"),
        ("regularised", "solid"),
        ("beta_vae", "solid"),
    }


def test_of_one_run_both_models_are_drawn_in_the_colours_that_they_have_everywhere(page: Any) -> None:
    page.select("celeba 4")
    drawn = page.workspace.comparison.curves._drawn
    assert [(d.role, d.style) for d in drawn] == [("unregularised", "solid"), ("regularised", "solid")]


def test_their_last_singular_values_lie_on_one_plot(page: Any) -> None:
    page.select("celeba 4", "heads 1")
    plot = page.workspace.comparison.spectra
    for member, run in zip(plot._drawn, page.table.selected, strict=True):
        sigma = RunFolder(run.path).newest_spectra(("unregularised", "regularised"))["regularised"].sigma
        np.testing.assert_allclose(plot.series(str(member.key)).y, sigma / sigma[0], rtol=1e-6)


def test_settings_stand_side_by_side_and_what_differs_is_marked(page: Any) -> None:
    page.select("celeba 4", "heads 1")
    names = [run.name for run in page.table.selected]
    etas = {"celeba 4": "0.1", "heads 1": "0.01"}
    seeds = {"celeba 4": "4", "heads 1": "1"}
    assert page.compared()["penalty.eta"] == [etas[name] for name in names]
    assert page.compared()["schedule.seed"] == [seeds[name] for name in names]
    assert "model.size" not in page.compared()
    said = page.workspace.findChild(QLabel, "runs.settings.said")
    assert said.text().startswith("2 of ")

    page.workspace.findChild(QCheckBox, "runs.settings.everything").setChecked(True)
    rows = page.compared()
    assert rows["model.size"][0] == rows["model.size"][1]
    table = page.workspace.comparison.settings.table
    row = list(rows).index("penalty.eta")
    alike = list(rows).index("model.size")
    assert table.item(row, 1).font().bold()
    assert not table.item(alike, 1).font().bold()


def test_the_table_goes_into_a_file_for_spreadsheets(
    page: Any, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "jnn_studio.app.workspaces.runs.side_by_side.settings.ask_where_to_save",
        lambda parent, what, name, kind, suffix, write: write(tmp_path / f"{name}.{suffix}"),
    )
    page.select("celeba 4", "heads 1")
    save = page.workspace.findChild(QToolButton, "runs.settings.save")
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    with (tmp_path / "runs-compared.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["", *(run.name for run in page.table.selected)]
    assert [row[1:] for row in rows if row[0] == "penalty.eta"] == [page.compared()["penalty.eta"]]


def test_of_very_many_the_first_are_drawn_and_that_is_said(page: Any) -> None:
    page.table.selectAll()
    assert len(page.table.selected) == 10
    said = page.workspace.findChild(QLabel, "runs.curves.more")
    assert said.text() == "The first 8 of 10 are drawn"
    assert len({d.run for d in page.workspace.comparison.curves._drawn}) == 8


def test_one_under_way_is_drawn_on_as_it_goes_on(
    page: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.app.engine.run_list.REFRESH_SECONDS", 0.05)
    page.action("refresh").trigger()
    page.select("celeba 4")
    path = path_of(page, "celeba 4")
    lines = (path / "metrics.jsonl").read_text().splitlines()
    (path / "metrics.jsonl").write_text(
        "\n".join([*lines, lines[-3].replace('"step": 100', '"step": 101')]) + "\n"
    )
    plot = page.workspace.comparison.curves
    key = next(d.key for d in plot._drawn if d.member == "regularised")
    qtbot.waitUntil(lambda: plot.series(key).x.tolist()[-1:] == [101])


@pytest.mark.parametrize(
    ("names", "models"),
    [
        (["celeba 4"], ["unregularised", "regularised"]),
        (["celeba 4", "heads 1"], ["unregularised", "regularised", "regularised"]),
        (["celeba 4", "heads 1", "faces 0", "faces at night 2"], ["regularised"] * 4),
    ],
)
def test_they_are_asked_to_be_explored_side_by_side(
    page: Any, qtbot: QtBot, names: list[str], models: list[str]
) -> None:
    page.select(*names)
    with qtbot.waitSignal(page.workspace.context.compare_requested) as asked:
        page.action("explore").trigger()
    (found,) = asked.args
    assert [where.rpartition("::")[2] for where, _ in found] == models
    assert {Path(where.rpartition("::")[0]) for where, _ in found} == {path_of(page, n) for n in names}
