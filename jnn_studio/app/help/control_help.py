"""What is this? A control pressed after Shift+F1 says what it does, and where the manual tells more."""

from __future__ import annotations

import html
from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QHelpEvent, QWhatsThisClickedEvent
from PySide6.QtWidgets import QApplication, QWhatsThis, QWidget

from jnn_studio.app.help.places import Place, place_of

_LINK = "manual"


class ControlHelp(QObject):
    """Answers Qt's own "What's this?" for every control of the program, from its name and tooltip.

    Signals:
        more_asked: (Place) somebody wants the part of the manual that is about a control.
        asking_changed: (bool) whether the next press asks.
    """

    more_asked = Signal(object)
    asking_changed = Signal(bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._place = Place()

    def ask(self) -> None:
        """The next press on a control asks about it; Esc gives up."""
        application = QApplication.instance()
        assert application is not None
        application.removeEventFilter(self)  # never twice
        application.installEventFilter(self)
        QWhatsThis.enterWhatsThisMode()
        self.asking_changed.emit(True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.QueryWhatsThis:
            event.accept()
            return True
        if kind == QEvent.Type.WhatsThis and isinstance(watched, QWidget) and isinstance(event, QHelpEvent):
            self._place = place_of(names_around(watched))
            QWhatsThis.showText(event.globalPos(), words_about(watched), watched)
            return True
        if kind == QEvent.Type.WhatsThisClicked and isinstance(event, QWhatsThisClickedEvent):
            QWhatsThis.hideText()
            self.more_asked.emit(self._place)
            return True
        if kind == QEvent.Type.LeaveWhatsThisMode:
            application = QApplication.instance()
            if application is not None:
                application.removeEventFilter(self)
            self.asking_changed.emit(False)
        return False


def words_about(control: QWidget) -> str:
    """As rich text: the name and the tooltip of the control, or of what it stands in, and a link."""
    name, tip = "", ""
    for widget in _outwards(control):
        name = name or widget.accessibleName()
        tip = tip or widget.toolTip()
        if tip:
            break
    parts = [f"<b>{html.escape(name)}</b>"] if name and name != tip else []
    if tip:
        parts.append(html.escape(tip).replace("\n", "<br>"))
    parts.append(f'<a href="{_LINK}">More in the manual</a>')
    return "<p>" + "</p><p>".join(parts) + "</p>"


def names_around(control: QWidget) -> list[str]:
    """Object names of a control and of what it stands in, from within outwards."""
    return [widget.objectName() for widget in _outwards(control) if widget.objectName()]


def _outwards(control: QWidget) -> Iterator[QWidget]:
    widget: QWidget | None = control
    while widget is not None:
        yield widget
        widget = widget.parentWidget()
