"""Windows beside the main one, in which Tab goes as one reads, as it does there."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDockWidget

from jnn_studio.app.tab_order import move_focus


class StudioDialog(QDialog):
    """A dialog of the program's own."""

    def focusNextPrevChild(self, forward: bool) -> bool:
        moved = move_focus(self, forward)
        return super().focusNextPrevChild(forward) if moved is None else moved


class StudioPanel(QDockWidget):
    """A panel of a page, which a person may float: then it is a window with an order of its own."""

    def focusNextPrevChild(self, forward: bool) -> bool:
        moved = move_focus(self, forward) if self.isWindow() else None
        return super().focusNextPrevChild(forward) if moved is None else moved
