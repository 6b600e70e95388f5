"""What the main window asks of a workspace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QShowEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QTabBar

from jnn_studio.app.context import AppContext
from jnn_studio.app.dropped_runs import with_runs
from jnn_studio.app.theme import scaled, theme
from jnn_studio.app.widgets.drop_zone import DropOffer, DropZone
from jnn_studio.explore.columns.front_walk import Front

NO_DROPS = "Nothing can be dropped here. Explore takes images, models and sessions, Denoise photographs."


class Workspace(QMainWindow):
    """One page of the main window: a central widget with docks around it.

    Subclasses build their widgets, add docks with `add_dock`, and call `remember_layout` at the end of
    their constructor.

    Signals:
        alive: what it shows at first is on the screen, so that work nobody waits for may begin.
    """

    alive = Signal()

    def __init__(self, context: AppContext, name: str) -> None:
        super().__init__()
        self.context = context
        self.setObjectName(name)
        self.setDockNestingEnabled(True)
        self.setAnimated(theme().moves)
        DropZone(self, *with_runs(context, self.drop_offer, self.take_dropped), self.drop_refused)
        self._default_layout = QByteArray()
        self._fresh = True
        """No layout of an earlier start has been restored."""
        self._been_shown = False
        self._folds: tuple[tuple[int, tuple[QDockWidget, ...]], ...] = ()
        self._folded = 0
        self._unfolded = QByteArray()
        """The layout of a page that is folded, as it is with enough room."""
        self._room = QSize()

    def take_focus(self) -> None:
        """The page has come to the front, and with it the keyboard; Tab then goes through its controls.

        No focus proxy does this: Tab would go to what it stands for, and never to what lies before that.
        """
        self.setFocus()

    def commands(self) -> list[QAction]:
        """Actions for the menu and the command palette."""
        return []

    def fill_menu(self, menu: QMenu) -> None:
        """What the menu bar shows of the commands."""
        menu.addActions(self.commands())

    def panels(self) -> list[QAction]:
        """One action for each dock, which shows and hides it: also one that was closed comes back so."""
        return [dock.toggleViewAction() for dock in self._docks()]

    def save_state(self, settings: QSettings) -> None:
        """Remember layout and choices; ``settings`` is inside this workspace's group."""
        settings.setValue("layout", self._layout_with_room())
        settings.setValue("default_layout", self._default_layout)

    def restore_state(self, settings: QSettings) -> None:
        """The inverse of `save_state`; tolerates anything missing."""
        layout, default = settings.value("layout"), settings.value("default_layout")
        if isinstance(layout, QByteArray):
            self._fresh = not self.restoreState(layout)
        if isinstance(default, QByteArray) and not self._fresh:
            self._default_layout = default

    def reset_layout(self) -> None:
        """Put every dock back where it was at first."""
        for dock in self._docks():
            dock.setFloating(False)
            dock.show()
        self._folded = 0
        self.restoreState(self._default_layout)
        self.fit(self._room)
        self._hide_stray_tabs()

    def remember_layout(self) -> None:
        """Take the present layout as the one `reset_layout` goes back to."""
        self._default_layout = self._layout_with_room()

    def fold_below(self, *folds: tuple[int, tuple[QDockWidget, ...]]) -> None:
        """Say which docks become tabs of the first of them below a width, the largest width first."""
        self._folds = folds

    def fit(self, room: QSize) -> None:
        """Arrange the page for as much room: docks that have none beside each other become tabs, and back.

        What somebody arranged meanwhile is kept for as long as there is no more room.
        """
        self._room = room
        folded = sum(room.width() < scaled(width) for width, _ in self._folds) if room.isValid() else 0
        if folded == self._folded:
            return
        if self._folded:
            self.restoreState(self._unfolded)
        else:
            self._unfolded = self.saveState()
        self._folded = folded
        for _, (first, *others) in self._folds[:folded]:
            for dock in others:
                if not dock.isFloating():
                    self.tabifyDockWidget(first, dock)
            first.raise_()
        self._hide_stray_tabs()

    def _layout_with_room(self) -> QByteArray:
        return self._unfolded if self._folded else self.saveState()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._been_shown:
            self._been_shown = True
            QTimer.singleShot(0, self, self._settle)
        self._seen()

    def _settle(self) -> None:
        """Once it has its size for the first time."""
        if self._fresh:
            self.remember_layout()  # as it is seen at first, and not as it was made, before it had a size
        self._hide_stray_tabs()
        window = self.window().windowHandle()
        for dock in self._docks():
            handle = dock.windowHandle()
            if dock.isFloating() and dock.isVisible() and handle is not None:
                # Restored before there was a window to stand above, it would lie behind it.
                dock.hide()
                handle.setTransientParent(window)
                dock.show()

    def open_run(self, path: Path, kind: str, resume: bool) -> None:
        """Show a run of a kind that this page trains, and go on with it if ``resume``.

        Of those that train none nobody asks it.
        """

    def show_runs(self, paths: Sequence[Path]) -> None:
        """Show runs among all others, wherever they lie.

        Of those that list none nobody asks it.
        """

    def walk_models(self, models: Sequence[tuple[str, str]]) -> None:
        """Show models side by side, each by its reference and a name, "" for its own.

        Of those that show none nobody asks it.
        """

    def walk_front(self, front: Front, index: int) -> None:
        """Show a model of a front between its neighbours, and let somebody slide along it.

        Of those that show none nobody asks it.
        """

    def open_files(self, paths: Sequence[Path]) -> None:
        """Show what files and folders hold, all of them together.

        Of those that open none nobody asks it.
        """

    def drop_offer(self, mime: QMimeData) -> DropOffer:
        """What would become of something dropped on the page; parts of it may have offers of their own."""
        return DropOffer(NO_DROPS, good=False)

    def take_dropped(self, mime: QMimeData) -> None:
        """It was dropped, and the offer was good."""

    def drop_refused(self, words: str) -> None:
        """It was dropped, and the offer was not."""

    def _hide_stray_tabs(self) -> None:
        """Qt leaves a tab bar behind where docks beside others share a place; no dock stands under it."""
        places = [dock.geometry() for dock in self._docks() if not dock.isFloating()]
        for bar in self.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            here = bar.geometry()
            if not any((at.left(), at.width()) == (here.left(), here.width()) for at in places):
                bar.hide()

    def put_away(self) -> None:
        """The window is closed: floating docks, which are windows of their own, go with it."""
        for dock in self._docks():
            if dock.isFloating():
                dock.hide()

    def _docks(self) -> list[QDockWidget]:
        return self.findChildren(QDockWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)

    def _seen(self) -> None:
        """A page is alive once it has been painted; one that waits for more says so later."""
        QTimer.singleShot(0, self, self.alive.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        """A page is closed with the window only."""
        event.ignore()
