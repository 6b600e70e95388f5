"""One setting in the form: label, editor, unit, and the reason why its value will not do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QToolButton,
    QWidget,
)

from jnn_studio.app.file_dialogs import ARCHIVES, ask_file, ask_folder
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.drop_zone import DropOffer, DropZone
from jnn_studio.app.widgets.number_box import NumberLine, shown_number
from jnn_studio.base.setting_words import Setting

UNITS = ("px", "images", "steps", "units", "per side", "channels", "dims", "points", "directions")


class Field(QWidget):
    """The editor of one setting. Its value is text, as somebody would type it.

    ``page`` begins the names of its widgets.
    """

    changed = Signal()

    def __init__(self, setting: Setting, editor: QLineEdit | QComboBox, page: str) -> None:
        super().__init__()
        self.setting = setting
        self.editor = editor
        name = f"{page}.{setting.name}"
        self.setObjectName(f"{name}.field")
        editor.setObjectName(name)
        editor.setAccessibleName(setting.words + (f" in {setting.unit}" if setting.unit else ""))
        self.label = QLabel(setting.label)
        self.label.setBuddy(editor)
        self.unit = QLabel(setting.unit)
        self.unit.setProperty("tone", "muted")
        self.unit.setFixedWidth(unit_width())
        self.note = QLabel()
        self.note.setObjectName(f"{name}.note")
        self.note.setWordWrap(True)
        self.note.setFont(ui_font(0.92))
        self.note.hide()
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(GRID)
        self.row.addWidget(editor, 1)
        if setting.unit or setting.numeric:
            self.row.addWidget(self.unit)
        self._reason = ""
        self._hint = ""
        self._show_note()

    @property
    def value(self) -> str:
        return self.editor.text() if isinstance(self.editor, QLineEdit) else self.editor.currentText()

    def set_value(self, text: str) -> None:
        """Show another value without telling anybody."""
        with QSignalBlocker(self.editor):
            self._set(text)

    @property
    def reason(self) -> str:
        return self._reason

    def set_reason(self, reason: str) -> None:
        """Mark the field as wrong and say why; "" takes the mark away."""
        if reason != self._reason:
            self._reason = reason
            self.editor.setProperty("invalid", bool(reason))
            self.editor.style().polish(self.editor)
            self._show_note()

    def set_hint(self, hint: str) -> None:
        """Something to know about the value, shown while it is a good one."""
        self._hint = hint
        self._show_note()

    def set_shown(self, shown: bool) -> None:
        for part in (self, self.label):
            part.setVisible(shown)
        self.note.setVisible(shown and bool(self.note.text()))

    def _set(self, text: str) -> None:
        if isinstance(self.editor, QLineEdit):
            self.editor.setText(text)
            self.editor.setCursorPosition(0)  # of what is too long, the beginning is seen

    def _show_note(self) -> None:
        text = self._reason or self._hint
        tone = "danger" if self._reason else "muted"
        if self.note.property("tone") != tone:
            self.note.setProperty("tone", tone)
            self.note.style().polish(self.note)
        self.note.setText(text)
        self.note.setVisible(bool(text) and not self.isHidden())
        self._describe()

    def _describe(self) -> None:
        tip = self.setting.description
        if not self.setting.about:
            tip = f"{tip}\nIn config.toml: {self.setting.name}"
        for part in (self.editor, self.label):
            part.setToolTip(f"{self._reason}\n\n{tip}" if self._reason else tip)
        self.editor.setAccessibleDescription(self._reason or self.setting.description)


class TextField(Field):
    """Typed text."""

    def __init__(self, setting: Setting, page: str) -> None:
        editor = QLineEdit()
        super().__init__(setting, editor, page)
        editor.textChanged.connect(self.changed)


class NumberField(Field):
    """A number, or a series of them: its value has points, whichever sign is shown."""

    def __init__(self, setting: Setting, page: str) -> None:
        self._line = NumberLine()
        super().__init__(setting, self._line, page)
        self._line.textChanged.connect(self.changed)

    @property
    def value(self) -> str:
        return self._line.plain

    def _set(self, text: str) -> None:
        self._line.show_plain(text)
        self._line.setCursorPosition(0)


class Combo(QComboBox):
    """Leaves the wheel to the form, which scrolls."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ChoiceField(Field):
    """One of a few values, shown in words."""

    def __init__(self, setting: Setting, page: str) -> None:
        combo = Combo()
        super().__init__(setting, combo, page)
        self._combo = combo
        for value, words in setting.choices:
            combo.addItem(words, value)
        combo.currentIndexChanged.connect(self.changed)

    @property
    def value(self) -> str:
        return str(self._combo.currentData())

    def offer(self, value: str, words: str) -> None:
        """Add a choice that was not known before."""
        if self._combo.findData(value) < 0:
            with QSignalBlocker(self._combo):
                self._combo.addItem(words, value)

    def _set(self, text: str) -> None:
        self.offer(text, text)
        self._combo.setCurrentIndex(self._combo.findData(text))


class SuggestionCombo(Combo):
    """Offers values beside what is typed, numbers with the sign that is shown now."""

    def __init__(self, suggestions: Sequence[str]) -> None:
        super().__init__()
        self._suggestions = suggestions
        self.line = NumberLine()
        self.setEditable(True)
        self.setLineEdit(self.line)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.addItems(list(suggestions))
        self.setCurrentText("")

    def showPopup(self) -> None:
        self._offer()
        super().showPopup()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._offer()  # the arrow keys take one without a list
        super().keyPressEvent(event)

    def _offer(self) -> None:
        text = self.currentText()
        with QSignalBlocker(self), QSignalBlocker(self.line):
            for index, value in enumerate(self._suggestions):
                self.setItemText(index, shown_number(value))
            self.setEditText(text)


class SuggestionField(Field):
    """Typed text, with values that have a name to choose from."""

    def __init__(self, setting: Setting, page: str) -> None:
        combo = SuggestionCombo(setting.suggestions)
        combo.line.setObjectName(f"{page}.{setting.name}.text")
        super().__init__(setting, combo, page)
        self._combo = combo
        combo.editTextChanged.connect(self.changed)

    @property
    def value(self) -> str:
        return self._combo.line.plain

    def _set(self, text: str) -> None:
        self._combo.line.show_plain(text)


class PathEdit(QLineEdit):
    """A path that can be typed, pasted, or dropped."""

    def __init__(self) -> None:
        super().__init__()
        DropZone(self, self._offer, lambda mime: self.setText(str(dropped_path(mime))))

    def _offer(self, mime: QMimeData) -> DropOffer:
        path = dropped_path(mime)
        return DropOffer("Use this" if path is not None else "One at a time", good=path is not None)


class PathField(Field):
    """A folder, or with ``archives`` also a zip: typed, dropped, or chosen with Browse."""

    def __init__(self, setting: Setting, page: str, archives: bool, title: str, placeholder: str) -> None:
        editor = PathEdit()
        super().__init__(setting, editor, page)
        editor.setPlaceholderText(placeholder)
        editor.textChanged.connect(self.changed)
        self.browse = QToolButton()
        self.browse.setObjectName(f"{page}.{setting.name}.browse")
        self.browse.setText("Browse…")
        self.browse.setToolTip(title)
        self.browse.setAccessibleName(f"Browse: {title}")
        self.browse.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.row.addWidget(self.browse)
        self._title = title
        self.start = ""
        """The folder the dialog begins in while the field is empty."""
        if archives:
            self.browse.setStyleSheet("QToolButton::menu-indicator { image: none; }")
            menu = QMenu(self.browse)
            menu.addAction("A &folder…", self._ask_folder)
            menu.addAction("A &zip archive…", self._ask_archive)
            self.browse.setMenu(menu)
            self.browse.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        else:
            self.browse.clicked.connect(self._ask_folder)

    def _ask_folder(self) -> None:
        ask_folder(self, self._title, self._take, self._begin)

    def _ask_archive(self) -> None:
        ask_file(self, self._title, ARCHIVES, self._take, self._begin)

    @property
    def _begin(self) -> Path | None:
        return Path(self.value or self.start) if self.value or self.start else None

    def _take(self, path: Path) -> None:
        self.set_value(str(path))
        self.changed.emit()


def field_for(setting: Setting, page: str) -> Field:
    """The field of a setting."""
    if setting.choices:
        return ChoiceField(setting, page)
    if setting.suggestions:
        return SuggestionField(setting, page)
    if setting.holds:
        return PathField(setting, page, True, f"Choose the {setting.holds} to train on", "Drop here")
    return NumberField(setting, page) if setting.numeric else TextField(setting, page)


def unit_width() -> int:
    """Room for the units, the same in every row."""
    metrics = QFontMetrics(ui_font())
    return max(metrics.horizontalAdvance(unit) for unit in UNITS)


def dropped_path(data: QMimeData) -> Path | None:
    """The one local file or folder that was dropped, if it is one."""
    urls = data.urls()
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
