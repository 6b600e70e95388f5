"""A widget alone on the screen, and back to where it was."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QSplitter, QVBoxLayout, QWidget

from jnn_studio.app.widgets.own_windows import StudioDialog


class FullScreen(StudioDialog):
    """Takes ``widget`` out of its window until it is closed, by Esc for example."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget.window())
        self.setObjectName(f"{widget.objectName()}.full_screen")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(widget.accessibleName())
        self._put_back = _take_out(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(widget)
        widget.show()
        self.showFullScreen()
        widget.setFocus()

    def done(self, result: int) -> None:
        """Whatever ends it, the widget stays."""
        self._put_back()
        super().done(result)


def _take_out(widget: QWidget) -> Callable[[], None]:
    """Leave a place where ``widget`` is, and tell how to bring it back there."""
    parent, place = widget.parentWidget(), QWidget()
    place.setMinimumSize(widget.minimumSize())
    place.setSizePolicy(widget.sizePolicy())
    if isinstance(parent, QSplitter):
        index, sizes = parent.indexOf(widget), parent.sizes()
        parent.replaceWidget(index, place)
        place.show()
        parent.setSizes(sizes)

        def put_back() -> None:
            parent.replaceWidget(index, widget)
            parent.setSizes(sizes)

    elif isinstance(parent, QDockWidget):
        size, around = parent.size(), parent.parentWidget()
        parent.setWidget(place)

        def put_back() -> None:
            parent.setWidget(widget)
            if isinstance(around, QMainWindow):
                around.resizeDocks([parent], [size.width()], Qt.Orientation.Horizontal)
                around.resizeDocks([parent], [size.height()], Qt.Orientation.Vertical)

    else:
        layout = None if parent is None else parent.layout()
        assert layout is not None, "a widget that stands in no layout"
        layout.replaceWidget(widget, place)
        place.show()

        def put_back() -> None:
            layout.replaceWidget(place, widget)

    def back() -> None:
        put_back()
        widget.show()
        place.deleteLater()

    return back
