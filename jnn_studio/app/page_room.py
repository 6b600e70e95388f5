"""Where the pages of the window stand: a page that needs more room than there is can be scrolled."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget


class PageStack(QStackedWidget):
    """One page at a time; it needs what the page in front needs, and not what the largest of all does."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("workspaces")
        self.currentChanged.connect(lambda _: self.updateGeometry())

    def minimumSizeHint(self) -> QSize:
        page = self.currentWidget()
        return QSize() if page is None else page.minimumSizeHint()


class PageRoom(QScrollArea):
    """Scrolls a `PageStack` where the window is smaller than its page.

    Signals:
        resized: (QSize) how much room a page has now.
    """

    resized = Signal(QSize)

    def __init__(self, stack: PageStack) -> None:
        super().__init__()
        self.setObjectName("page_room")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it scrolls to what has the focus
        self.setWidgetResizable(True)
        self.setWidget(stack)

    def minimumSizeHint(self) -> QSize:
        return QSize()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit(self.size())
