"""The main window: a rail of workspaces, one at a time, and what belongs to all of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from jnn_studio import __version__
from jnn_studio.app.collector import Collector
from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.app.help.menu import Help
from jnn_studio.app.page_room import PageRoom, PageStack
from jnn_studio.app.plain_text import without_mnemonic
from jnn_studio.app.preferences import Preferences
from jnn_studio.app.preferences_applied import apply, begin
from jnn_studio.app.rail import Rail
from jnn_studio.app.tab_order import bring_into_view, next_control
from jnn_studio.app.theme import ThemeMode
from jnn_studio.app.widgets.command_palette import CommandPalette
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspace_spec import WorkspaceSpec
from jnn_studio.app.workspaces import find_workspaces
from jnn_studio.base.text import printable
from jnn_studio.explore.front_walk import Front
from jnn_studio.explore.state import ExploreState
from jnn_studio.training.commands import Command
from jnn_studio.training.events import StateChanged

OTHERS_MS = 4000
"""If the first page is not alive by then, the others are made all the same."""
PAUSE_MS = 50
"""Between the making of one page and the next, for what somebody does meanwhile."""
SMALLEST, FIRST_SIZE = QSize(640, 440), QSize(1280, 800)
"""Of a screen of 1080 lines, each of which counts twice, 540 are left."""
FRAME = QSize(2, 40)
"""What the window's frame may take: it is not known before the window is shown."""
STATE_WORDS = {"created": "preparing", "running": "training", "paused": "paused"}
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
        self._leaving = self._left = self._asked_to_save = False
        self._build()
        self._build_menus()
        self.context.message.connect(self.message.show_error)
        self.context.run_started.connect(self._run_changed)
        self.context.run_event.connect(self._run_changed)
        self.context.run_ended.connect(self._run_ended)
        self.context.sweeping.changed.connect(self._sweep_changed)
        self.context.sweeping.ended.connect(lambda *_: self._sweep_ended())
        self.context.page_requested.connect(self.show_workspace)
        self.context.explore_requested.connect(lambda path: self.show_workspace("Explore"))
        self.context.compare_requested.connect(self._compare)
        self.context.front_requested.connect(self._walk_front)
        self.context.open_requested.connect(self._open_run)
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
        self._run_label = QLabel("No run under way", objectName="run_status")
        self._run_label.setToolTip("The run being trained by this program")
        self.statusBar().addWidget(self._run_label)
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
        self._action(help_menu, "&About JNN Studio", "about", self._show_about)
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
        """Show models, images or a session that somebody named or clicked outside."""
        self.show_workspace("Explore")
        self.workspace("Explore").open_files(paths)

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
        if QApplication.styleHints().tabFocusBehavior() != Qt.TabFocusBehavior.TabFocusAllControls:
            return super().focusNextPrevChild(forward)  # a person has told the system what Tab may reach
        control = next_control(self, forward)
        if control is None:
            return False
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        control.setFocus(reason)
        bring_into_view(control)
        return True

    # --- what belongs to all -----------------------------------------------------------------------

    def _theme_setter(self, mode: ThemeMode) -> Callable[[], None]:
        return lambda: self.context.preferences.change(theme=mode)

    def _apply_preferences(self, before: Preferences, now: Preferences) -> None:
        self._themes[now.theme].setChecked(True)
        apply(now)

    def _all_actions(self) -> list[tuple[str, QAction]]:
        """Every action that can be reached from the menu bar, with the name of its menu."""
        return self._actions_of([top for top in self.menuBar().actions() if top.isVisible()])

    def _actions_of_all_pages(self) -> list[tuple[str, QAction]]:
        """Also of pages that are not in front; those that nobody has seen yet are made."""
        for spec in self._specs:
            self._make(spec)
        return self._actions_of(self.menuBar().actions())

    def _actions_of(self, tops: Sequence[QAction]) -> list[tuple[str, QAction]]:
        found: list[tuple[str, QAction]] = []

        def collect(menu: QMenu) -> None:
            for action in menu.actions():
                submenu = action.menu()
                if isinstance(submenu, QMenu):
                    collect(submenu)
                elif not action.isSeparator():
                    found.append((without_mnemonic(menu.title()), action))

        for top in tops:
            submenu = top.menu()
            if isinstance(submenu, QMenu):
                collect(submenu)
        return found

    def _show_palette(self) -> None:
        self._palette.open()

    def _show_preferences(self) -> None:
        """What it takes is imported then: no start waits for it."""
        from jnn_studio.app.preferences_dialog.dialog import PreferencesDialog

        dialog = self.findChild(PreferencesDialog) or PreferencesDialog(self.context, self)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def _show_about(self) -> None:
        box = QMessageBox(self, objectName="about_box")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("About JNN Studio")
        box.setTextFormat(Qt.TextFormat.RichText)
        box.setIconPixmap(QApplication.windowIcon().pixmap(QSize(64, 64)))
        box.setText(
            f"<b>JNN Studio {__version__}</b><br><br>Explore what penalising the nuclear norm of a network's "
            "Jacobian does to what it learns.<br><br>The method: Scarvelis &amp; Solomon, <i>Nuclear Norm "
            "Regularization for Deep Learning</i>, NeurIPS 2024."
        )
        box.open()

    def _run_changed(self, feed: RunFeed, event: object = None) -> None:
        """A run was started (no event), or told something; what does not change its state is passed over."""
        if feed is self.context.training.feed and (event is None or isinstance(event, StateChanged)):
            state = "created" if event is None else event.state
            self._run_label.setText(f"{feed.config.shown_name}: {STATE_WORDS.get(state, state)}")

    def _run_ended(self, feed: RunFeed, event: StateChanged) -> None:
        self._run_label.setText(f"{feed.config.shown_name}: {event.state}")
        if not self._leaving:
            return
        if self._asked_to_save and event.state == "failed":
            # What was to be saved could not be; the run's page says why, and nobody has been told yet.
            self._leaving = self.context.closing = self._asked_to_save = False
            self.setEnabled(True)
            self._run_label.setText(f"{feed.config.shown_name}: not saved; the window stays open")
        elif self.context.sweeping.path is None:
            self._leave()

    def _sweep_changed(self) -> None:
        """A run under way comes first; its own words say what became of it."""
        if self.context.training.feed is None and not self._leaving:
            path = self.context.sweeping.path
            words = "Sweep: no longer under way" if path is None else f"Sweep in {path.name}: training"
            self._run_label.setText(printable(words))

    def _sweep_ended(self) -> None:
        if self._leaving and self.context.training.feed is None:
            self._leave()

    # --- leaving -----------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        feed = self.context.training.feed
        if feed is None and self.context.sweeping.path is None:
            event.accept()
            self._leave()
            return
        event.ignore()
        if not self._leaving:
            self._ask(feed)

    def shutdown(self) -> None:
        """End all threads; the window is of no use afterwards."""
        self.context.close()
        self._others.stop()
        self._collector.stop()

    def stop_and_quit(self) -> None:
        """Stop and save the run under way, if any, and quit without asking."""
        self._end_run(Command.STOP)

    def _ask(self, feed: RunFeed | None) -> None:
        """What is to become of the run under way, or of the sweep: that cannot be discarded."""
        if self.findChild(QMessageBox, "quit_box") is not None:
            return
        sweep = self.context.sweeping.path
        name = "" if feed is None else feed.config.shown_name
        box = QMessageBox(self, objectName="quit_box")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("A run is under way" if feed is not None else "A sweep is under way")
        what = f"“{name}” is still training" if feed is not None else "A sweep is still training"
        box.setText(f"{what}{', and so is a sweep' if feed is not None and sweep is not None else ''}.")
        where = printable(str(feed.path if feed is not None else sweep))
        box.setInformativeText(f"It is being written to {where}. What is saved can be resumed later.")
        keep = box.addButton("Keep training", QMessageBox.ButtonRole.RejectRole)
        stop = box.addButton("Stop and save", QMessageBox.ButtonRole.AcceptRole)
        named = [(keep, "quit_keep"), (stop, "quit_stop")]
        if feed is not None:
            discard = box.addButton("Discard run", QMessageBox.ButtonRole.DestructiveRole)
            discard.clicked.connect(lambda: self._end_run(Command.DISCARD))
            named.append((discard, "quit_discard"))
        for button, button_name in named:
            button.setObjectName(button_name)
        box.setDefaultButton(stop)
        box.setEscapeButton(keep)
        stop.clicked.connect(self._save_and_leave)
        box.open()

    def _save_and_leave(self) -> None:
        self._asked_to_save = True
        self._end_run(Command.STOP)

    def _end_run(self, command: Command) -> None:
        """Leave once the run has ended; the window stays alive until then."""
        self._leaving = self.context.closing = True
        feed, sweeping = self.context.training.feed, self.context.sweeping
        if sweeping.path is not None:
            sweeping.stop()
            self._run_label.setText("Sweep: ending…")
            self.setEnabled(False)
        if feed is None:
            if sweeping.path is None:
                self._leave()
            return
        self.context.training.send(command)
        self._run_label.setText(f"{feed.config.shown_name}: ending…")
        self.setEnabled(False)

    def _leave(self) -> None:
        """Put everything away and say so; nothing that is open, hidden or broken prevents it."""
        if self._left:
            return
        self._left = self.context.closing = True
        _tried(self._save_settings)  # which floating panels are seen is part of it
        for workspace in self._workspaces.values():
            _tried(workspace.put_away)
        for dialog in self.findChildren(QDialog):
            _tried(dialog.close)
        self.hide()
        self.left.emit()

    def _save_settings(self) -> None:
        self.settings.setValue("geometry", self.saveGeometry())
        for spec in self._specs:
            workspace = self._workspaces.get(spec.title)
            if workspace is not None:
                self.settings.beginGroup(spec.title)
                _tried(partial(workspace.save_state, self.settings))
                self.settings.endGroup()
                if workspace is self.stack.currentWidget():
                    self.settings.setValue("workspace", spec.title)
        self.settings.sync()


def _tried(call: Callable[[], object]) -> None:
    """A bug in one part of leaving is reported, and leaves the other parts alone."""
    try:
        call()
    except Exception as error:
        sys.excepthook(type(error), error, error.__traceback__)
