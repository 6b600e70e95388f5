"""The page Runs: the table of all runs, and those that are selected side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QSettings, Qt, QUrl
from PySide6.QtGui import QAction, QDesktopServices, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.plain_text import without_mnemonic
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.drop_zone import DropOffer
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.app.widgets.fields import dropped_path
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.widgets.own_windows import StudioPanel
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspaces import page_of
from jnn_studio.app.workspaces.runs.actions import ROW_GROUPS, RunActions
from jnn_studio.app.workspaces.runs.asking import ask_note, confirm_removal
from jnn_studio.app.workspaces.runs.bar import RunsBar
from jnn_studio.app.workspaces.runs.side_by_side.comparison import Comparison
from jnn_studio.app.workspaces.runs.sweeps.page import SweepPage
from jnn_studio.app.workspaces.runs.table.model import RunTableModel
from jnn_studio.app.workspaces.runs.table.view import RunTable, row_menu
from jnn_studio.base.text import counted, printable
from jnn_studio.explore.columns.references import member_reference
from jnn_studio.explore.state import MAX_COLUMNS
from jnn_studio.runs.annotations import annotation_of
from jnn_studio.runs.choosing import RunFilter
from jnn_studio.runs.index import Runs
from jnn_studio.runs.summary import RunSummary
from jnn_studio.runs.walking import models_to_walk
from jnn_studio.training.config import RunConfig
from jnn_studio.training.folder.run_folder import is_run

_BUTTONS = ("open", "resume", "explore")
_NONE = (
    "There are no runs yet.\n\nTrain a model on the page Train, or add a folder in which there are runs: "
    "every run there is listed here, also while it is being trained, here or elsewhere."
)
_NONE_SO = "No run is so."
_LOOKING = "Looking for runs…"


class RunsWorkspace(Workspace):
    """Reads nothing itself: the list is the program's, and what is compared is read on a worker."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "runs")
        self.model = RunTableModel()
        self.table = RunTable(self.model)
        self.bar = RunsBar(context, self.table.column_menu)
        self.comparison = Comparison(context, self)
        self.sweeps = SweepPage(context)
        self.doing = RunActions(self)
        self._sought: set[Path] = set()
        """Runs that were asked for, and are not in the list yet."""
        self.message = MessageBar()
        self.message.setObjectName("runs.message")
        self._arrange()
        self._connect()
        self._show_runs(context.runs.runs)
        self.remember_layout()

    # --- construction ---------------------------------------------------------------------------------

    def _arrange(self) -> None:
        self.switch = SegmentedControl(
            {
                "table": ("All runs", "Every run, in a table"),
                "sweeps": ("Sweeps", "Many runs trained as one, and the front of their models"),
            },
            "runs.part",
            "Part",
        )
        self.about = QLabel("The models of a sweep: click a point to walk it beside its neighbours.")
        self.about.setProperty("tone", "muted")
        self.about.hide()
        self.empty = QLabel(objectName="runs.empty")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("tone", "muted")
        self.add_folder = QPushButton("Add a &folder…", objectName="runs.empty.folder")
        self.add_folder.setToolTip(self.doing.by_name["folder"].toolTip())
        self.show_all = QPushButton("Show &all", objectName="runs.empty.show_all")
        self.show_all.setToolTip("Look for nothing in particular")
        self.add_folder.setAccessibleName("Add a folder")
        self.show_all.setAccessibleName("Show all")
        nothing = QWidget()
        inner = QVBoxLayout(nothing)
        inner.addStretch(1)
        inner.addWidget(self.empty)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (self.add_folder, self.show_all):
            buttons.addWidget(button)
        buttons.addStretch(1)
        inner.addSpacing(2 * GRID)
        inner.addLayout(buttons)
        inner.addStretch(1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(nothing)
        self.selected = ElidingLabel("", "runs.selected")
        self.selected.setFont(ui_font(digits=True))
        self.selected.setProperty("tone", "muted")
        below = QHBoxLayout()
        below.setSpacing(GRID)
        below.addWidget(self.selected, 1)
        for name in _BUTTONS:
            below.addWidget(_button(name, self.doing.by_name[name]))
        self.more = QPushButton("Mo&re", objectName="runs.more")
        self.more.setToolTip("Rename, note, tag, pin, find or remove the selected runs")
        self.more.setAccessibleName("More")
        below.addWidget(self.more)
        table = QWidget()
        column = QVBoxLayout(table)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self._stack, 1)
        column.addLayout(below)
        self._parts = QStackedWidget()
        self._parts.addWidget(table)
        self._parts.addWidget(self.sweeps)
        top = QHBoxLayout()
        top.setSpacing(2 * GRID)
        top.addWidget(self.switch)
        top.addWidget(self.bar, 1)
        top.addWidget(self.about, 1)
        central = QWidget()
        whole = QVBoxLayout(central)
        whole.setContentsMargins(GRID, GRID, GRID, 0)
        whole.setSpacing(GRID)
        whole.addLayout(top)
        whole.addWidget(self._parts, 1)
        self.setCentralWidget(central)
        self.message.lie_over(self._parts)
        curves = self._dock("Curves", self.comparison.curves)
        settings = self._dock("Settings", self.comparison.settings)
        spectra = self._dock("Singular values", self.comparison.spectra)
        self.splitDockWidget(curves, settings, Qt.Orientation.Horizontal)
        self.tabifyDockWidget(settings, spectra)
        settings.raise_()
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.resizeDocks([curves, settings], [560, 560], Qt.Orientation.Horizontal)
        self.resizeDocks([curves], [320], Qt.Orientation.Vertical)

    def _dock(self, title: str, widget: QWidget) -> QDockWidget:
        dock = StudioPanel(title, self)
        dock.setObjectName(f"runs.dock.{title.lower().replace(' ', '_')}")
        dock.setWidget(widget)
        dock.toggleViewAction().setObjectName(f"runs.action.dock_{title.lower().replace(' ', '_')}")
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        return dock

    def _connect(self) -> None:
        context = self.context
        context.runs.changed.connect(self._show_runs)
        context.runs.failed.connect(self._show_failure)
        context.run_started.connect(lambda *_: self._show_possible())
        context.run_ended.connect(lambda *_: self._show_possible())
        context.sweep_requested.connect(self._vary_form)
        self.comparison.failed.connect(self._show_failure)
        self.sweeps.failed.connect(self._show_failure)
        self.sweeps.compared.connect(lambda _: self._selection_changed())
        self.switch.currentChanged.connect(self._show_part)
        self.model.annotated.connect(self._annotate)
        self.table.chosen.connect(self._selection_changed)
        self.table.opened.connect(self.doing.by_name["open"].trigger)
        self.table.removal_asked.connect(self.doing.by_name["remove"].trigger)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(
            lambda at: self._row_menu.popup(self.table.viewport().mapToGlobal(at))
        )
        self.bar.asked.connect(self._show_only)
        self.add_folder.clicked.connect(self.bar.ask_folder)
        self.show_all.clicked.connect(self.bar.clear)
        for name, do in (
            ("open", lambda: self._open(resume=False)),
            ("resume", lambda: self._open(resume=True)),
            ("explore", self._explore),
            ("vary", self._vary),
            ("rename", lambda: self.table.edit_selected("name")),
            ("tag", lambda: self.table.edit_selected("tags")),
            ("note", self._ask_note),
            ("pin", self._pin),
            ("reveal", self._reveal),
            ("remove", self._ask_remove),
            ("refresh", context.runs.refresh),
            ("folder", self.bar.ask_folder),
        ):
            self.doing.on(name, do)
        groups = [[self.doing.by_name[name] for name in names] for names in ROW_GROUPS]
        self._row_menu: QMenu = row_menu(self.table, groups)
        self.more.setMenu(row_menu(self.table, groups[1:]))
        self.addActions(self.commands())

    def commands(self) -> list[QAction]:
        return [*self.doing.by_name.values(), *self.sweeps.commands()]

    # --- showing --------------------------------------------------------------------------------------

    def _show_runs(self, runs: Runs) -> None:
        self.model.set_runs(runs)
        self.bar.offer(runs)
        self._show_count()
        self._select_sought()
        self._selection_changed()

    def show_runs(self, paths: Sequence[Path]) -> None:
        gone = [path for path in paths if not is_run(path)]
        if gone:
            words = f"{printable(str(gone[0]))} holds no run: there is no config.toml in it."
            self.message.show_error("No run was opened", words)
        self._sought = {path.resolve() for path in paths if path not in gone}
        if self._sought:
            self.switch.current = "table"
            self.bar.clear()
            self._select_sought()
            for path in paths:
                self.context.runs.take_in(path)

    def _select_sought(self) -> None:
        """Of the runs that were asked for, those that are listed by now."""
        names = {path.name for path in self._sought}
        found = [run for run in self.model.runs if run.path.name in names]
        found = [run for run in found if run.path.resolve() in self._sought]
        self._sought -= {run.path.resolve() for run in found}
        if found:
            self.table.select_runs(found)

    def _show_only(self, asked: RunFilter) -> None:
        self.table.show_only(asked)
        self._show_count()

    def _show_count(self) -> None:
        runs, complete = self.model.runs, self.context.runs.complete
        shown = self.table.shown
        self.bar.show_count(shown, len(runs), complete)
        self._stack.setCurrentIndex(0 if shown else 1)
        self.empty.setText(_NONE_SO if runs else _NONE if complete else _LOOKING)
        self.add_folder.setVisible(not runs and complete)
        self.show_all.setVisible(bool(runs))

    def _show_part(self, part: str) -> None:
        """The table, or sweeps; what is compared below is what is chosen there."""
        sweeps = part == "sweeps"
        self._parts.setCurrentIndex(int(sweeps))
        self.bar.setVisible(not sweeps)
        self.about.setVisible(sweeps)
        self.sweeps.watch.look_on(sweeps and self.isVisible())
        self._selection_changed()

    def _selection_changed(self) -> None:
        sweeps = self.switch.current == "sweeps"
        self.comparison.show_runs(self.sweeps.compared_runs if sweeps else self.table.selected)
        self._show_possible()

    def _show_possible(self) -> None:
        runs = self.table.selected
        self.doing.show_possible(runs, self.context.can_train)
        words = f"{counted(len(runs), 'run')} selected" if runs else "Select runs to compare them"
        about = _about(runs[0]) if len(runs) == 1 else ""
        self.selected.setText(about or words)
        self.selected.setToolTip(about)
        text = f"&Open in {page_of(runs[0].kind)}" if len(runs) == 1 and runs[0].kind else "&Open in its page"
        self.doing.by_name["open"].setText(text)

    def _show_failure(self, title: str, failure: Failure) -> None:
        if self.isVisible():
            self.message.show_error(title, failure.text, failure.details)
        elif not self.context.closing:
            self.context.message.emit(title, failure.text, failure.details)

    # --- doing ----------------------------------------------------------------------------------------

    def _open(self, resume: bool) -> None:
        for run in self.table.selected[:1]:
            self.context.open_requested.emit(run.path, run.kind, resume)

    def _explore(self) -> None:
        found = models_to_walk(self.table.selected, MAX_COLUMNS, self.context.runs.runs)
        several = len({run.path for run, _ in found}) > 1
        models = []
        for run, member in found:
            stands = member is run.main
            name = run.name if stands else f"{run.name}, {member.label.lower()}"
            models.append((member_reference(run.path, member.key), name[:80] if several else ""))
        if models:
            self.context.compare_requested.emit(models)

    def _vary_form(self, name: str, config: RunConfig) -> None:
        self.switch.current = "sweeps"
        self.sweeps.ask_with(f"The form of {name}", config)

    def _vary(self) -> None:
        for run in self.table.selected[:1]:
            self.switch.current = "sweeps"
            self.sweeps.ask_like(run)

    def _annotate(self, run: RunSummary) -> None:
        self.context.runs.annotate(run, annotation_of(run))

    def _pin(self) -> None:
        runs = [run for run in self.table.selected if not run.problem]
        pinned = not all(run.pinned for run in runs)
        for run in runs:
            self._annotate(replace(run, pinned=pinned))

    def _ask_note(self) -> None:
        asked = self.table.selected[0]

        def noted(note: str) -> None:
            # It may have another name by now.
            run = next((run for run in self.context.runs.runs if run.path == asked.path), asked)
            self._annotate(replace(run, note=note))

        ask_note(self, asked, noted)

    def _reveal(self) -> None:
        for run in self.table.selected[:1]:
            if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(run.path))):
                self.message.show_info("No file manager answers", f"The run is in {run.path}.")

    def _ask_remove(self) -> None:
        runs = tuple(run for run in self.table.selected if not run.problem)
        if runs:
            confirm_removal(self, runs, lambda: self.context.runs.remove(runs))

    # --- Qt's own, and remembering --------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.context.runs.look_on(self, True)
        self.sweeps.watch.look_on(self.switch.current == "sweeps")

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.context.runs.look_on(self, False)
        self.sweeps.watch.look_on(False)

    def drop_offer(self, mime: QMimeData) -> DropOffer:
        path = dropped_path(mime)
        if path is not None and path.is_dir():
            return DropOffer("Look for runs in this folder")
        return DropOffer("Drop a folder here to look for runs in it", good=False)

    def take_dropped(self, mime: QMimeData) -> None:
        folder = dropped_path(mime)
        if folder is not None:
            self.context.runs.name_folder(folder)

    def save_state(self, settings: QSettings) -> None:
        super().save_state(settings)
        settings.setValue("columns", self.table.columns_state())
        settings.setValue("part", self.switch.current)

    def restore_state(self, settings: QSettings) -> None:
        super().restore_state(settings)
        self.table.restore_columns(settings.value("columns"))
        if settings.value("part") == "sweeps":
            self.switch.current = "sweeps"

    def reset_layout(self) -> None:
        super().reset_layout()
        self.table.show_standard_columns()


def _about(run: RunSummary) -> str:
    """What there is to know of a run that has no column."""
    copied = "" if run.copy_of is None else f"A copy of {printable(str(run.copy_of))}."
    return " ".join(filter(None, (run.problem or run.reason, copied, *run.notes))).replace("\n", " ")


def _button(name: str, action: QAction) -> QPushButton:
    """A button that follows its action."""
    button = QPushButton(objectName=f"runs.{name}")
    button.setAutoDefault(False)
    button.clicked.connect(action.trigger)

    def follow() -> None:
        key = action.shortcut().toString()
        button.setText(action.text())
        button.setEnabled(action.isEnabled())
        button.setToolTip(f"{action.toolTip()} ({key})" if key else action.toolTip())
        button.setAccessibleName(without_mnemonic(action.text()))

    action.changed.connect(follow)
    follow()
    return button
