"""What the Fusion style cannot be told through a palette: rounded fields, thin borders, the focus ring.

Fonts are deliberately absent: a font rule here would override the fonts widgets set themselves. The arrows
are mid-tone drawings that read on both themes.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

from jnn_studio.app.colors import Colors

_ICONS = Path(__file__).parent / "icons"

_TEMPLATE = Template("""
QToolTip { background: $panel; color: $text; border: 1px solid $border; padding: 4px 6px; }

QFrame[panel="true"] { background: $panel; border: 1px solid $border; border-radius: 6px; }
QLabel[tone="muted"] { color: $muted; }
QLabel[tone="danger"] { color: $danger; }
QLabel[tone="warning"] { color: $warning; }
QLabel[tone="success"] { color: $success; }

QPushButton, QComboBox, QLineEdit, QAbstractSpinBox {
    background: $panel; border: 1px solid $outline; border-radius: 6px;
    padding: 4px 8px; min-height: ${field_height}px;
    selection-background-color: $accent; selection-color: $accent_text;
}
QLineEdit, QAbstractSpinBox { background: $field; }
/* Qt 6.11 loses a spin box's left padding: numbers stand at the right, clear of the border. */
QAbstractSpinBox { qproperty-alignment: "AlignRight | AlignVCenter"; }
QAbstractSpinBox[quiet="true"] { background: transparent; border-color: transparent; padding: 2px 6px; }
QAbstractSpinBox[quiet="true"]:hover { background: $field; border-color: $outline; }
QPushButton { padding: 4px 16px; }
QPushButton:hover, QComboBox:hover { background: $hover; }
QPushButton:pressed, QPushButton:checked { background: $border; }
QPushButton:checked { border-color: $accent; }
QPushButton:default, QPushButton[primary="true"] {
    background: $accent; color: $accent_text; border-color: $accent;
}
QPushButton:default:hover, QPushButton[primary="true"]:hover { border-color: $text; }
QPushButton:disabled, QComboBox:disabled, QLineEdit:disabled, QAbstractSpinBox:disabled {
    background: $window; border-color: $border;
}
QPushButton:disabled { color: $muted; }
QPushButton:focus, QComboBox:focus, QLineEdit:focus, QAbstractSpinBox:focus {
    border: 2px solid $accent; padding: 3px 7px;
}
QPushButton:focus { padding: 3px 15px; }
QAbstractSpinBox[quiet="true"]:focus { background: $field; border: 2px solid $accent; padding: 1px 5px; }
QPushButton:default:focus, QPushButton[primary="true"]:focus { border-color: $text; }
QLineEdit[invalid="true"], QComboBox[invalid="true"] { border-color: $danger; }

QToolButton {
    background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 3px;
}
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $hover; border-color: $outline; }
QToolButton:focus { border: 2px solid $accent; padding: 2px; }

QToolButton[link="true"] { color: $accent; }
QToolButton[menu_button="true"]::menu-indicator { image: none; width: 0; }

QFrame[segmented="true"] { background: $hover; border-radius: 6px; }
#rail QPushButton { min-height: ${rail_height}px; padding: 0; border: none; }

QFrame[segmented="true"] QPushButton {
    background: transparent; border: 1px solid transparent; border-radius: 5px;
    color: $muted; padding: 2px 8px; min-height: ${segment_height}px;
}
QFrame[segmented="true"] QPushButton:hover { color: $text; }
QFrame[segmented="true"] QPushButton:checked { background: $panel; border-color: $outline; color: $text; }
QFrame[segmented="true"] QPushButton:focus { border: 2px solid $accent; padding: 1px 7px; }

QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url($icons/chevron-down.svg); width: 12px; height: 12px; }
/* A list below the field: over it, Qt cuts the list by the frames of the list and of what holds it. */
QComboBox { combobox-popup: 0; }
QComboBox QAbstractItemView, QComboBox QAbstractItemView:focus {
    background: $panel; border: 1px solid $border; border-radius: 0; outline: none;
}
QComboBox QAbstractItemView::item { min-height: ${row_height}px; padding: 0 8px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    border: none; background: transparent; width: 18px; subcontrol-origin: border;
}
QAbstractSpinBox::up-button { subcontrol-position: top right; margin: 2px 2px 0 0; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin: 0 2px 2px 0; }
QAbstractSpinBox::up-arrow { image: url($icons/chevron-up.svg); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url($icons/chevron-down.svg); width: 10px; height: 10px; }
QAbstractSpinBox[quiet="true"]::up-button, QAbstractSpinBox[quiet="true"]::down-button { width: 6px; }
QAbstractSpinBox[quiet="true"]::up-arrow, QAbstractSpinBox[quiet="true"]::down-arrow { image: none; }

QCheckBox, QRadioButton { spacing: 8px; }
QCheckBox::indicator, QRadioButton::indicator {
    width: 14px; height: 14px; border: 1px solid $muted; background: $field;
}
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($icons/$check.svg); }
QRadioButton::indicator:checked { border: 5px solid $accent; width: 6px; height: 6px; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus {
    border: 2px solid $accent; width: 12px; height: 12px;
}
QRadioButton::indicator:checked:focus { border: 5px solid $accent; width: 6px; height: 6px; }
QCheckBox:focus, QRadioButton:focus { color: $accent; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $border; }

QSlider:horizontal { min-height: 24px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $border; }
QSlider::sub-page:horizontal { border-radius: 2px; background: $accent; }
QSlider::handle:horizontal {
    width: 14px; height: 14px; margin: -6px 0;
    border-radius: 8px; border: 1px solid $muted; background: $panel;
}
QSlider::handle:horizontal:hover { border-color: $accent; }
QSlider::handle:horizontal:focus { border: 2px solid $accent; width: 12px; height: 12px; }
QSlider::handle:horizontal:disabled, QSlider::sub-page:horizontal:disabled { background: $border; }

QProgressBar {
    background: $border; border: none; border-radius: 4px;
    min-height: 8px; max-height: 8px; color: transparent;
}
QProgressBar::chunk { background: $accent; border-radius: 4px; }

QGroupBox {
    border: 1px solid $border; border-radius: 6px; margin-top: 20px; padding: 8px; background: $panel;
}
QGroupBox::title { subcontrol-origin: margin; subcontrol-position: top left; padding: 0 2px; color: $muted; }

QTabWidget::pane { border: 1px solid $border; border-radius: 6px; background: $panel; }
QTabBar { qproperty-drawBase: 0; }
QTabBar::tab { padding: 6px 14px; border: none; border-bottom: 2px solid transparent; color: $muted; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:focus { background: $hover; border-radius: 4px; }

QMenuBar { background: $window; padding: 2px 4px; }
QMenuBar::item { padding: 4px 10px; border-radius: 6px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $panel; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu::icon { padding-left: 8px; }
QMenu::item:selected { background: $hover; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QMenu::indicator { width: 14px; height: 14px; margin-left: 6px; border-radius: 4px; }
QMenu::indicator:exclusive { border-radius: 8px; }
QMenu::indicator:exclusive:unchecked { border: 1px solid $muted; }
QMenu::indicator:exclusive:checked { border: 5px solid $accent; width: 6px; height: 6px; }
QMenu::indicator:non-exclusive:unchecked { border: 1px solid $muted; }
QMenu::indicator:non-exclusive:checked {
    background: $accent; border: 1px solid $accent; image: url($icons/check.svg);
}

QAbstractItemView { background: $field; alternate-background-color: $window; border: 1px solid $border;
    border-radius: 6px; selection-background-color: $accent; selection-color: $accent_text; }
QHeaderView::section { background: $window; color: $muted; border: none; border-bottom: 1px solid $border;
    padding: 4px 8px; }
QPlainTextEdit, QTextEdit { background: $field; border: 1px solid $border; border-radius: 6px; }
QAbstractItemView:focus, QPlainTextEdit:focus, QTextEdit:focus { border: 1px solid $accent; }

QScrollArea { background: transparent; border: none; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 12px; }
QScrollBar:horizontal { height: 12px; }
QScrollBar::handle { background: $outline; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {
    background: transparent; border: none; width: 0; height: 0;
}

QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: $border; }
QMainWindow::separator { background: transparent; width: 8px; height: 8px; }
QMainWindow::separator:hover { background: $border; }
QDockWidget { titlebar-close-icon: url($icons/close.svg); titlebar-normal-icon: url($icons/float.svg); }
QDockWidget::title { background: $window; color: $muted; padding: 4px 8px; }
QStatusBar { background: $window; color: $muted; border-top: 1px solid $border; }
QStatusBar::item { border: none; }
QStatusBar QLabel { padding: 2px 8px; }
QStatusBar QToolButton { padding: 0 7px; color: $muted; }
QStatusBar QToolButton:focus { padding: 0 6px; }

#command_palette QTreeView { background: transparent; border: none; outline: none; }
#command_palette QTreeView::item { padding: 4px 8px; }
""")


HEIGHTS = {"field_height": 20, "segment_height": 18, "row_height": 24, "rail_height": 64}
"""Of what holds a line of text, in pixels, where text has the system's size."""


def stylesheet(colors: Colors, scale: float = 1.0) -> str:
    """The application's style sheet in the given colours, for text of a size."""
    roles: dict[str, str | int] = {
        name: value for name, value in vars(colors).items() if isinstance(value, str)
    }
    check = "check" if colors.accent_text == "#ffffff" else "check-dark"
    heights = {name: round(pixels * scale) for name, pixels in HEIGHTS.items()}
    return _TEMPLATE.substitute({**roles, **heights}, icons=_ICONS.as_posix(), check=check)
