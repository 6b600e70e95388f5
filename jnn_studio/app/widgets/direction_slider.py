"""A slider for a signed amount: drag, type, step, reset, play."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSlider,
    QWidget,
)

from jnn_studio.app.icons import IconButton
from jnn_studio.app.theme import GRID, scaled, theme, ui_font
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.app.widgets.number_box import NumberBox

STEPS = 1000
"""Slider positions on either side of zero."""
PLAY_MS = 33
PLAY_SECONDS = 4.0
"""Duration of one sweep from end to end and back."""
KNOB = 8
"""Radius of the slider's handle."""
LEAST_SLIDER = 20 * GRID
"""Width at which a slider can still be moved with care."""


class DirectionSlider(QWidget):
    """One row: name, note, slider centred on zero, typed value, reset, play.

    Arrow keys move by 1/100 of the range, with Page keys by 1/10; Home resets; double-click resets.

    Args:
        mark: stands between name and note, as high as the row.
    """

    valueChanged = Signal(float)
    focused = Signal()
    """The slider, or the field of its typed value, has the keyboard."""

    def __init__(self, label: str, object_name: str, mark: QWidget | None = None) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self._limit = 0.0
        self._value = 0.0
        self._phase = 0.0
        self._label = QLabel(label)
        self._label.setFont(ui_font(bold=True))
        self._label.setFixedWidth(scaled(28))
        self._note = QLabel()
        self._note.setFont(ui_font(0.92, digits=True))
        self._note.setTextFormat(Qt.TextFormat.RichText)
        # Of a fixed size, so that figures that change while something moves ask for no layout.
        self._note.setFixedSize(scaled(12 * GRID), scaled(3 * GRID))
        self._note_parts: tuple[tuple[str, str], ...] = ()
        theme().changed.connect(self._draw_note)
        self._mark = mark
        self._meaning = ElidingLabel(object_name=f"{object_name}.meaning")
        self._meaning.setFont(ui_font(0.92))
        self._meaning.hide()
        self._meaning_color = ""
        self.slider = _CentredSlider()
        self.slider.setObjectName(f"{object_name}.slider")
        self.slider.setRange(-STEPS, STEPS)
        self.slider.setSingleStep(STEPS // 100)
        self.slider.setPageStep(STEPS // 10)
        self.slider.setAccessibleName(f"Amount along {label}")
        self.slider.setToolTip(
            "Drag, or step with the arrow keys and Page Up, Page Down; double-click, Home or 0 resets"
        )
        self.slider.installEventFilter(self)
        self.spin = NumberBox(f"{object_name}.value")
        self.spin.setDecimals(3)
        self.spin.setSingleStep(0.005)
        self.spin.setKeyboardTracking(False)
        self.spin.setProperty("quiet", True)
        self.spin.setFixedWidth(scaled(8 * GRID))
        self.spin.setFont(ui_font(digits=True))
        self.spin.setAccessibleName(f"Amount along {label}, typed")
        self.spin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.spin.installEventFilter(self)
        self.spin.setToolTip("RMS change of the image, colour values in 0 … 1; type a value")
        self.reset_button = IconButton("reset", f"Put {label} back to zero", f"{object_name}.reset")
        self.play_button = IconButton("play", f"Play {label}: sweep it to and fro", f"{object_name}.play")
        self.play_button.setCheckable(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self._label)
        if mark is not None:
            row.addWidget(mark)
        row.addWidget(self._note)
        row.addWidget(self._meaning)
        row.addWidget(self.slider, 1)
        row.addWidget(self.spin)
        row.addWidget(self.reset_button)
        row.addWidget(self.play_button)
        self._timer = QTimer(self, interval=PLAY_MS)
        self._timer.timeout.connect(self._sweep)
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderPressed.connect(self.stop)
        self.spin.valueChanged.connect(self._typed)
        self.reset_button.clicked.connect(self.reset)
        self.play_button.toggled.connect(self._play)
        self.set_range(1.0)

    def value(self) -> float:
        """The signed amount."""
        return self._value

    def set_value(self, value: float, emit: bool = True) -> None:
        """Go to ``value``, within the range."""
        value = min(max(value, -self._limit), self._limit)
        if value == self._value:
            return
        self._value = value
        self._show()
        if emit:
            self.valueChanged.emit(value)

    def set_range(self, limit: float, emit: bool = True) -> None:
        """Both ends at ±``limit``; a value beyond is brought back, and told."""
        if limit == self._limit:
            return
        self._limit = limit
        with QSignalBlocker(self.spin):
            self.spin.setRange(-limit, limit)
        self.set_value(min(max(self._value, -limit), limit), emit)
        self._show()

    def set_note(self, parts: Sequence[tuple[str, str]], width: int = 12 * GRID) -> None:
        """Words beside the name, each as (text, colour role), in ``width`` pixels."""
        if tuple(parts) == self._note_parts and width == self._note.width():
            return
        self._note_parts = tuple(parts)
        self._note.setFixedWidth(width)
        self._draw_note()

    def set_meaning(self, text: str, role: str, width: int) -> None:
        """What moving along it does, in a word or two and in a colour role; ``width`` 0: nothing is said."""
        self._meaning.setFixedWidth(width)
        self._meaning.setText(text)
        color = theme().word_color(role).name()
        if color != self._meaning_color:  # dressing a widget anew takes long
            self._meaning_color = color
            self._meaning.setStyleSheet(f"color: {color}")
        self._meaning.setToolTip(text)
        self._meaning.setVisible(width > 0)

    def room_for_meaning(self, width: int) -> int:
        """Pixels of ``width`` that words may take beside a slider that can still be moved with care."""
        buttons = self.reset_button.sizeHint().width() + self.play_button.sizeHint().width()
        taken = self._label.width() + self._note.width() + self.spin.width() + buttons
        if self._mark is not None:
            taken += self._mark.minimumWidth() + GRID
        return width - taken - 6 * GRID - LEAST_SLIDER

    def toggle_play(self) -> None:
        """Begin or end playing."""
        self.play_button.toggle()

    def reset(self) -> None:
        """Back to zero."""
        self.stop()
        self.set_value(0.0)

    def stop(self) -> None:
        """End playing."""
        self.play_button.setChecked(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self.focused.emit()
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            # The wheel scrolls the list that the pointer happens to be over.
            event.ignore()
            return True
        if watched is self.spin:
            return False
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.reset()
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Home, Qt.Key.Key_0):
                self.reset()
                return True
            if event.key() == Qt.Key.Key_Space:
                self.toggle_play()
                return True
            self.stop()
        return super().eventFilter(watched, event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.stop()

    def _draw_note(self) -> None:
        words = [
            f'<span style="color:{theme().word_color(role).name()}">{html.escape(text)}</span>'
            for text, role in self._note_parts
        ]
        self._note.setText("&ensp;".join(words))

    def _show(self) -> None:
        with QSignalBlocker(self.slider), QSignalBlocker(self.spin):
            self.slider.setValue(round(self._value / self._limit * STEPS))
            self.spin.setValue(self._value)

    def _slid(self, position: int) -> None:
        self.set_value(position / STEPS * self._limit)

    def _typed(self, value: float) -> None:
        self.stop()
        self.set_value(value)

    def _play(self, on: bool) -> None:
        self.play_button.set_icon("pause" if on else "play")
        if on:
            # Start from where the slider is.
            self._phase = math.asin(self._value / self._limit)
            self._timer.start()
        else:
            self._timer.stop()

    def _sweep(self) -> None:
        self._phase += 2 * math.pi * PLAY_MS / (1000 * PLAY_SECONDS)
        self.set_value(self._limit * math.sin(self._phase))


class _CentredSlider(QSlider):
    """A horizontal slider filled from its middle, that goes where it is clicked."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(24)
        theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        y = self.height() / 2
        middle, knob = self.width() / 2, self._knob()
        painter.setBrush(theme().color("border"))
        painter.drawRoundedRect(QRectF(KNOB, y - 2, self.width() - 2 * KNOB, 4), 2, 2)
        painter.drawRect(QRectF(middle - 0.5, y - 7, 1, 14))
        painter.setBrush(theme().color("accent"))
        painter.drawRoundedRect(QRectF(min(middle, knob), y - 2, abs(knob - middle), 4), 2, 2)
        painter.setPen(
            QPen(theme().color("accent" if self.hasFocus() else "muted"), 2 if self.hasFocus() else 1)
        )
        painter.setBrush(theme().color("panel"))
        painter.drawEllipse(QPointF(knob, y), KNOB - 1, KNOB - 1)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._go(event.position().x())
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._go(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def _knob(self) -> float:
        share = (self.value() - self.minimum()) / (self.maximum() - self.minimum())
        return KNOB + share * (self.width() - 2 * KNOB)

    def _go(self, x: float) -> None:
        share = (x - KNOB) / max(1, self.width() - 2 * KNOB)
        self.setValue(round(self.minimum() + share * (self.maximum() - self.minimum())))
