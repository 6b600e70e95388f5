"""Where Tab goes: from control to control as one reads, whatever was made first.

Qt's own order is the order in which widgets were made. Panels that somebody has moved, pictures that come
with their models, and panels behind others have no sensible place in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QDockWidget, QScrollArea, QWidget


def move_focus(window: QWidget, forward: bool) -> bool | None:
    """Move the keyboard on within a window, and whether there is where to.

    None where a person has told the system what Tab may reach: Qt knows that, and is to be asked.
    """
    if QApplication.styleHints().tabFocusBehavior() != Qt.TabFocusBehavior.TabFocusAllControls:
        return None
    control = next_control(window, forward)
    if control is None:
        return False
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    control.setFocus(reason)
    bring_into_view(control)
    return True


def next_control(window: QWidget, forward: bool) -> QWidget | None:
    """The control after, or before, the one that has the focus; the first again after the last."""
    controls, focus = list(controls_in_order(window)), window.focusWidget()
    if not controls:
        return None
    if focus in controls:
        return controls[(controls.index(focus) + (1 if forward else -1)) % len(controls)]
    inside = [control for control in controls if focus is not None and focus.isAncestorOf(control)]
    return (inside or controls)[0 if forward else -1]


def controls_in_order(within: QWidget) -> Iterator[QWidget]:
    """Controls that Tab may reach, each before what stands in it."""
    # Not `children()`: it makes wrappers of layouts, and what lies in one is then taken for deleted.
    children = within.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    for child in in_reading_order([child for child in children if _counts(child)]):
        if child.isEnabled() and child.focusProxy() is None and _is_reached(child):
            yield child
        yield from controls_in_order(child)


def in_reading_order(widgets: Sequence[QWidget]) -> list[QWidget]:
    """Of widgets with one parent: bands from above, in a band columns from the left, in those bands again."""
    return _cut(list(widgets), down=True, again=True)


def bring_into_view(control: QWidget) -> None:
    """Scroll everything that it lies in."""
    around = control.parentWidget()
    while around is not None:
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(control)
        around = around.parentWidget()


def _counts(widget: QWidget) -> bool:
    """Whether somebody sees it, or may scroll to it: panels behind others lie outside their window."""
    if widget.isWindow() or widget.isHidden() or widget.size().isEmpty():
        return False
    parent = widget.parentWidget()
    if parent is None or not isinstance(widget, QDockWidget):
        return True
    return widget.geometry().intersects(parent.rect())


def _is_reached(widget: QWidget) -> bool:
    """Of buttons of which one is down, that one: the arrow keys lead to the others."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    if group is None or not group.exclusive() or group.checkedButton() is None:
        return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    # Qt itself takes Tab from all but the one that had the focus last.
    return widget is group.checkedButton() and any(
        button.focusPolicy() & Qt.FocusPolicy.TabFocus for button in group.buttons()
    )


def _cut(widgets: list[QWidget], down: bool, again: bool) -> list[QWidget]:
    """Part them wherever a straight line does; ``again``: the other way has not failed yet."""
    if len(widgets) < 2:
        return widgets
    spans = sorted(((*_span(w.geometry(), down), number) for number, w in enumerate(widgets)))
    parts, reach = [[widgets[spans[0][2]]]], spans[0][1]
    for (_, _, _), (begin, end, number) in pairwise(spans):
        if begin >= reach:
            parts.append([])
        parts[-1].append(widgets[number])
        reach = max(reach, end)
    if len(parts) > 1:
        return [widget for part in parts for widget in _cut(part, not down, True)]
    if again:
        return _cut(widgets, not down, False)
    return sorted(widgets, key=lambda widget: (widget.y(), widget.x()))


def _span(rect: QRect, down: bool) -> tuple[int, int]:
    return (rect.top(), rect.bottom()) if down else (rect.left(), rect.right())
