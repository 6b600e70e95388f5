"""The main window: a rail of workspaces, one at a time, and what belongs to all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QSize, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.collector import Collector
from jnn_studio.app.context import AppContext
from jnn_studio.app.help.about import show_about
from jnn_studio.app.help.menu import Help
from jnn_studio.app.leaving import Leaving, tried
from jnn_studio.app.menu_actions import actions_under
from jnn_studio.app.page_room import PageRoom, PageStack
from jnn_studio.app.preferences import Preferences
from jnn_studio.app.preferences_applied import apply, begin
from jnn_studio.app.rail import Rail
from jnn_studio.app.run_status import RunStatus
from jnn_studio.app.tab_order import move_focus
from jnn_studio.app.theme import ThemeMode
from jnn_studio.app.widgets.command_palette import CommandPalette
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspace_spec import WorkspaceSpec
from jnn_studio.app.workspaces import find_workspaces
from jnn_studio.explore.columns.front_walk import Front
from jnn_studio.explore.state import ExploreState
from jnn_studio.training.folder.named_run import run_named_by
from jnn_studio.training.step.commands import Command

OTHERS_MS = 4000
"""If the first page is not alive by then, the others are made all the same."""
PAUSE_MS = 50
"""Between the making of one page and the next, for what somebody does meanwhile."""
SMALLEST, FIRST_SIZE = QSize(640, 440), QSize(1280, 800)
"""Of a screen of 1080 lines, each of which counts twice, 540 are left."""
FRAME = QSize(2, 40)
"""What the window's frame may take: it is not known before the window is shown."""
THEMES: dict[ThemeMode, str] = {"system": "Follow the &system", "light": "&Light", "dark": "&Dark"}
"""Modes and their names in the menu."""


def first_size(room: QSize) -> QSize:
    """How large a window is at first on a screen with so much room: its status bar is to be seen."""
    return FIRST_SIZE.boundedTo(room - FRAME).expandedTo(SMALLEST)


class MainWindow(QMainWindow):
    """Workspaces are made when first shown, the one shown at start at once.

    Signals:
        left: it was closed, or told to end, and has put everything away: the program can end.
    """

    left = Signal()

    def __init__(self, settings: QSettings, first: ExploreState | None = None) -> None:
        """``first``: what Explore is to show, instead of what was in view last time."""
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("JNN Studio")
        self.setMinimumSize(SMALLEST)
        if QApplication.platformName() != "offscreen":  # whose screen is smaller than any
            self.resize(first_size(self.screen().availableSize()))
        else:
            self.resize(FIRST_SIZE)
        self.settings = settings
        self.context = AppContext(settings, first)
        begin(self.context.preferences.now)
        self.context.preferences.changed.connect(self._apply_preferences)
        self._specs = find_workspaces()
        self._workspaces: dict[str, Workspace] = {}
        self._build()
        self._build_menus()
        self.context.message.connect(self.message.show_error)
        self.context.page_requested.connect(self.show_workspace)
        self.context.explore_requested.connect(lambda path: self.show_workspace("Explore"))
        self.context.compare_requested.connect(self._compare)
        self.context.front_requested.connect(self._walk_front)
        self.context.open_requested.connect(self._open_run)
        self.context.run_requested.connect(lambda path: self._show_runs([path]))
        self.context.list_requested.connect(lambda: self.show_workspace("Runs"))
        geometry = settings.value("geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        # The others come when the first has been seen, so that the window is alive sooner.
        self._others = QTimer(self, singleShot=True, interval=OTHERS_MS)
        self._others.timeout.connect(self._make_another)
        self._others.start()
        last = first is None and self.context.preferences.now.start == "last"
        page = str(settings.value("workspace", self._specs[0].title)) if last else "Explore"
        self.show_workspace(page if page in {spec.title for spec in self._specs} else self._specs[0].title)
        self._collector = Collector(self)

    # --- construction ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.rail = Rail(self._specs)
        self.rail.chosen.connect(self.show_workspace)
        self.stack = PageStack()
        self.room = PageRoom(self.stack)
        self.room.resized.connect(self._fit)
        self.message = MessageBar()
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.room, 1)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(column, 1)
        central = QWidget()
        central.setLayout(row)
        self.setCentralWidget(central)
        self.message.lie_over(self.room)
        status = RunStatus(self.context)
        self._leaving = Leaving(self, self.context, status, self._parts_to_leave)
        self._leaving.left.connect(self.left)
        self.statusBar().addWidget(status)
        self.statusBar().setSizeGripEnabled(False)

    def _build_menus(self) -> None:
        file = self.menuBar().addMenu("&File")
        view = self.menuBar().addMenu("&View")
        help_menu = self.menuBar().addMenu("&Help")
        preferences = self._action(file, "&Preferences…", "preferences", self._show_preferences, "Ctrl+,")
        preferences.setMenuRole(QAction.MenuRole.PreferencesRole)
        file.addSeparator()
        self._action(file, "&Quit", "quit", self.close, QKeySequence.StandardKey.Quit)
        for number, spec in enumerate(self._specs, start=1):
            self._action(
                view,
                f"&{number} {spec.title}",
                f"show_{spec.title.lower()}",
                self._shower(spec),
                f"Ctrl+{number}",
            )
        view.addSeparator()
        themes = view.addMenu("&Theme")
        group = QActionGroup(self)
        self._themes: dict[ThemeMode, QAction] = {}
        for mode, text in THEMES.items():
            action = self._themes[mode] = self._action(
                themes, text, f"theme_{mode}", self._theme_setter(mode)
            )
            action.setCheckable(True)
            action.setChecked(self.context.preferences.now.theme == mode)
            group.addAction(action)
        self._action(view, "&Reset layout", "reset_layout", self._reset_layout)
        view.addSeparator()
        palette = self._action(view, "&Command palette…", "command_palette", self._show_palette)
        palette.setShortcuts([QKeySequence("Ctrl+Shift+P"), QKeySequence("Ctrl+K")])
        self.help = Help(self, self.context, self.show_workspace, self._actions_of_all_pages, self.message)
        self.help.fill(help_menu, self._action)
        self.statusBar().addPermanentWidget(self.help.button())
        self._action(help_menu, "&About JNN Studio", "about", lambda: show_about(self))
        self._palette = CommandPalette(self._all_actions, self)
        self._workspace_menus: dict[str, QMenu] = {}

    def _action(
        self,
        menu: QMenu,
        text: str,
        name: str,
        triggered: Callable[[], object],
        shortcut: str | QKeySequence.StandardKey | None = None,
    ) -> QAction:
        action = QAction(text, self, objectName=f"action_{name}")
        action.triggered.connect(triggered)
        if shortcut is not None:
            action.setShortcut(QKeySequence(shortcut))
        menu.addAction(action)
        return action

    # --- workspaces --------------------------------------------------------------------------------

    def show_workspace(self, title: str) -> None:
        """Bring a workspace to the front."""
        workspace = self.workspace(title)
        workspace.fit(self.room.size())
        self.stack.setCurrentWidget(workspace)
        workspace.take_focus()
        self.rail.check(title)
        for other, menu in self._workspace_menus.items():
            # Hidden, its shortcuts sleep too: the same key may mean another thing in each workspace.
            menu.menuAction().setVisible(other == title)

    def workspace(self, title: str) -> Workspace:
        """The workspace called ``title``, made if need be."""
        return self._make(next(spec for spec in self._specs if spec.title == title))

    def _make(self, spec: WorkspaceSpec) -> Workspace:
        if spec.title not in self._workspaces:
            workspace = spec.create(self.context)
            self.settings.beginGroup(spec.title)
            workspace.restore_state(self.settings)
            self.settings.endGroup()
            self._workspaces[spec.title] = workspace
            workspace.alive.connect(self._make_others)
            self.stack.addWidget(workspace)
            menu = QMenu(f"&{spec.title}", self)
            workspace.fill_menu(menu)
            self._add_panels(menu, workspace)
            self.menuBar().insertMenu(self.menuBar().actions()[1], menu)
            self._workspace_menus[spec.title] = menu
            menu.menuAction().setVisible(False)
        return self._workspaces[spec.title]

    def open_files(self, paths: Sequence[Path]) -> None:
        """Show models, images, a session or runs that somebody named or clicked outside.

        Files that stand for runs are shown on Runs; beside models or images they are models.
        """
        runs = {path: run for path in paths if (run := run_named_by(path)) is not None}
        if paths and len(runs) == len(set(paths)):
            self._show_runs(list(runs.values()))
        else:
            self.show_workspace("Explore")
            self.workspace("Explore").open_files([runs.get(path, path) for path in paths])

    def _show_runs(self, paths: Sequence[Path]) -> None:
        self.show_workspace("Runs")
        self.workspace("Runs").show_runs(paths)

    def _compare(self, models: list[tuple[str, str]]) -> None:
        self.show_workspace("Explore")
        self.workspace("Explore").walk_models(models)

    def _walk_front(self, front: Front, index: int) -> None:
        self.show_workspace("Explore")
        self.workspace("Explore").walk_front(front, index)

    def _open_run(self, path: Path, kind: str, resume: bool) -> None:
        """Show a run on the page that trains runs of its kind."""
        by_kind = {trained: spec.title for spec in self._specs for trained in spec.trains}
        title = by_kind.get(kind, by_kind[""])
        self.show_workspace(title)
        self.workspace(title).open_run(path, kind, resume)

    def _add_panels(self, menu: QMenu, workspace: Workspace) -> None:
        if panels := workspace.panels():
            menu.addSeparator()
            menu.addMenu("&Panels").addActions(panels)

    def _make_others(self) -> None:
        """Begin with the pages that nobody has asked for yet."""
        if self._others.isActive():
            self._others.start(PAUSE_MS)

    def _make_another(self) -> None:
        if self.context.closing:
            return  # their threads would outlive the window
        missing = [spec for spec in self._specs if spec.title not in self._workspaces]
        if missing:
            self._make(missing[0])
            self._others.start(PAUSE_MS)
        else:
            self._collector.put_aside()
            self.context.give_back_free_memory()  # a tenth of what opening takes
            self.context.runs.refresh()  # so that lists of them are filled when they are opened

    def _fit(self, room: QSize) -> None:
        current = self.stack.currentWidget()
        if isinstance(current, Workspace):
            current.fit(room)

    def _shower(self, spec: WorkspaceSpec) -> Callable[[], None]:
        return lambda: self.show_workspace(spec.title)

    def _reset_layout(self) -> None:
        current = self.stack.currentWidget()
        if isinstance(current, Workspace):
            current.reset_layout()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes from control to control as one reads."""
        moved = move_focus(self, forward)
        return super().focusNextPrevChild(forward) if moved is None else moved

    # --- what belongs to all -----------------------------------------------------------------------

    def _theme_setter(self, mode: ThemeMode) -> Callable[[], None]:
        return lambda: self.context.preferences.change(theme=mode)

    def _apply_preferences(self, before: Preferences, now: Preferences) -> None:
        self._themes[now.theme].setChecked(True)
        apply(now)

    def _all_actions(self) -> list[tuple[str, QAction]]:
        """Every action that can be reached from the menu bar, with the name of its menu."""
        return actions_under([top for top in self.menuBar().actions() if top.isVisible()])

    def _actions_of_all_pages(self) -> list[tuple[str, QAction]]:
        """Also of pages that are not in front; those that nobody has seen yet are made."""
        for spec in self._specs:
            self._make(spec)
        return actions_under(self.menuBar().actions())

    def _show_palette(self) -> None:
        self._palette.open()

    def _show_preferences(self) -> None:
        """What it takes is imported then: no start waits for it."""
        from jnn_studio.app.preferences_dialog.dialog import PreferencesDialog

        dialog = self.findChild(PreferencesDialog) or PreferencesDialog(self.context, self)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    # --- leaving -----------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        self._leaving.close_asked(event)

    def shutdown(self) -> None:
        """End all threads; the window is of no use afterwards."""
        self.context.close()
        self._others.stop()
        self._collector.stop()

    def stop_and_quit(self) -> None:
        """Stop and save the run under way, if any, and quit without asking."""
        self._leaving.end_run(Command.STOP)

    def _parts_to_leave(self) -> Iterator[Callable[[], object]]:
        yield self._save_settings  # which floating panels are seen is part of it
        for workspace in self._workspaces.values():
            yield workspace.put_away

    def _save_settings(self) -> None:
        self.settings.setValue("geometry", self.saveGeometry())
        for spec in self._specs:
            workspace = self._workspaces.get(spec.title)
            if workspace is not None:
                self.settings.beginGroup(spec.title)
                tried(partial(workspace.save_state, self.settings))
                self.settings.endGroup()
                if workspace is self.stack.currentWidget():
                    self.settings.setValue("workspace", spec.title)
        self.settings.sync()
