"""What every plot of the program does, whatever it shows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QLocale, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QImage, QWheelEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QToolButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.colors import DARK, LIGHT
from jnn_studio.app.plots.plot import StudioPlot
from jnn_studio.app.theme import theme
from jnn_studio.base.table_file import TableFile

LOSS = (np.arange(5), np.array([8.0, 4.0, 2.0, 1.0, 0.5]))


@pytest.fixture
def plot(qtbot: QtBot) -> Iterator[StudioPlot]:
    made = StudioPlot("loss", "Loss")
    made.set_labels(x="Training step", y="Loss per image")
    made.add_curve("u", "Unregularised", "unregularised")
    made.add_curve("r", "Regularised", "regularised")
    qtbot.addWidget(made)
    made.resize(600, 400)
    theme().mode = "light"
    yield made
    theme().mode = "system"


def show(plot: StudioPlot, qtbot: QtBot) -> None:
    plot.show()
    plot.activateWindow()
    plot.canvas.setFocus()
    qtbot.waitUntil(lambda: plot.canvas.hasFocus())


def drawn(plot: StudioPlot, key: str) -> tuple[list[float], list[float]]:
    """What the curve's item has been given to draw."""
    item = plot._curves[key].item
    x, y = item.getOriginalDataset()
    return ([], []) if x is None else (x.tolist(), y.tolist())


def view(plot: StudioPlot) -> list[float]:
    return [end for ends in plot.canvas.box.viewRange() for end in ends]


def point_at(plot: StudioPlot, x: float) -> QPoint:
    """Where x is, in the middle of the view's height, in the canvas's coordinates."""
    y = float(np.mean(plot.canvas.box.viewRange()[1]))
    return plot.canvas.mapFromScene(plot.canvas.box.mapViewToScene(QPointF(x, y)))


def colors_of(image: QImage) -> set[str]:
    return {QColor(image.pixel(x, y)).name() for x in range(image.width()) for y in range(image.height())}


class TestDrawing:
    def test_nothing_is_drawn_before_refresh(self, plot: StudioPlot, qtbot: QtBot) -> None:
        show(plot, qtbot)
        plot.extend("u", *LOSS)
        assert drawn(plot, "u") == ([], [])
        plot.refresh()
        assert drawn(plot, "u") == (LOSS[0].tolist(), LOSS[1].tolist())

    def test_a_hidden_plot_draws_nothing_until_it_is_shown(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", *LOSS)
        plot.refresh()
        assert drawn(plot, "u") == ([], [])
        show(plot, qtbot)
        assert drawn(plot, "u")[0] == LOSS[0].tolist()

    def test_a_clean_plot_is_not_drawn_again(
        self, plot: StudioPlot, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        draws: list[float] = []
        monkeypatch.setattr(plot, "_draw", draws.append)
        plot.refresh()
        assert not draws
        plot.extend("u", 5, 1)
        plot.refresh()
        plot.refresh()
        assert len(draws) == 1

    def test_items_are_kept_when_data_change(self, plot: StudioPlot, qtbot: QtBot) -> None:
        show(plot, qtbot)
        before = list(plot.canvas.box.addedItems)
        for step in range(10):
            plot.extend("u", step, step)
            plot.refresh()
        plot.set_data("u", *LOSS)
        plot.clear()
        assert plot.canvas.box.addedItems == before

    def test_a_long_curve_is_drawn_with_few_points(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", np.arange(200_000), np.random.default_rng(0).random(200_000))
        show(plot, qtbot)
        pixels = plot.canvas.width() * plot.devicePixelRatioF()
        assert len(drawn(plot, "u")[0]) <= 2 * pixels + 2

    def test_a_lone_sample_shows_as_a_dot(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", 0, 1)
        show(plot, qtbot)
        assert plot._curves["u"].item.scatter.isVisible()
        plot.extend("u", 1, 2)
        plot.refresh()
        assert not plot._curves["u"].item.scatter.isVisible()

    def test_a_gap_is_left_open(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", [0, 1, 2, 3, 4], [1, 2, np.nan, 2, 1])
        show(plot, qtbot)
        path = plot._curves["u"].item.curve.getPath()
        kinds = [path.elementAt(i).isMoveTo() for i in range(path.elementCount())]
        assert kinds.count(True) >= 2

    def test_only_visible_curves_are_drawn(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", *LOSS)
        plot.extend("r", LOSS[0], 100 * LOSS[1])
        plot.set_visible("r", False)
        show(plot, qtbot)
        assert drawn(plot, "r") == ([], [])
        assert view(plot)[3] < 10

    def test_one_key_one_curve(self, plot: StudioPlot) -> None:
        with pytest.raises(ValueError, match="already has a curve 'u'"):
            plot.add_curve("u", "Again", "accent")

    def test_a_removed_curve_is_gone(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        item = plot._curves["u"].item
        plot.remove_curve("u")
        assert item.scene() is None
        plot.add_curve("u", "Again", "accent")

    def test_an_empty_plot_says_so(self, plot: StudioPlot, qtbot: QtBot) -> None:
        show(plot, qtbot)
        assert plot.canvas.empty.isVisible()
        assert not plot.canvas.x_axis.isVisible()
        plot.extend("u", *LOSS)
        plot.refresh()
        assert not plot.canvas.empty.isVisible()
        assert plot.canvas.x_axis.isVisible()
        plot.set_empty_text("Press Train")
        plot.clear()
        assert plot.canvas.empty.isVisible()
        assert plot.canvas.empty.text() == "Press Train"


class TestView:
    def test_it_follows_growing_data(self, plot: StudioPlot, qtbot: QtBot) -> None:
        show(plot, qtbot)
        plot.extend("u", [0, 10], [1, 2])
        plot.refresh()
        assert view(plot)[:2] == pytest.approx([-0.1, 10.1])
        plot.extend("u", 100, 50)
        plot.refresh()
        x0, x1, y0, y1 = view(plot)
        assert (x0 < 0, x1 > 100) == (True, True)
        assert (y0 < 1, y1 > 50) == (True, True)

    def test_a_zoomed_view_stays_until_autoscale(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        plot.canvas.box.showAxRect(plot.canvas.box.viewRect().adjusted(1, 1, -1, -1))
        zoomed = view(plot)
        plot.extend("u", 100, 50)
        plot.refresh()
        assert view(plot) == zoomed
        qtbot.keyClick(plot.canvas, Qt.Key.Key_A)
        assert view(plot)[1] > 100

    def test_dragging_zooms_to_the_box(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        corner, opposite = point_at(plot, 1), point_at(plot, 3) + QPoint(0, 60)
        port = plot.canvas.viewport()
        qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=corner)
        qtbot.mouseMove(port, (corner + opposite) / 2)
        qtbot.mouseMove(port, opposite)
        qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=opposite)
        assert view(plot)[:2] == pytest.approx([1, 3], abs=0.1)

    def test_double_click_and_button_autoscale(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        whole = view(plot)
        button = plot.findChild(QToolButton, "loss.autoscale_button")
        for back in (
            lambda: qtbot.mouseDClick(
                plot.canvas.viewport(), Qt.MouseButton.LeftButton, pos=point_at(plot, 2)
            ),
            lambda: qtbot.mouseClick(button, Qt.MouseButton.LeftButton),
        ):
            plot.canvas.box.showAxRect(plot.canvas.box.viewRect().adjusted(1, 1, -1, -1))
            assert view(plot) != whole
            back()
            assert view(plot) == whole

    def test_the_wheel_zooms_and_the_view_stays(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        whole = view(plot)
        middle = QPointF(point_at(plot, 2))
        wheel = QWheelEvent(
            middle,
            plot.canvas.viewport().mapToGlobal(middle),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(plot.canvas.viewport(), wheel)
        zoomed = view(plot)
        plot.refresh()
        assert whole[0] < zoomed[0] < zoomed[1] < whole[1]
        assert view(plot) == zoomed

    def test_zooming_in_draws_the_samples_in_view(self, plot: StudioPlot, qtbot: QtBot) -> None:
        y = np.random.default_rng(0).random(100_000)
        plot.extend("u", np.arange(len(y)), y)
        show(plot, qtbot)
        plot.canvas.box.setXRange(500.5, 520.5, padding=0)
        assert drawn(plot, "u") == (list(range(500, 522)), y[500:522].tolist())


class TestLogAxis:
    def test_key_button_and_property_switch_it(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        qtbot.keyClick(plot.canvas, Qt.Key.Key_L)
        assert plot.log
        assert drawn(plot, "u")[1] == pytest.approx(np.log10(LOSS[1]).tolist())
        button = plot.findChild(QToolButton, "loss.log_button")
        assert button.isChecked()
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert not plot.log
        assert drawn(plot, "u")[1] == LOSS[1].tolist()

    def test_values_without_a_logarithm_are_gaps(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", [0, 1, 2, 3], [100, 0, -5, 1])
        plot.log = True
        show(plot, qtbot)
        np.testing.assert_array_equal(drawn(plot, "u")[1], [2, np.nan, np.nan, 0])

    def test_a_curve_without_positive_values_says_why_it_is_not_there(
        self, plot: StudioPlot, qtbot: QtBot
    ) -> None:
        plot.extend("u", [0, 1], [0, -1])
        plot.log = True
        show(plot, qtbot)
        assert "No positive values" in plot.canvas.empty.text()
        assert plot.canvas.empty.isVisible()

    def test_autoscale_stops_at_the_floor(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.y_floor = 1e-6
        plot.extend("u", [0, 1], [1, 1e-30])
        plot.log = True
        show(plot, qtbot)
        assert view(plot)[2] == pytest.approx(-6, abs=0.5)

    def test_ticks_are_powers_of_ten_where_decimals_would_be_long(
        self, plot: StudioPlot, qtbot: QtBot
    ) -> None:
        plot.extend("u", [0, 1], [1, 1e-8])
        plot.log = True
        show(plot, qtbot)
        assert plot.canvas.y_axis.logTickStrings([-8, -4, 0], 1, 1) == ["10⁻⁸", "10⁻⁴", "10⁰"]
        plot.set_data("u", [0, 1], [100, 0.1])
        plot.refresh()
        assert plot.canvas.y_axis.logTickStrings([-1, 0, 2], 1, 1) == ["0.1", "1", "100"]


class TestCrosshair:
    def test_it_reads_every_visible_curve_at_its_nearest_sample(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.add_curve("h", "Hidden", "accent")
        for key, factor in (("u", 1), ("r", 1e-5), ("h", 7)):
            plot.extend(key, LOSS[0], factor * LOSS[1])
        plot.set_visible("h", False)
        show(plot, qtbot)
        qtbot.mouseMove(plot.canvas.viewport(), point_at(plot, 2.1))
        shown = plot.canvas.crosshair.readout
        assert shown.isVisible()
        assert plot.canvas.crosshair.x == 2
        for words in ("Training step", "Unregularised", "<b>2</b>", "Regularised", "2.000·10⁻⁵"):
            assert words in shown.text()
        assert "Hidden" not in shown.text()

    def test_it_goes_when_the_mouse_leaves_the_axes(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        qtbot.mouseMove(plot.canvas.viewport(), point_at(plot, 2))
        qtbot.wait(20)  # pyqtgraph passes over moves less than 10 ms apart
        qtbot.mouseMove(plot.canvas.viewport(), QPoint(2, 2))
        assert not plot.canvas.crosshair.readout.isVisible()

    def test_arrow_keys_walk_from_sample_to_sample(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        places = []
        for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
            qtbot.keyClick(plot.canvas, key)
            places.append(plot.canvas.crosshair.x)
        assert places == [2, 3, 4, 4, 3]
        qtbot.keyClick(plot.canvas, Qt.Key.Key_Escape)
        assert not plot.canvas.crosshair.readout.isVisible()

    def test_it_stays_inside_the_plot(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        for _ in LOSS[0]:
            qtbot.keyClick(plot.canvas, Qt.Key.Key_Right)
            assert plot.canvas.rect().contains(plot.canvas.crosshair.readout.geometry())

    def test_new_data_are_read_where_it_stands(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        qtbot.mouseMove(plot.canvas.viewport(), point_at(plot, 2))
        plot.set_data("u", LOSS[0], LOSS[1] + 40)
        plot.refresh()
        assert "<b>42</b>" in plot.canvas.crosshair.readout.text()


class TestLooks:
    def test_the_theme_is_followed_at_once(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        for mode, colors in (("dark", DARK), ("light", LIGHT)):
            theme().mode = mode
            shown = colors_of(plot.canvas.grab().toImage())
            assert {colors.plot, colors.unregularised} <= shown

    def test_the_legend_names_curves_in_front(self, plot: StudioPlot) -> None:
        plot.set_faint("r", True)
        plot.add_curve("x", "Other", "model-1", style="dash", dots=True)
        entries = plot.canvas.legend.entries
        assert [entry.label for entry in entries] == ["Unregularised", "Other"]
        assert entries[1].color == theme().color("model-1")

    def test_the_legend_wraps_to_the_width(self, plot: StudioPlot, qtbot: QtBot) -> None:
        for number in range(6):
            plot.add_curve(number, f"A rather long name {number}", "accent")
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        wide = plot.canvas.legend.size().height()
        plot.resize(400, 400)
        QApplication.processEvents()
        assert plot.canvas.legend.size().height() > wide

    def test_it_can_be_reached_and_understood_without_eyes(self, plot: StudioPlot) -> None:
        assert plot.canvas.focusPolicy() == Qt.FocusPolicy.StrongFocus
        assert plot.canvas.accessibleName() == "Loss"
        assert plot.canvas.accessibleDescription() == "Loss per image against Training step"
        for button in plot.findChildren(QToolButton):
            assert button.toolTip()
            assert button.accessibleName()
            assert button.objectName()

    def test_a_marker_stands_where_it_is_told(self, plot: StudioPlot, qtbot: QtBot) -> None:
        show(plot, qtbot)
        plot.set_marker(3, "checkpoint")
        assert plot.canvas.marker.value() == 3
        assert not plot.canvas.marker.isVisible(), "there is nothing to mark"
        plot.set_data("u", [1, 5], [2, 3])
        plot.refresh()
        assert plot.canvas.marker.isVisible()
        plot.clear()
        plot.refresh()
        assert not plot.canvas.marker.isVisible()
        plot.set_data("u", [1, 5], [2, 3])
        plot.refresh()
        assert plot.canvas.marker.isVisible()
        plot.set_marker(None)
        assert not plot.canvas.marker.isVisible()

    def test_long_step_numbers_are_grouped(self, plot: StudioPlot) -> None:
        assert plot.canvas.x_axis.tickStrings([0, 50_000, 1_000_000], 1, 50_000) == [
            "0",
            "50\u202f000",
            "1\u202f000\u202f000",
        ]

    def test_an_axis_of_whole_numbers_has_no_ticks_between(self, plot: StudioPlot) -> None:
        plot.canvas.x_axis.integers = True
        assert all(spacing >= 1 for spacing, _ in plot.canvas.x_axis.tickSpacing(1, 3, 400))


class TestExport:
    def test_png_is_the_plot_on_white_at_the_resolution_of_the_screen(
        self, plot: StudioPlot, qtbot: QtBot, tmp_path: Path
    ) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        theme().mode = "dark"
        plot.save(tmp_path / "plot.png")
        image = QImage(str(tmp_path / "plot.png"))
        assert image.width() == plot.canvas.width() * plot.devicePixelRatioF()
        assert {LIGHT.plot, LIGHT.unregularised} <= colors_of(image)
        assert DARK.plot in colors_of(plot.canvas.grab().toImage())

    def test_svg_is_well_formed_and_holds_the_words(
        self, plot: StudioPlot, qtbot: QtBot, tmp_path: Path
    ) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        plot.save(tmp_path / "plot.svg")
        words = "".join(ElementTree.parse(tmp_path / "plot.svg").getroot().itertext())
        for text in ("Loss", "Training step", "Unregularised"):
            assert text in words
        assert QSvgRenderer(str(tmp_path / "plot.svg")).isValid()

    def test_csv_holds_every_sample_of_the_curves_shown(self, plot: StudioPlot, tmp_path: Path) -> None:
        y = np.random.default_rng(0).random(20_000)
        plot.extend("u", np.arange(len(y)), y)
        plot.extend("r", *LOSS)
        plot.set_visible("r", False)
        plot.save(tmp_path / "plot.csv")
        with (tmp_path / "plot.csv").open(encoding="utf-8-sig", newline="") as file:
            head, *rows = csv.reader(file)
        assert head == ["curve", "Training step", "Loss per image"]
        assert {row[0] for row in rows} == {"Unregularised"}
        assert [float(row[2]) for row in rows] == y.tolist()

    @pytest.mark.parametrize("language", ["en_GB", "de_DE"])
    def test_csv_is_as_this_system_s_spreadsheets_expect_it(
        self, plot: StudioPlot, tmp_path: Path, language: str
    ) -> None:
        plot.extend("u", np.arange(3), np.array([0.1 + 0.2, 1e-7, 12.5]))
        before = QLocale()
        QLocale.setDefault(QLocale(language))
        try:
            plot.save(tmp_path / "plot.csv")
        finally:
            QLocale.setDefault(before)
        lines = (tmp_path / "plot.csv").read_bytes().split(b"\r\n")
        assert lines[0].startswith(b"\xef\xbb\xbf"), "taken for UTF-8"
        cells = "Unregularised;2;12,5" if language == "de_DE" else "Unregularised,2.0,12.5"
        assert lines[3].decode().replace("2,0;", "2;") == cells
        table = TableFile(tmp_path / "plot.csv", 2**20)
        assert table.header == ["curve", "Training step", "Loss per image"]
        values = [float(row[2].replace(",", ".")) for row in table.rows()]
        assert values == [0.1 + 0.2, 1e-7, 12.5], "and read again by this program"

    def test_another_suffix_is_refused(self, plot: StudioPlot, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"plot\.bmp: a plot is saved as"):
            plot.save(tmp_path / "plot.bmp")

    @pytest.mark.parametrize("name", ["plot.png", "plot.svg", "plot.csv"])
    def test_a_folder_that_is_not_there_is_an_error(
        self, plot: StudioPlot, tmp_path: Path, name: str
    ) -> None:
        with pytest.raises(OSError, match="plot"):
            plot.save(tmp_path / "missing" / name)

    def test_copy_puts_a_picture_on_the_clipboard(self, plot: StudioPlot, qtbot: QtBot) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        plot.menu.copy.trigger()
        assert QApplication.clipboard().image().width() == plot.canvas.width() * plot.devicePixelRatioF()

    def test_the_menu_offers_it_all(self, plot: StudioPlot, qtbot: QtBot) -> None:
        show(plot, qtbot)
        middle = plot.canvas.rect().center()
        event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle, plot.canvas.mapToGlobal(middle))
        QApplication.sendEvent(plot.canvas.viewport(), event)
        qtbot.waitUntil(plot.menu.isVisible)
        names = {action.objectName() for action in plot.menu.actions() if not action.isSeparator()}
        plot.menu.hide()
        offered = ("autoscale", "log", "full_screen", "save_png", "save_svg", "save_csv", "copy")
        assert names == {f"loss.{name}" for name in offered}

    def test_saving_asks_where_and_says_if_it_failed(
        self, plot: StudioPlot, qtbot: QtBot, tmp_path: Path
    ) -> None:
        plot.extend("u", *LOSS)
        show(plot, qtbot)
        save = next(a for a in plot.menu.actions() if a.objectName() == "loss.save_csv")
        for target, message in (
            (tmp_path / "loss.csv", None),
            (tmp_path / "no" / "loss.csv", "Nothing was saved"),
        ):
            save.trigger()
            dialog = plot.findChild(QFileDialog)
            assert dialog.isVisible()
            dialog.fileSelected.emit(str(target))
            dialog.close()
            box = plot.findChild(QMessageBox)
            if message is None:
                assert target.exists()
                assert box is None
            else:
                assert message in box.text()
                box.close()
            qtbot.waitUntil(lambda: plot.findChild(QFileDialog) is None)


def test_a_plot_leaves_what_is_dropped_on_it_to_the_page(plot: StudioPlot) -> None:
    assert not plot.canvas.acceptDrops()
    assert not plot.canvas.viewport().acceptDrops()


def test_a_name_of_another_length_stands_in_the_middle_of_its_axis_too(
    plot: StudioPlot, qtbot: QtBot
) -> None:
    plot.set_data("u", [0, 1], [1.0, 2.0])
    show(plot, qtbot)
    for name in ("Loss", "A much longer name of what is measured", "½"):
        plot.set_labels(y=name, x=name)
        for axis in (plot.canvas.y_axis, plot.canvas.x_axis):
            label, whole = axis.label.sceneBoundingRect().center(), axis.sceneBoundingRect().center()
            along = label.y() - whole.y() if axis is plot.canvas.y_axis else label.x() - whole.x()
            assert abs(along) <= 2
