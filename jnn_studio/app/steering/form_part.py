"""What a form asks for that is no line of text."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from jnn_studio.training.config import RunConfig


class FormPart(QWidget):
    """One setting in a form, asked for in a way of its own.

    Attributes:
        name: its place in ``config.toml``; it is there only while that matters.
        key: what it is remembered by.
        below: the key of the group it stands below; "": above all of them.

    Signals:
        changed: somebody gave another value.
    """

    changed = Signal()
    name = ""
    key = ""
    below = ""

    @property
    def value(self) -> list[Any]:
        """As it is written in ``config.toml``."""
        raise NotImplementedError

    def set_value(self, value: list[Any]) -> None:
        """Show another value without telling anybody; raises `TypeError` or `ValueError` if it is none."""
        raise NotImplementedError

    @property
    def problem(self) -> tuple[str, str]:
        """The field to say it at, or the part's own name, and why the value will not do; "" if it will."""
        return self.name, ""

    def show_checked(self, config: RunConfig) -> None:
        """What was typed is right."""
