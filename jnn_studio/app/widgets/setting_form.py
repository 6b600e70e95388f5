"""A column of fields for a pydantic model, checked while they are typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.fields import Field, field_for
from jnn_studio.app.widgets.replacing import put_in_place_of
from jnn_studio.app.widgets.section import SectionBox, add_row, form_rows
from jnn_studio.base.reading import parse_json
from jnn_studio.base.setting_words import Setting, SettingGroup

Typed = Mapping[str, str]
Check = Callable[[Typed], tuple[Any, Mapping[str, str]]]
"""From typed values to a configuration, or None and the reasons by name."""
_WIDTH = 40 * GRID


class SettingForm(QScrollArea):
    """Groups of fields.

    ``parts`` stand below the group of their key, or above all groups where it is "".

    Signals:
        changed: something was typed and checked; `config` and `problems` are up to date.
    """

    changed = Signal()

    def __init__(
        self,
        page: str,
        groups: Sequence[SettingGroup],
        check: Check,
        relevant: Callable[[Typed], set[str]],
        parts: Mapping[str, QWidget] | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName(f"{page}.form")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it scrolls to the field that has the focus
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page, self._check_values, self._relevant = page, check, relevant
        self._parts = dict(parts or {})
        self.config: Any = None
        """What the fields say, or None while a value is wrong."""
        self.problems: list[str] = []
        """What has to be mended, one line for each field."""
        self.preferred_width = _WIDTH
        self.fields: dict[str, Field] = {}
        self.boxes: dict[str, SectionBox] = {}
        self._body = QWidget()
        self.column = QVBoxLayout(self._body)
        self.column.setContentsMargins(GRID // 2, 0, GRID, 0)
        self.column.setSpacing(GRID)
        if "" in self._parts:
            self.column.addWidget(self._parts[""])
        self._groups = QWidget()
        self.column.addWidget(self._groups)
        self.column.addStretch(1)
        self.setWidget(self._body)
        self.ask_for(groups)

    def ask_for(self, groups: Sequence[SettingGroup]) -> None:
        """Have fields for other settings; they are empty and unchecked."""
        self.fields, self.boxes = {}, {}
        labels = [setting.words for group in groups for setting in group.settings]
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for group in groups:
            if group.title:
                box = self.boxes[group.key] = SectionBox(group.key, group.title, labels, self._page)
                self._add(group.settings, box.rows)
                box.set_folded(group.folded)
                column.addWidget(box)
            else:
                rows = form_rows(labels)
                self._add(group.settings, rows)
                column.addLayout(rows)
            if group.key in self._parts:
                column.addWidget(self._parts[group.key])
        put_in_place_of(self.column, self._groups, made)
        self._groups = made

    def make_field(self, setting: Setting) -> Field:
        """The field of a setting; forms that need another kind of field make it here."""
        return field_for(setting, self._page)

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields."""
        return {name: field.value for name, field in self.fields.items()}

    def fill(self, values: Typed) -> None:
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
        """Bring the first wrong value into view, ready to be mended."""
        for field in self.fields.values():
            if field.reason:
                self.ensureWidgetVisible(field.note)
                self.ensureWidgetVisible(field.editor)
                field.editor.setFocus()
                return

    def state(self) -> str:
        """All values as JSON, right or wrong."""
        return json.dumps(self.values)

    def restore(self, state: str) -> None:
        """The inverse of `state`; what cannot be read changes nothing."""
        try:
            values = dict(parse_json(state))
        except (ValueError, TypeError):
            return
        self.fill({name: text for name, text in values.items() if isinstance(text, str)})

    def minimumSizeHint(self) -> QSize:
        """Never so narrow that a field would be cut."""
        bar = self.verticalScrollBar().sizeHint().width()
        width = max(_WIDTH, self._body.minimumSizeHint().width() + bar)
        return QSize(width, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        return QSize(max(self.preferred_width, self.minimumSizeHint().width()), super().sizeHint().height())

    def _add(self, settings: Sequence[Setting], rows: QGridLayout) -> None:
        for setting in settings:
            field = self.fields[setting.name] = self.make_field(setting)
            field.changed.connect(self.check)
            add_row(rows, field)
