"""Restore's form: a kernel is a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from jnn_studio.app.file_dialogs import KERNELS, ask_file
from jnn_studio.app.widgets.fields import Field, PathEdit
from jnn_studio.app.widgets.setting_form import SettingForm
from jnn_studio.base.setting_words import Setting

_TITLE = "Choose a blur's kernel"


class RestoreForm(SettingForm):
    """Groups of fields, one of which is a file."""

    def make_field(self, setting: Setting) -> Field:
        return (
            KernelField(setting, self._page)
            if setting.name == "problem.kernel"
            else super().make_field(setting)
        )


class KernelField(Field):
    """A file: typed, dropped, or chosen with Browse."""

    def __init__(self, setting: Setting, page: str) -> None:
        editor = PathEdit()
        super().__init__(setting, editor, page)
        editor.setPlaceholderText("Drop here")
        editor.textChanged.connect(self.changed)
        self.browse = QToolButton()
        self.browse.setObjectName(f"{page}.{setting.name}.browse")
        self.browse.setText("Browse…")
        self.browse.setToolTip(_TITLE)
        self.browse.setAccessibleName(_TITLE)
        self.browse.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.browse.clicked.connect(self._ask)
        self.row.addWidget(self.browse)

    def _ask(self) -> None:
        start = Path(self.value).parent if self.value else None
        ask_file(self, _TITLE, KERNELS, self._take, start)

    def _take(self, path: Path) -> None:
        self.set_value(str(path))
        self.changed.emit()
