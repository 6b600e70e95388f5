"""The menu Help, and what it opens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QToolButton, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.help.control_help import ControlHelp, names_around
from jnn_studio.app.help.manual import NEWS
from jnn_studio.app.help.places import Place, place_of
from jnn_studio.app.icons import IconButton
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.base.watch import Watch

if TYPE_CHECKING:
    from jnn_studio.app.help.tour import Tour
    from jnn_studio.app.help.viewer import ManualDialog


ASK_TIP = (
    "Press this, then any control: what it is, and where the manual says more (Shift+F1). Esc: never mind"
)


class Help(QObject):
    """Everything that helps, for one window. What it opens is imported then: no start waits for it.

    Args:
        window: what it is about.
        context: whose threads read.
        turn_to: brings a page to the front.
        keys: (menu, action) of everything that can be done on any page.
        message: where it says that a report has been copied.
    """

    def __init__(
        self,
        window: QMainWindow,
        context: AppContext,
        turn_to: Callable[[str], None],
        keys: Callable[[], Sequence[tuple[str, QAction]]],
        message: MessageBar,
    ) -> None:
        super().__init__(window)
        self._window, self._context, self._turn_to = window, context, turn_to
        self._keys, self._message = keys, message
        self._manual: ManualDialog | None = None
        self._tour: Tour | None = None
        self._controls = ControlHelp(self)
        self._controls.more_asked.connect(self.show_manual)

    def fill(self, menu: QMenu, add: Callable[..., object]) -> None:
        """Its actions; ``add(menu, text, name, triggered, shortcut)`` is the window's way to make one."""
        add(menu, "&Manual", "manual", self._about_page, QKeySequence.StandardKey.HelpContents)
        add(menu, "What is &this?", "what_is_this", self._controls.ask, QKeySequence.StandardKey.WhatsThis)
        add(menu, "&Tour", "tour", self.begin_tour)
        add(menu, "&Keyboard shortcuts", "shortcuts", self._show_keys)
        menu.addSeparator()
        add(menu, "What is &new", "news", lambda: self.show_manual(Place(NEWS)))
        add(menu, "&Report a problem…", "report", self._report)
        menu.addSeparator()

    def button(self) -> QToolButton:
        """A button that asks what is under the pointer next; down for as long as it asks."""
        button = IconButton("help", ASK_TIP, "what_is_this_button")
        button.setText("What is this?")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setAccessibleName("What is this?")
        button.setAccessibleDescription(ASK_TIP)
        button.clicked.connect(self._controls.ask)
        button.setCheckable(True)
        self._controls.asking_changed.connect(button.setChecked)
        return button

    def show_manual(self, place: Place) -> None:
        """Open the manual there."""
        if self._manual is None:
            from jnn_studio.app.help.viewer import ManualDialog

            self._manual = ManualDialog(self._context.loading, self._window)
        self._manual.show_place(place)

    def begin_tour(self) -> None:
        """From its first stop."""
        if self._tour is None:
            from jnn_studio.app.help.tour import Tour

            self._tour = Tour(self._window, self._turn_to)
            self._tour.ended.connect(self._tour_ended)
        self._tour.begin()

    def _tour_ended(self) -> None:
        self._tour = None

    def _about_page(self) -> None:
        """The part about where the focus is, or about the page in front."""
        focus = self._window.focusWidget()
        stack = self._window.findChild(QStackedWidget, "workspaces")
        page = stack.currentWidget() if stack is not None else None
        inside = focus is not None and page is not None and page.isAncestorOf(focus)
        where: QWidget | None = focus if inside else page
        self.show_manual(place_of(names_around(where)) if where is not None else Place())

    def _show_keys(self) -> None:
        from jnn_studio.app.help.shortcuts import ShortcutSheet

        ShortcutSheet(self._keys(), self._window).show()

    def _report(self) -> None:
        problems = tuple(self._context.problems)

        def work(watch: Watch) -> str:
            from jnn_studio.app.help.problem_report import problem_report

            return problem_report(problems)

        self._context.loading.request(self, "report", work, self._copy, self._no_report)

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._message.show_info(
            "The report is in the clipboard", "Nothing was sent. Paste it where you describe the problem."
        )

    def _no_report(self, failure: Failure) -> None:
        self._message.show_error("Cannot make a report", failure.text, failure.details)
