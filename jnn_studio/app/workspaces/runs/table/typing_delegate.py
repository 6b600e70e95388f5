"""Where a name or tags are typed into a row."""

from __future__ import annotations

from PySide6.QtWidgets import QStyledItemDelegate, QWidget

from jnn_studio.app.workspaces.runs.table.model import Index

_FILLED = "runs.filled"


class TypingDelegate(QStyledItemDelegate):
    """Fills its box once. Qt would do so again at every change of the row, over what somebody is typing."""

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        if not editor.property(_FILLED):
            super().setEditorData(editor, index)
            editor.setProperty(_FILLED, True)
