"""The window as a screen reader meets it."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.plain_text import without_mnemonic
from jnn_studio.app.widgets.switched_pages import SwitchedPages
from jnn_studio.app.window import MainWindow

Role, Text = QAccessible.Role, QAccessible.Text
CONTROLS = {
    *(
        Role.Button,
        Role.CheckBox,
        Role.RadioButton,
        Role.ComboBox,
        Role.EditableText,
        Role.SpinBox,
        Role.Slider,
    ),
    *(Role.ButtonMenu, Role.ButtonDropDown, Role.PageTab, Role.Table, Role.List, Role.Tree, Role.ProgressBar),
}
ROWS = (Role.TreeItem, Role.Cell, Role.ListItem)
"""Of a table or a tree: a cell of it may be empty."""
MOST_CHILDREN = 40
"""Rows beyond these are like those before."""


def parts(window: MainWindow, qtbot: QtBot) -> Iterator[tuple[str, QWidget]]:
    """Every page, and every part of those that have several; each is in front when it is its turn."""
    for spec in window._specs:
        window.show_workspace(spec.title)
        page = window.workspace(spec.title)
        qtbot.wait(50)
        yield spec.title, page
        for switched in page.findChildren(SwitchedPages):
            if switched.isVisible():
                for key in list(switched._pages)[1:]:
                    switched.switch.current = key
                    qtbot.wait(50)
                    yield f"{spec.title}, {key}", page


def met(widget: QWidget) -> Iterator[QAccessibleInterface]:
    """Everything that a reader meets in it."""
    yield from _met(QAccessible.queryAccessibleInterface(widget))


def _met(found: QAccessibleInterface | None) -> Iterator[QAccessibleInterface]:
    if found is None or not found.isValid() or found.state().invisible:
        return
    yield found
    for number in range(min(found.childCount(), MOST_CHILDREN)):
        yield from _met(found.child(number))


def name_of(found: QAccessibleInterface) -> str:
    """What a reader calls it. Of a drop-down Qt tells what is chosen, and a label beside it what it is."""
    if found.role() == Role.ComboBox:
        return " ".join(label.text(Text.Name) for label, _ in found.relations(QAccessible.RelationFlag.Label))
    return found.text(Text.Name)


def complaints(widget: QWidget) -> list[str]:
    """What a person who only hears would not know of it: names that are missing, wrong, or twice there."""
    said, names = [], {}
    for found in met(widget):
        control, name, state = found.object(), name_of(found), found.state()
        where = _where(found)
        asked = found.role() in CONTROLS or (state.focusable and found.role() not in ROWS)
        if asked and not any(letter.isalnum() for letter in name):
            said.append(f"{where} has no name")
        if not isinstance(control, QWidget) or isinstance(control.window(), QFileDialog):
            continue
        if isinstance(control, QAbstractButton):
            if _plain(control.text()) not in _plain(name):
                said.append(f"{where} shows “{control.text()}” and is called “{name}”")
            group = control.group()
            if group is not None and group.exclusive() and found.role() != Role.RadioButton:
                said.append(f"{where} is one of several, and is told as a {found.role().name}")
        if state.focusable and control.isEnabled():
            if (name, found.role()) in names:
                said.append(f"{where} is called “{name}” as is {names[name, found.role()]}")
            names[name, found.role()] = where
    return said


def place(control: QWidget, window: QWidget) -> QRect:
    """Where it is in its window."""
    return QRect(control.mapTo(window, QPoint(0, 0)), control.size())


def _where(found: QAccessibleInterface) -> str:
    control = found.object()
    name = "" if control is None else control.objectName() or type(control).__name__
    parent = found.parent()
    if parent is not None and parent.isValid() and parent.object() is not None and "." not in name:
        return f"{name or found.role().name} in {parent.object().objectName()}"
    return name


def _plain(text: str) -> str:
    return "".join(letter for letter in without_mnemonic(text).casefold() if letter.isalnum())
