"""The sliders: one for each of the first directions, moving all linked models."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from jnn_studio.app.theme import GRID, theme
from jnn_studio.app.widgets.direction_slider import DirectionSlider
from jnn_studio.app.workspaces.explore.walking.blend_row import BlendRow
from jnn_studio.app.workspaces.explore.walking.walk_bar import WalkBar
from jnn_studio.base.text import printable
from jnn_studio.explore.renderer import ColumnView, Scene
from jnn_studio.explore.state import DIRECTIONS, ExploreState, FileImage

ROOM_FOR_NAMES = 760
"""Width from which what a direction does stands beside its slider."""

SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"


class DirectionSliders(QWidget):
    """Sliders d = 1 … 8 with the singular values of each model beside them."""

    amount_changed = Signal(int, float)
    picked = Signal(int)
    """A direction was given the focus: it is the one to explain."""

    def __init__(self, bar: WalkBar) -> None:
        super().__init__()
        self.setObjectName("explore.directions")
        self.bar = bar
        self.blend = BlendRow()
        rows = QWidget()
        column = QVBoxLayout(rows)
        column.setContentsMargins(0, 0, GRID, 0)
        column.setSpacing(0)
        column.addWidget(self.blend)
        self.sliders: list[DirectionSlider] = []
        self._meanings = [("", "muted")] * DIRECTIONS
        theme().changed.connect(self._show_meanings)
        for d in range(DIRECTIONS):
            slider = DirectionSlider(f"u{SUBSCRIPTS[d + 1]}", object_name=f"explore.slider.{d + 1}")
            slider.valueChanged.connect(lambda value, d=d: self.amount_changed.emit(d, value))
            slider.focused.connect(lambda d=d: self.picked.emit(d))
            column.addWidget(slider)
            self.sliders.append(slider)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(rows)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(GRID, GRID // 2, 0, GRID // 2)
        whole.setSpacing(GRID // 2)
        whole.addWidget(bar)
        whole.addWidget(area, 1)

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
        for d, slider in enumerate(self.sliders):
            slider.set_range(state.limit, emit=False)
            slider.set_value(walk.amount(d, state.mode), emit=False)
        towards = state.towards
        label = ""
        if towards is not None:
            image = towards.image
            label = printable(image.path.name) if isinstance(image, FileImage) else f"image {image.index}"
        self.blend.show_towards(towards, label)

    def show_scene(self, scene: Scene, names: list[list[str]] | None = None) -> None:
        """The models' singular values beside each slider; sliders beyond the latents' dimensions go.

        ``names`` are what the directions mean, by column.
        """
        k = max(view.place.directions.shape[1] for view in scene.columns)
        for d, slider in enumerate(self.sliders):
            slider.setVisible(d < k)
            if d >= k:
                continue
            matched = scene.state.matched and len(scene.columns) > 1
            parts = [("|cos|" if matched else "σ", "muted")]
            parts += [(_figure(view, d), view.role) for view in scene.columns if not matched or view.match]
            slider.set_note(parts, 40 * max(2, len(parts) - 1) + 16)
            slider.setToolTip(_explain(scene, d, names))
            known = [(n[d], v.role) for n, v in zip(names or [], scene.columns, strict=False) if d < len(n)]
            # One name has room: that of the last model, which of the bundled pair is the regularised one.
            self._meanings[d] = known[-1] if known else ("", "muted")
        self._show_meanings()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_meanings()

    def _show_meanings(self) -> None:
        """Beside the sliders, where there is room, in the colours of the theme."""
        room = self.width() >= ROOM_FOR_NAMES
        for slider, (text, role) in zip(self.sliders, self._meanings, strict=True):
            slider.set_meaning(text if room else "", role, width=self.width() // 6)


def _figure(view: ColumnView, d: int) -> str:
    if d >= view.place.directions.shape[1]:
        return "–"
    if view.match is not None:
        return f"{abs(float(view.match.cosine[d])):.2f}"
    here = view.moved.here
    sigma = here.sigma if here is not None else view.place.sigma
    return f"{sigma[d]:.0f}" if sigma[d] >= 10 else f"{sigma[d]:#.2g}"


def _explain(scene: Scene, d: int, names: list[list[str]] | None) -> str:
    lines = [f"Direction {d + 1} at this image. Unit: RMS change of the image."]
    for i, view in enumerate(scene.columns):
        if d >= view.place.directions.shape[1]:
            continue
        words = f"{view.caption}: σ = {view.place.sigma[d]:.4g}"
        if view.match is not None:
            words += f", |cos| {abs(float(view.match.cosine[d])):.3f} (its u{view.match.order[d] + 1})"
        if names and i < len(names) and d < len(names[i]) and names[i][d]:
            words += f", {names[i][d]}"
        lines.append(words)
    return "\n".join(lines)
