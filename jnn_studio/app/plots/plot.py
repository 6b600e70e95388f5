"""The plot that every view of the program uses: axes, legend, crosshair, log switch, zoom, export.

Data come in through `add_curve`, `extend` and `set_data`, which draw nothing. `refresh` draws what has
changed, if the plot can be seen; a plot that comes into view refreshes itself.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy.typing as npt
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from jnn_studio.app.colors import LIGHT, Colors
from jnn_studio.app.file_dialogs import ask_where_to_save, file_name
from jnn_studio.app.icons import IconButton
from jnn_studio.app.plots import export
from jnn_studio.app.plots.canvas import Canvas
from jnn_studio.app.plots.crosshair import read
from jnn_studio.app.plots.curve import PENS, Curve, Line, fit
from jnn_studio.app.plots.full_screen import FullScreen
from jnn_studio.app.plots.legend import LegendEntry
from jnn_studio.app.plots.menu import PlotMenu
from jnn_studio.app.plots.series import Bounds, Series
from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.base.endings import ending_of


class StudioPlot(QWidget):
    """One plot with its title row; see the module's docstring for when it draws.

    Signals:
        markerDragged: (x) somebody is dragging the marker, which is possible after `let_marker_drag`.
    """

    markerDragged = Signal(float)

    def __init__(self, object_name: str, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self._curves: dict[Hashable, Curve] = {}
        self._title = ""
        self._log = False
        self._logs: dict[str, bool] = {}
        """What was chosen for each quantity, by the name of the y axis."""
        self._keys: tuple[tuple[str, Line], ...] = ()
        self.log_at_first = False
        """Whether quantities for which nothing has been chosen have a log axis."""
        self._following = True
        self._dirty = True
        self._drawing = False
        self.room = (0.01, 0.04)
        """Shares of the ranges that autoscale leaves free at the ends of x and of y."""
        self.y_floor: float | None = None
        """On a log axis, autoscale shows nothing below this."""

        self.canvas = Canvas(f"{object_name}.canvas")
        self.canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._empty_text = "Nothing recorded yet…"
        self._title_label = QLabel()
        self._title_label.setFont(ui_font(bold=True))
        self.menu = PlotMenu(self)
        self.menu.autoscale.triggered.connect(self.autoscale)
        self.menu.log.toggled.connect(self._on_log_toggled)
        self.menu.saveRequested.connect(self._on_save)
        self.menu.copy.triggered.connect(self.copy)
        self.menu.full_screen.triggered.connect(self.toggle_full_screen)
        self._lay_out()

        self.canvas.customContextMenuRequested.connect(self._show_menu)
        self.canvas.doubleClicked.connect(self.autoscale)
        self.canvas.focusChanged.connect(self.update)
        self.canvas.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.canvas.box.sigRangeChanged.connect(self._on_zoomed)
        self.canvas.box.sigResized.connect(self._redraw)
        theme().changed.connect(self._on_theme_changed)
        self.set_labels(title=title)
        self._dress(theme().colors)

    # Curves

    def add_curve(
        self,
        key: Hashable,
        label: str,
        color: str,
        style: Line = "solid",
        dots: bool = False,
        faint: bool = False,
    ) -> None:
        """Add an empty curve.

        `color`: a role of the theme or "#rrggbb". `style`: of its line. `faint`: behind the others and not
        in the legend. Raises ValueError if there is a curve of that key.
        """
        if key in self._curves:
            raise ValueError(f"the plot {self.objectName()!r} already has a curve {key!r}")
        curve = self._curves[key] = Curve(label, color, style, dots, faint)
        for item in curve.items:
            self.canvas.box.addItem(item, ignoreBounds=True)
        curve.dress(theme().colors)
        self._curves_changed()

    def remove_curve(self, key: Hashable) -> None:
        for item in self._curves.pop(key).items:
            self.canvas.box.removeItem(item)
        self._curves_changed()

    def series(self, key: Hashable) -> Series:
        """The data of a curve, to read."""
        return self._curves[key].series

    def extend(self, key: Hashable, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Append samples to a curve; see `Series.extend`."""
        self._curves[key].series.extend(x, y)
        self._dirty = True

    def set_data(self, key: Hashable, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Replace a curve's samples."""
        self._curves[key].series.clear()
        self.extend(key, x, y)

    def clear(self) -> None:
        """Empty every curve and follow the data again."""
        for curve in self._curves.values():
            curve.series.clear()
        self.canvas.crosshair.hide()
        self.autoscale()

    def set_visible(self, key: Hashable, visible: bool) -> None:
        if self._curves[key].visible != visible:
            self._curves[key].visible = visible
            self._curves_changed()

    def set_faint(self, key: Hashable, faint: bool) -> None:
        """Step a curve back behind the others, out of the legend, or bring it forward again."""
        curve = self._curves[key]
        if curve.faint != faint:
            curve.faint = faint
            curve.dress(theme().colors)
            self._curves_changed()

    def set_line(self, key: Hashable, line: Line, quantity: str = "", listed: bool = True) -> None:
        """Draw a curve with another line.

        `quantity`: what readings and tables say it is, after its label. `listed`: in the legend.
        """
        curve = self._curves[key]
        if (curve.line, curve.quantity, curve.listed) != (line, quantity, listed):
            curve.quantity, curve.listed = quantity, listed
            curve.set_line(line)
            self._curves_changed()

    def set_line_keys(self, keys: Sequence[tuple[str, Line]]) -> None:
        """Further entries of the legend: (words, line), what lines of a kind are, whatever their colour."""
        if self._keys != tuple(keys):
            self._keys = tuple(keys)
            self._curves_changed()

    # Looks

    def set_labels(self, x: str | None = None, y: str | None = None, title: str | None = None) -> None:
        """Name the axes, units included, and the plot."""
        if x is not None:
            self.canvas.x_axis.setLabel(x, color=theme().colors.text)
        if y is not None:
            self.canvas.y_axis.setLabel(y, color=theme().colors.text)
            self.menu.offer_log(not _in_decibels(y))
            self._use_log(self._logs.get(y, self.log_at_first))
        if title is not None:
            self._title = title
            self._title_label.setText(title)
            self.setAccessibleName(title)
            self.canvas.setAccessibleName(title)
            for button, words in self._buttons.items():
                button.setAccessibleName(f"{title}: {words}")
        names = (axis.labelText for axis in (self.canvas.y_axis, self.canvas.x_axis))
        self.canvas.setAccessibleDescription(" against ".join(filter(None, names)))

    def set_marker(self, x: float | None, text: str = "") -> None:
        """Draw a vertical line at x with a few words at its foot, where there are curves; None: no line."""
        self.canvas.show_marker(x is not None)
        if x is not None:
            self.canvas.marker.label.setFormat(text)
            self.canvas.marker.setValue(x)

    def let_marker_drag(self) -> None:
        """Have the marker follow the mouse; what it stands for needs another control for the keyboard."""
        marker = self.canvas.marker
        marker.setMovable(True)
        marker.setCursor(Qt.CursorShape.SizeHorCursor)
        marker.sigDragged.connect(lambda: self.markerDragged.emit(float(marker.value())))

    def set_empty_text(self, text: str) -> None:
        """What stands in place of the axes while there is nothing to draw."""
        self._empty_text = text
        self._redraw()

    @property
    def log(self) -> bool:
        """Whether the y axis is logarithmic. Values that are not positive are then left out.

        It is chosen for the quantity on show; one in decibels, which are logarithms, never has it.
        """
        return self._log

    @log.setter
    def log(self, log: bool) -> None:
        self._logs[self.canvas.y_axis.labelText] = log
        self._use_log(log)

    def _use_log(self, log: bool) -> None:
        log = log and self.menu.log.isEnabled()
        if log == self._log:
            return
        self._log = log
        self.menu.log.setChecked(log)
        self.canvas.y_axis.setLogMode(log)
        self.autoscale()

    def autoscale(self) -> None:
        """Show all data, and go on showing all of it as it grows."""
        self._following = True
        self._redraw()

    def toggle_full_screen(self) -> None:
        """Alone on the screen, or back to where it was."""
        window = self.window()
        if isinstance(window, FullScreen):
            window.close()
        elif self.parentWidget() is not None:
            FullScreen(self)

    def refresh(self) -> None:
        """Draw what has changed since the last time, if anyone can see it."""
        if not self._dirty or self._drawing or not self.isVisible() or self.window().isMinimized():
            return
        self._dirty = False
        self._draw(self.devicePixelRatioF())
        if self.canvas.crosshair.x is not None:
            self._read_at(self.canvas.crosshair.x)

    # Export

    def save(self, path: Path) -> None:
        """Write the plot as .png (at the screen's resolution), .svg, or .csv (all samples of what is shown).

        Raises OSError if the file cannot be written, ValueError for another suffix.
        """
        ending = ending_of(path)
        if ending == ".csv":
            names = (self.canvas.x_axis.labelText, self.canvas.y_axis.labelText)
            export.write_csv(path, *names, self._shown())
        elif ending == ".png":
            self._on_paper(partial(export.write_png, path), self.devicePixelRatioF())
        elif ending == ".svg":
            self._on_paper(partial(export.write_svg, path), 1)
        else:
            raise ValueError(f"{path.name}: a plot is saved as .png, .svg or .csv")

    def copy(self) -> None:
        """Put the plot on the clipboard as a picture."""
        clipboard = QGuiApplication.clipboard()
        self._on_paper(lambda *page: clipboard.setImage(export.image(*page)), self.devicePixelRatioF())

    # Inside

    def _lay_out(self) -> None:
        log_button = QToolButton()
        log_button.setObjectName(f"{self.objectName()}.log_button")
        log_button.setDefaultAction(self.menu.log)
        fit_button = IconButton("fit", self.menu.autoscale.toolTip(), f"{self.objectName()}.autoscale_button")
        fit_button.clicked.connect(self.autoscale)
        self.header = header = QHBoxLayout()
        """Title, room, then controls: a subclass inserts its own from index 2 on."""
        header.setSpacing(GRID // 2)
        header.addWidget(self._title_label)
        header.addStretch()
        full_button = IconButton(
            "full_screen", self.menu.full_screen.toolTip(), f"{self.objectName()}.full_screen_button"
        )
        full_button.clicked.connect(self.toggle_full_screen)
        self._buttons: dict[QToolButton, str] = {
            log_button: "log axis",
            fit_button: "show all",
            full_button: "full screen",
        }
        """What each does, for somebody who hears it: with the title it is told from those of other plots."""
        for button in self._buttons:
            header.addWidget(button)
        self.controls = QHBoxLayout()
        """A second row, for wider controls of a subclass."""
        self.controls.setSpacing(GRID)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID + GRID // 2, GRID, GRID, GRID)
        column.setSpacing(GRID // 2)
        column.addLayout(header)
        column.addLayout(self.controls)
        column.addWidget(self.canvas, 1)
        self.setMinimumHeight(180)

    def _shown(self) -> Iterator[Curve]:
        return (curve for curve in self._curves.values() if curve.shown)

    def _curves_changed(self) -> None:
        self._dirty = True
        self._update_legend(theme().colors)

    def _redraw(self) -> None:
        self._dirty = True
        self.refresh()

    def _draw(self, pixel: float) -> None:
        """Hand every curve's item what it needs, at so many device pixels in a device-independent one."""
        self._drawing = True
        if self._following:
            x, y = fit(self._curves.values(), self._log, self.y_floor, self.room) or ((0, 1), (0, 1))
            self.canvas.box.setRange(xRange=x, yRange=y, padding=0)
        self._drawing = False
        x, y = (Bounds(*ends) for ends in self.canvas.box.viewRange())
        columns = max(1, round(self.canvas.box.width() * pixel))
        drawn = [curve.draw((x, y), columns, self._log, pixel) for curve in self._curves.values()]
        blank = self._following and not any(drawn)
        hidden = blank and self._log and any(self._shown())
        none_positive = "No positive values: switch the logarithmic axis off (L)"
        self.canvas.show_empty(none_positive if hidden else self._empty_text if blank else "")

    def _dress(self, colors: Colors) -> None:
        self.canvas.dress(colors)
        for curve in self._curves.values():
            curve.dress(colors)
        self._update_legend(colors)

    def _update_legend(self, colors: Colors) -> None:
        entries = [
            LegendEntry(curve.label, curve.looks(colors), curve.style, curve.shape)
            for curve in self._curves.values()
            if curve.visible and curve.listed and not curve.faint
        ]
        muted = QColor(colors.muted)
        entries += [LegendEntry(words, muted, PENS[line]) for words, line in self._keys]
        self.canvas.legend.set_entries(entries, ui_font(0.9), QColor(colors.text))

    def _on_paper(self, write: export.Write, pixel: float) -> None:
        """Run `write` with all in the colours and at the resolution of a page, without the crosshair."""
        reading = self.canvas.crosshair.x
        self.canvas.crosshair.hide()
        self._dress(LIGHT)
        self._draw(pixel)
        try:
            write(self.canvas, self._title, LIGHT)
        finally:
            self._dress(theme().colors)
            self._redraw()
            if reading is not None:
                self._read_at(reading)

    def _read_at(self, x: float) -> None:
        readings = read(self._shown(), x, theme().colors)
        self.canvas.crosshair.show(self.canvas.x_axis.labelText or "x", readings, x, self._log)

    def _step_crosshair(self, direction: int) -> None:
        longest = max(self._shown(), key=lambda curve: len(curve.series), default=None)
        if longest is not None:
            self._read_at(self.canvas.crosshair.step(longest.series, direction))

    def _show_menu(self, position: QPoint) -> None:
        self.menu.popup(self.canvas.mapToGlobal(position))

    def _on_save(self, suffix: str, kind: str) -> None:
        ask_where_to_save(self, "plot", file_name(self._title), kind, suffix, self.save)

    def _on_log_toggled(self, checked: bool) -> None:
        self.log = checked

    def _on_zoomed(self) -> None:
        """Stay with a view that somebody else has chosen."""
        if not self._drawing:
            self._following = False
            self._redraw()

    def _on_mouse_moved(self, position: QPointF) -> None:
        if self.canvas.box.sceneBoundingRect().contains(position):
            self._read_at(self.canvas.box.mapSceneToView(position).x())
        else:
            self.canvas.crosshair.hide()

    def _on_theme_changed(self) -> None:
        self._dress(theme().colors)
        self._redraw()

    # Qt's own

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None:
            self._step_crosshair(step)
        elif event.key() == Qt.Key.Key_Escape and self.canvas.crosshair.x is not None:
            self.canvas.crosshair.hide()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The panel behind the plot; its border is the focus ring."""
        colors = theme().colors
        focused = self.canvas.hasFocus()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(colors.plot))
        painter.setPen(QPen(QColor(colors.accent if focused else colors.border), 2 if focused else 1))
        inset = 1.0 if focused else 0.5
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 6, 6)


def _in_decibels(quantity: str) -> bool:
    return re.search(r"\bdB\b|\bpsnr\b", quantity, re.IGNORECASE) is not None
