"""What the monkey can do: real events on real widgets, each written down before it is made."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any, TextIO

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QMenuBar,
    QTabBar,
    QWidget,
)

_TEXTS = ("0", "0.5", "0,25", "-1", "99999", "1e9", "", "a", "é<b>", "x" * 300, "../x", "σ", "Face", "nan")
_KEYS = (
    Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.Key.Key_Right,
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageDown, Qt.Key.Key_Delete,
    Qt.Key.Key_Backspace, Qt.Key.Key_F2, Qt.Key.Key_Z, Qt.Key.Key_R, Qt.Key.Key_1, Qt.Key.Key_Plus,
)  # fmt: skip
_MODIFIERS = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
_LEAVING = ("action_quit", "quit_stop", "quit_discard")
_TEMPTING = (
    QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QTabBar, QAbstractItemView,
)  # fmt: skip


class Monkey:
    """Moves drawn from ``draw``, on the program's windows; files come from the folder ``things``."""

    def __init__(self, draw: Random, things: Path, done: TextIO) -> None:
        self._draw, self._done = draw, done
        self._things = sorted(things.rglob("*"))
        self._moves = (
            *(8 * [self._click]), *(3 * [self._key]), *(3 * [self._drag]), *(2 * [self._wheel]),
            *(2 * [self._type]), self._drop, self._page, self._action, self._double_click, self._menu_click,
        )  # fmt: skip

    def move(self) -> None:
        """One, whatever it is."""
        dialog = next(
            (w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible()), None
        )
        if dialog is not None:
            # Qt's own, which can also delete files: it is only ever answered.
            self._answer(dialog)
            return
        self._draw.choice(self._moves)()

    # --- where -------------------------------------------------------------------------------------

    def _root(self) -> QWidget | None:
        front = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if front is not None and self._draw.random() < 0.9:
            return front
        shown = [w for w in QApplication.topLevelWidgets() if w.isVisible() and w.isEnabled()]
        return self._draw.choice(shown) if shown else None

    def _target(self) -> QWidget | None:
        root = self._root()
        if root is None:
            return None
        found = [w for w in root.findChildren(QWidget) if w.isVisible() and w.isEnabled() and w.width() > 2]
        found = [w for w in found if w.objectName() not in _LEAVING and not isinstance(w, QMenuBar)]
        tempting = [w for w in found if isinstance(w, _TEMPTING)]
        if tempting and self._draw.random() < 0.8:
            return self._draw.choice(tempting)
        return self._draw.choice(found) if found else root

    def _point(self, widget: QWidget) -> QPoint:
        return QPoint(
            self._draw.randrange(max(1, widget.width())), self._draw.randrange(max(1, widget.height()))
        )

    def _note(self, what: str, widget: QWidget | None) -> None:
        kind = "" if widget is None else f"{type(widget).__name__} {widget.objectName()!r}"
        self._done.write(f"{what} {kind}\n")

    # --- what --------------------------------------------------------------------------------------

    def _click(self) -> None:
        widget = self._target()
        if widget is not None:
            right = self._draw.random() < 0.1
            self._note("right click" if right else "click", widget)
            button = Qt.MouseButton.RightButton if right else Qt.MouseButton.LeftButton
            QTest.mouseClick(widget, button, self._draw.choice(_MODIFIERS[:4]), self._point(widget))

    def _double_click(self) -> None:
        widget = self._target()
        if widget is not None:
            self._note("double click", widget)
            QTest.mouseDClick(widget, Qt.MouseButton.LeftButton, pos=self._point(widget))

    def _menu_click(self) -> None:
        """A context menu, which its next moves fall into."""
        widget = self._target()
        if widget is not None:
            self._note("menu", widget)
            QTest.mouseClick(widget, Qt.MouseButton.RightButton, pos=self._point(widget))

    def _key(self) -> None:
        widget = QApplication.focusWidget() or self._root()
        if widget is not None:
            key, modifier = self._draw.choice(_KEYS), self._draw.choice(_MODIFIERS)
            self._note(f"key {key.name} {modifier.name}", widget)
            QTest.keyClick(widget, key, modifier)

    def _type(self) -> None:
        widget = self._target()
        if isinstance(widget, QLineEdit | QAbstractSpinBox | QComboBox):
            text = self._draw.choice(_TEXTS)
            self._note(f"type {text!r}", widget)
            widget.setFocus()
            QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
            for letter in text:  # not QTest's: it knows ASCII alone
                for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                    key = Qt.Key.Key_unknown.value
                    QApplication.sendEvent(widget, QKeyEvent(kind, key, _MODIFIERS[0], letter))
            QTest.keyClick(widget, Qt.Key.Key_Return)

    def _drag(self) -> None:
        widget = self._target()
        if widget is None:
            return
        self._note("drag", widget)
        alive = _Alive(widget)
        start = self._point(widget)
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=start)
        for _ in range(self._draw.randint(1, 6)):
            if alive:
                QTest.mouseMove(widget, self._point(widget))
                QApplication.processEvents()
        if alive:
            QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=self._point(widget))

    def _wheel(self) -> None:
        widget = self._target()
        if widget is not None:
            self._note("wheel", widget)
            point = QPointF(self._point(widget))
            QApplication.sendEvent(
                widget,
                QWheelEvent(
                    point,
                    QPointF(widget.mapToGlobal(point.toPoint())),
                    QPoint(),
                    QPoint(0, self._draw.choice((-960, -120, 120, 960))),
                    Qt.MouseButton.NoButton,
                    self._draw.choice(_MODIFIERS),
                    Qt.ScrollPhase.NoScrollPhase,
                    False,
                ),
            )

    def _drop(self) -> None:
        root = self._root()
        accepting = (
            [w for w in root.findChildren(QWidget) if w.acceptDrops() and w.isVisible()] if root else []
        )
        if not accepting:
            return
        widget = self._draw.choice(accepting)
        paths = self._draw.sample(self._things, self._draw.choice((1, 1, 1, 3)))
        self._note(f"drop {[path.name for path in paths]}", widget)
        data = QMimeData()
        if self._draw.random() < 0.9:
            data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        else:
            data.setText("https://example.org/<b>")
        point, left, bare = self._point(widget), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        entering = QDragEnterEvent(point, Qt.DropAction.CopyAction, data, left, bare)
        QApplication.sendEvent(widget, entering)
        if not entering.isAccepted():
            return
        QApplication.sendEvent(widget, QDragMoveEvent(point, Qt.DropAction.CopyAction, data, left, bare))
        if self._draw.random() < 0.2:
            QApplication.sendEvent(widget, QDragLeaveEvent())
        else:
            QApplication.sendEvent(
                widget, QDropEvent(QPointF(point), Qt.DropAction.CopyAction, data, left, bare)
            )

    def _page(self) -> None:
        window = self._window()
        if window is not None and window.isEnabled():
            title = self._draw.choice([spec.title for spec in window._specs])
            self._note(f"page {title}", None)
            window.show_workspace(title)

    def _action(self) -> None:
        """Something from the menus, by whatever way it is reached; a new theme, for example."""
        window = self._window()
        if window is None or not window.isEnabled() or QApplication.activeModalWidget() is not None:
            return
        actions = [a for _, a in window._all_actions() if a.isEnabled() and a.objectName() not in _LEAVING]
        if actions:
            action: QAction = self._draw.choice(actions)
            self._note(f"action {action.text()!r}", None)
            action.trigger()

    def _answer(self, dialog: QFileDialog) -> None:
        if self._draw.random() < 0.3:
            self._note("cancel", dialog)
            dialog.reject()
            return
        saving = dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
        path = (
            str(Path.cwd() / f"saved {self._draw.randrange(3)}")
            if saving
            else str(self._draw.choice(self._things))
        )
        self._note(f"answer {path}", dialog)
        dialog.reject()
        dialog.fileSelected.emit(path)

    def _window(self) -> Any:
        return next((w for w in QApplication.topLevelWidgets() if w.objectName() == "main_window"), None)


class _Alive:
    """Whether a widget is still there."""

    def __init__(self, widget: QWidget) -> None:
        self._alive = True
        widget.destroyed.connect(self._gone)

    def __bool__(self) -> bool:
        return self._alive

    def _gone(self) -> None:
        self._alive = False
