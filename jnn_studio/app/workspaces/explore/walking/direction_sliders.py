"""The sliders: one for each of the first directions, moving all linked models."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.app.widgets.direction_slider import DirectionSlider
from jnn_studio.app.workspaces.explore.walking.blend_row import BlendRow
from jnn_studio.app.workspaces.explore.walking.figures import brackets, explain, explain_groups, figures
from jnn_studio.app.workspaces.explore.walking.group_mark import GroupMark
from jnn_studio.app.workspaces.explore.walking.region_row import RegionRow
from jnn_studio.app.workspaces.explore.walking.walk_bar import WalkBar
from jnn_studio.base.text import printable
from jnn_studio.explore.scene.renderer import Scene
from jnn_studio.explore.state import DIRECTIONS, ExploreState, FileImage

SHORTEST_NAME = 9 * GRID
"""Room from which on what a direction does stands beside its slider."""

SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"


class DirectionSliders(QWidget):
    """Sliders d = 1, 2, … with the singular values of each model beside them."""

    amount_changed = Signal(int, float)
    picked = Signal(int)
    """A direction was given the focus: it is the one to explain."""

    def __init__(self, bar: WalkBar) -> None:
        super().__init__()
        self.setObjectName("explore.directions")
        self.bar = bar
        self.blend = BlendRow()
        self.region = RegionRow()
        rows = QWidget()
        self._rows = QVBoxLayout(rows)
        self._rows.setContentsMargins(0, 0, GRID, 0)
        self._rows.setSpacing(0)
        self._rows.addWidget(self.blend)
        self._rows.addWidget(self.region)
        self.sliders: list[DirectionSlider] = []
        self._marks: list[GroupMark] = []
        self._meanings: list[tuple[str, str]] = []
        self._widest = 0
        """Of what directions did lately: while it is worked out anew, its place stays as wide as it was."""
        theme().changed.connect(self._show_meanings)
        self._make(DIRECTIONS)
        self._rows.addStretch(1)
        self._area = area = QScrollArea()
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it scrolls to the slider that has the focus
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(rows)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(GRID, GRID // 2, 0, GRID // 2)
        whole.setSpacing(GRID // 2)
        whole.addWidget(bar)
        whole.addWidget(area, 1)

    def _make(self, count: int) -> None:
        """Sliders for the first ``count`` directions; those there are stay."""
        for d in range(len(self.sliders), count):
            name = f"explore.slider.{d + 1}"
            mark = GroupMark(f"{name}.group")
            slider = DirectionSlider(f"u{_subscript(d + 1)}", object_name=name, mark=mark)
            slider.valueChanged.connect(lambda value, d=d: self.amount_changed.emit(d, value))
            slider.focused.connect(lambda d=d: self.picked.emit(d))
            self._rows.insertWidget(2 + d, slider)
            self.sliders.append(slider)
            self._marks.append(mark)
            self._meanings.append(("", "muted"))

    def pick(self, direction: int) -> None:
        """Give a slider the focus."""
        self.sliders[direction].slider.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def play(self) -> None:
        """Play or stop the slider with the focus, or the first one."""
        focused = (s for s in self.sliders if s.slider.hasFocus() or s.spin.hasFocus())
        next(focused, self.sliders[0]).toggle_play()

    def show_state(self, state: ExploreState, whose: str) -> None:
        """Put the sliders where the state says: those of the linked models, or of the column ``whose``."""
        walk = state.column(whose).walk if whose else state.walk
        self._make(state.shown)
        for slider in self.sliders[state.shown :]:
            slider.hide()
        for d, slider in enumerate(self.sliders):
            slider.set_range(state.limit, emit=False)
            slider.set_value(walk.amount(d, state.mode), emit=False)
        towards = state.towards
        label = ""
        if towards is not None:
            image = towards.image
            label = printable(image.path.name) if isinstance(image, FileImage) else f"image {image.index}"
        self.blend.show_towards(towards, label)
        self.region.show_region(state.region)

    def show_scene(self, scene: Scene, names: list[list[str]] | None = None) -> None:
        """The models' singular values beside each slider; sliders beyond the latents' dimensions go.

        ``names`` are what the directions mean, by column.
        """
        k = min(scene.state.shown, max(view.place.directions.shape[1] for view in scene.columns))
        marks = brackets(scene, k)
        for d, slider in enumerate(self.sliders):
            slider.setVisible(d < k)
            if d >= k:
                self._meanings[d] = ("", "muted")
                continue
            parts = figures(scene, d)
            slider.set_note(parts, 40 * max(2, len(parts) - 1) + 16)
            slider.setToolTip(explain(scene, d, names))
            self._marks[d].show_marks(marks[d], explain_groups(scene, d, k) if any(marks[d]) else "")
            known = [(n[d], v.role) for n, v in zip(names or [], scene.columns, strict=False) if d < len(n)]
            # One name has room: that of the last model, which of the bundled pair is the regularised one.
            self._meanings[d] = known[-1] if known else ("", "muted")
        self._show_meanings()

    def forget_names(self) -> None:
        """Other images: what directions do is to be found out anew, if it can be."""
        self._meanings = [("", "muted")] * len(self.sliders)
        self._widest = 0
        self._show_meanings()

    @property
    def has_room_for_names(self) -> bool:
        """Whether what a direction does can stand beside its slider."""
        return self._room >= SHORTEST_NAME

    @property
    def _room(self) -> int:
        """For a name, by the width that rows have once they have been laid out in it."""
        beside = self._area.verticalScrollBar().sizeHint().width() + 2 * GRID
        return self.sliders[0].room_for_meaning(self.width() - beside)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_meanings()

    def _show_meanings(self) -> None:
        """Beside the sliders, as wide as the widest needs and there is room for, in the theme's colours."""
        metrics = QFontMetrics(ui_font(0.92))
        widest = max(metrics.horizontalAdvance(text) for text, _ in self._meanings)
        self._widest = widest + GRID if widest else self._widest
        width = min(self._widest, self._room) if self.has_room_for_names else 0
        for slider, (text, role) in zip(self.sliders, self._meanings, strict=True):
            slider.set_meaning(text, role, width)


def _subscript(number: int) -> str:
    return "".join(SUBSCRIPTS[int(digit)] for digit in str(number))
