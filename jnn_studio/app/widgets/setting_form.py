"""A column of fields for a pydantic model, checked while they are typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.fields import ChoiceField, Field, SuggestionField, TextField
from jnn_studio.app.widgets.section import SectionBox, add_row
from jnn_studio.app.widgets.setting import Section, Setting

Check = Callable[[Mapping[str, str]], tuple[Any, dict[str, str]]]
"""From typed values to a configuration, or None and the reasons by name."""
_WIDTH = 40 * GRID


class SettingForm(QScrollArea):
    """Sections of fields.

    Signals:
        changed: something was typed and checked; `config` and `problems` are up to date.
    """

    changed = Signal()

    def __init__(
        self,
        page: str,
        sections: Sequence[Section],
        check: Check,
        relevant: Callable[[Mapping[str, str]], set[str]],
    ) -> None:
        super().__init__()
        self.setObjectName(f"{page}.form")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._check_values, self._relevant = check, relevant
        self.config: Any = None
        """What the fields say, or None while a value is wrong."""
        self.problems: list[str] = []
        self.fields: dict[str, Field] = {}
        self.boxes: dict[str, SectionBox] = {}
        body = QWidget()
        self.column = QVBoxLayout(body)
        self.column.setContentsMargins(0, 0, GRID, 0)
        self.column.setSpacing(GRID)
        labels = [setting.words for section in sections for setting in section.settings]
        for section in sections:
            box = self.boxes[section.key] = SectionBox(section.key, section.title, labels, page)
            for setting in section.settings:
                field = self.fields[setting.name] = self.make_field(setting)
                field.changed.connect(self.check)
                add_row(box.rows, field)
            box.set_folded(section.folded)
            self.column.addWidget(box)
        self.column.addStretch(1)
        self.setWidget(body)

    def make_field(self, setting: Setting) -> Field:
        """The field of a setting; pages that need another kind of field make it here."""
        if setting.choices:
            return ChoiceField(setting)
        return SuggestionField(setting) if setting.suggestions else TextField(setting)

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields."""
        return {name: field.value for name, field in self.fields.items()}

    def fill(self, values: Mapping[str, str]) -> None:
        """Put values into their fields and check them all."""
        for name, text in values.items():
            if name in self.fields:
                self.fields[name].set_value(text)
        self.check()

    def check(self) -> None:
        """Check everything and mark what is wrong."""
        typed = self.values
        matter = self._relevant(typed)
        config, reasons = self._check_values({name: typed[name] for name in typed if name in matter})
        for name, field in self.fields.items():
            field.set_shown(name in matter)
            field.set_reason(reasons.get(name, ""))
        for box in self.boxes.values():
            if any(field.reason and box.isAncestorOf(field) for field in self.fields.values()):
                box.set_folded(False)
        self.problems = [
            f"{self.fields[name].setting.words}: {why}" if name in self.fields else why
            for name, why in reasons.items()
        ]
        self.config = None if reasons else config
        self.changed.emit()

    def show_problem(self) -> None:
        """Bring the first wrong value into view."""
        for field in self.fields.values():
            if field.reason:
                self.ensureWidgetVisible(field.editor)
                field.editor.setFocus()
                return

    def state(self) -> str:
        """All values as JSON, right or wrong."""
        return json.dumps(self.values)

    def restore(self, state: str) -> None:
        """The inverse of `state`; what cannot be read changes nothing."""
        try:
            values = dict(json.loads(state))
        except (ValueError, TypeError):
            return
        self.fill({name: text for name, text in values.items() if isinstance(text, str)})

    def minimumSizeHint(self) -> QSize:
        """Never so narrow that a field would be cut."""
        bar = self.verticalScrollBar().sizeHint().width()
        width = max(_WIDTH, self.widget().minimumSizeHint().width() + bar)
        return QSize(width, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        return QSize(self.minimumSizeHint().width(), super().sizeHint().height())
