"""Where a page shows a run: the view that its kind needs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from jnn_studio.app.steering.run_view import RunView
from jnn_studio.app.widgets.replacing import put_in_place_of
from jnn_studio.training.config import RunConfig


class RunStage(QWidget):
    """Holds one view at a time; ``make`` gives the one for a run, ``failed`` hears what it cannot show."""

    def __init__(
        self,
        make: Callable[[RunConfig], RunView],
        failed: Callable[[str, str, str], None],
        first: RunConfig,
    ) -> None:
        super().__init__()
        self._make, self._failed = make, failed
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._kind = first.kind
        self.view = self._new(first)
        self._column.addWidget(self.view)

    def show_kind(self, config: RunConfig) -> None:
        """Have the view for runs like this one; an empty one if the last was of another kind."""
        if config.kind == self._kind:
            return
        old, self.view, self._kind = self.view, self._new(config), config.kind
        self.view.restore_layout(old.save_layout())
        put_in_place_of(self._column, old, self.view)

    def _new(self, config: RunConfig) -> RunView:
        view = self._make(config)
        view.failed.connect(self._failed)
        return view
