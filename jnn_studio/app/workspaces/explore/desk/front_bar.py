"""The slider along a front of models: the columns change, the image and the walk stay."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.icons import IconButton
from jnn_studio.app.theme import GRID, scaled, ui_font
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.app.workspaces.explore.desk.desk import ExploreDesk
from jnn_studio.app.workspaces.explore.desk.opened import KEPT_MODELS, FoundModels
from jnn_studio.base.text import printable
from jnn_studio.base.watch import Watch
from jnn_studio.explore.columns.front_walk import Front
from jnn_studio.explore.state import MAX_COLUMNS, ExploreState
from jnn_studio.models.weights import LoadedModel

_MERGE = 1002
"""All that the slider does at a stretch is one step of the history."""


class FrontBar(QWidget):
    """There only while models of a front are in view.

    Signals:
        failed: (title, Failure) they cannot be opened.
    """

    failed = Signal(str, object)

    def __init__(self, context: AppContext, desk: ExploreDesk) -> None:
        super().__init__()
        self.setObjectName("explore.front")
        self._context, self._desk = context, desk
        self.front: Front | None = None
        self._index = 0
        self.title = ElidingLabel(object_name="explore.front.title")
        self.title.setFont(ui_font(bold=True))
        self.title.setFixedWidth(scaled(18 * GRID))
        fewer, more = QLabel("fewer directions"), QLabel("more")
        self.slider = QSlider(Qt.Orientation.Horizontal, objectName="explore.front.slider")
        self.slider.setAccessibleName("Along the front")
        self.slider.setToolTip(
            "Another model of the front between its neighbours; the image and the sliders stay as they are"
        )
        self.slider.setPageStep(1)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setTickInterval(1)
        self.words = ElidingLabel(object_name="explore.front.words")
        self.words.setFont(ui_font(digits=True))
        self.words.setFixedWidth(scaled(40 * GRID))
        close = IconButton("close", "Put the slider along the front away", "explore.front.close")
        close.clicked.connect(lambda: self._take(None))
        for label in (fewer, more):
            label.setProperty("tone", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, GRID // 2, GRID, 0)
        row.setSpacing(GRID)
        for widget, stretch in (
            (self.title, 0), (fewer, 0), (self.slider, 1), (more, 0), (self.words, 0), (close, 0),
        ):  # fmt: skip
            row.addWidget(widget, stretch)
        self.hide()
        self.slider.valueChanged.connect(self._slide)
        desk.state_changed.connect(self._show_state)

    def walk(self, front: Front, index: int) -> None:
        """Show the model at ``index`` between its neighbours; where the front is in view, walks stay."""
        if front == self.front and not self.isHidden():
            self.slider.setValue(index)
            return
        wanted = [model.where for model in front.in_view(index)]

        def show(found: FoundModels) -> None:
            self._take(front)
            self._index = index
            columns = front.columns(index)
            self._desk.live.unfollow()
            self._desk.opened.keep({column.where: found.models[column.where] for column in columns})
            self._desk.show_columns(columns, found.data, "walk along a front")
            self._open_ahead(front)

        def cannot(failure: Failure) -> None:
            self.failed.emit("Cannot open the models of the front", failure)

        self._desk.opened.find_several(wanted, show, cannot)

    def _open_ahead(self, front: Front) -> None:
        """Open what the slider will ask for, as far as there is room for it."""
        known = self._desk.opened.finder()
        wanted = [model.where for model in front.models][: KEPT_MODELS - MAX_COLUMNS]

        def work(watch: Watch) -> dict[str, LoadedModel]:
            found = {}
            for where in wanted:
                watch.check()
                found[where] = known(where)
            return found

        # Whoever slides to one that cannot be opened is told.
        self._context.loading.request(self, "front", work, self._desk.opened.keep, lambda _: None)

    def _take(self, front: Front | None) -> None:
        self.front = front
        if front is not None:
            title = printable(f"Front of {front.title}")
            self.title.setText(title)
            self.title.setToolTip(title)
            with QSignalBlocker(self.slider):
                self.slider.setRange(0, len(front.models) - 1)
        self._show_state(self._desk.state)

    def _slide(self, index: int) -> None:
        if self.front is None:
            return
        self._index = index
        state = (
            self._desk.state.at_image()
        )  # where a walk went on from is a place of the models it was made in
        columns = self.front.columns(index, state.columns)
        self._desk.push("slide along the front", state.change(columns=columns), _MERGE)
        self._show_words()

    def _show_state(self, state: ExploreState) -> None:
        """What else changes the columns puts the slider where they are, or away."""
        index = None if self.front is None else self.front.index_in(state, self._index)
        self.setVisible(index is not None)
        if index is not None:
            self._index = index
            with QSignalBlocker(self.slider):
                self.slider.setValue(index)
            self._show_words()

    def _show_words(self) -> None:
        if self.front is not None:
            words = printable(self.front.models[self._index].words)
            self.words.setText(words)
            self.words.setToolTip(words)
