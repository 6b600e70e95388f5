"""The bar above the sliders: how to move, and what to do with where one has arrived."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.number_box import NumberBox
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.workspaces.explore.walking.direction_menu import DirectionActions
from jnn_studio.explore.scene.renderer import Scene
from jnn_studio.explore.state import ExploreState


class WalkBar(QWidget):
    """Straight or curved; matched or not; whose sliders; the range; buttons for the actions of a walk."""

    mode_chosen = Signal(str)
    matched_chosen = Signal(bool)
    limit_changed = Signal(float)
    walker_chosen = Signal(str)
    """Whose walk the sliders show: empty for the linked models, else a column's key."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("explore.walk_bar")
        self._walkers: list[tuple[str, str]] = []
        self.mode = SegmentedControl(
            {
                "straight": (
                    "Straight",
                    "z = h(x) + Σ α_d u_d: straight rays along the directions at the base",
                ),
                "curved": (
                    "Curved",
                    "Follow each direction as it turns, its Jacobian taken anew along the way",
                ),
            },
            "explore.mode",
            "Way to move",
        )
        self.mode.currentChanged.connect(self.mode_chosen)
        self.matched = QToolButton(objectName="explore.matched")
        self.matched.setText("Match")
        self.matched.setCheckable(True)
        self.matched.setToolTip(
            "Match directions: pair each direction of the other models with the first model's, by the cosine "
            "of what they do to the picture. The sliders then show |cos| instead of σ."
        )
        self.matched.setAccessibleName("Match directions")
        self.matched.toggled.connect(self.matched_chosen)
        self.agreement = QLabel(objectName="explore.agreement")
        self.agreement.setFont(ui_font(0.92, digits=True))
        self.agreement.setToolTip(
            "Mean |cos| of the matched directions: 1 where the models agree, 0 where they do not"
        )
        self.whose = QComboBox(objectName="explore.whose")
        self.whose.setToolTip("Whose walk the sliders show and change")
        self.whose.setAccessibleName("Whose walk")
        self.whose.activated.connect(lambda _: self.walker_chosen.emit(self.whose.currentData()))
        self.limit = NumberBox("explore.limit")
        self.limit.setRange(0.01, 0.3)
        self.limit.setSingleStep(0.01)
        self.limit.setDecimals(2)
        self.limit.setPrefix("± ")
        self.limit.setKeyboardTracking(False)
        self.limit.setAccessibleName("Range")
        self.limit.setToolTip(
            "Range: how far the sliders reach, as RMS change of the image at their ends, for colours in "
            "0 … 1.\nAll models are calibrated to it, whatever the scale of their latents."
        )
        self.limit.valueChanged.connect(self.limit_changed)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, GRID, 0)
        whole.setSpacing(GRID // 2)
        row, self._second = QHBoxLayout(), QWidget()
        self._row = row
        row.setSpacing(GRID)
        whole.addLayout(row)
        whole.addWidget(self._second)
        second = QHBoxLayout(self._second)
        second.setContentsMargins(0, 0, 0, 0)
        second.setSpacing(GRID)
        label = QLabel("&Sliders of")
        label.setBuddy(self.whose)
        second.addWidget(label)
        second.addWidget(self.whose)
        second.addStretch(1)
        row.addWidget(self.mode)
        row.addWidget(self.matched)
        row.addWidget(self.agreement)
        row.addStretch(1)
        row.addWidget(self.limit)

    def offer(self, directions: DirectionActions, actions: list[QAction], more: list[QAction]) -> None:
        """A menu of what the directions are, a button for each of ``actions``, a menu with ``more``."""
        kinds = QToolButton(objectName="explore.kinds")
        kinds.setText("Which…")
        kinds.setProperty("menu_button", True)
        kinds.setToolTip(
            "Which directions: of this image or of all, of a region of the picture, by which basis, how many"
        )
        kinds.setAccessibleName("Which directions")
        kinds.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        kinds.setMenu(directions.menu(kinds))
        self._row.insertWidget(1, kinds)
        for action in actions:
            self._row.addWidget(_button(action))
        menu = QToolButton(objectName="explore.more")
        menu.setText("More…")
        menu.setProperty("menu_button", True)
        menu.setToolTip("More ways to move")
        menu.setAccessibleName("More ways to move")
        menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu.addActions(more)
        self._row.addWidget(menu)

    def show_state(self, state: ExploreState, whose: str, names: dict[str, str]) -> None:
        """Put the controls where the state says; ``names`` are the captions of columns."""
        with QSignalBlocker(self.mode), QSignalBlocker(self.matched), QSignalBlocker(self.limit):
            self.mode.current = state.mode
            self.matched.setChecked(state.matched)
            if self.limit.value() != state.limit:  # drawn anew even if it is the same
                self.limit.setValue(state.limit)
        self.matched.setEnabled(len(state.columns) > 1)
        free = [column for column in state.columns if not column.linked]
        self._second.setVisible(bool(free))
        walkers = [("Linked models", "")] if len(free) < len(state.columns) else []
        walkers += [(names.get(column.key, column.name or column.key), column.key) for column in free]
        with QSignalBlocker(self.whose):
            if walkers != self._walkers:  # not at every movement of a slider
                self._walkers = walkers
                self.whose.clear()
                for text, key in walkers:
                    self.whose.addItem(text, key)
            self.whose.setCurrentIndex(max(0, self.whose.findData(whose)))

    def show_scene(self, scene: Scene) -> None:
        """How well the matched directions agree."""
        cosines = [abs(float(c)) for view in scene.columns if view.match for c in view.match.cosine[:8]]
        self.agreement.setVisible(bool(cosines))
        if cosines:
            self.agreement.setText(f"|cos| {sum(cosines) / len(cosines):.2f}")


def _button(action: QAction) -> QToolButton:
    button = QToolButton(objectName=f"{action.objectName()}.button")
    button.setDefaultAction(action)
    return button
