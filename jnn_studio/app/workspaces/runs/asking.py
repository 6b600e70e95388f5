"""The questions of the page Runs; none of them holds up the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.own_windows import StudioDialog
from jnn_studio.base.text import counted, printable
from jnn_studio.runs.summary import RunSummary

_REMOVE, _NOTE = "runs.confirm_remove", "runs.note_dialog"
_NAMED = 4


def confirm_removal(parent: QWidget, runs: Sequence[RunSummary], remove: Callable[[], None]) -> None:
    """Ask once whether runs may go to the bin."""
    if parent.findChild(QMessageBox, _REMOVE) is not None:
        return
    box = QMessageBox(parent)
    box.setObjectName(_REMOVE)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Move to the bin?")
    what = f"“{runs[0].name}”" if len(runs) == 1 else counted(len(runs), "run")
    box.setText(f"Move {what} to the bin?")
    lines = [printable(str(run.path)) for run in runs[:_NAMED]]
    if len(runs) > _NAMED:
        lines.append(f"and {len(runs) - _NAMED} more")
    box.setInformativeText("\n".join([*lines, "", "They can be had back from there."]))
    keep = box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
    away = box.addButton("Move to the bin", QMessageBox.ButtonRole.DestructiveRole)
    keep.setObjectName("runs.keep")
    away.setObjectName("runs.remove_now")
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    away.clicked.connect(remove)
    box.open()


def ask_note(parent: QWidget, run: RunSummary, noted: Callable[[str], None]) -> None:
    """Have a note about a run typed."""
    if parent.findChild(QDialog, _NOTE) is not None:
        return
    dialog = StudioDialog(parent)
    dialog.setObjectName(_NOTE)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Note")
    about = QLabel(f"What is to be remembered about “{run.name}”:")
    text = QPlainTextEdit(run.note, objectName="runs.note")
    text.setAccessibleName("Note")
    text.setTabChangesFocus(True)
    about.setBuddy(text)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
    buttons.button(QDialogButtonBox.StandardButton.Save).setObjectName("runs.note_save")
    column = QVBoxLayout(dialog)
    column.setSpacing(GRID)
    for part in (about, text, buttons):
        column.addWidget(part)
    dialog.resize(60 * GRID, 32 * GRID)
    buttons.rejected.connect(dialog.reject)
    buttons.accepted.connect(dialog.accept)
    dialog.accepted.connect(lambda: noted(text.toPlainText().strip()[:10_000]))
    dialog.open()
    text.setFocus()
