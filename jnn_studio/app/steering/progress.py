"""How far the run on show is: state in words, figures, a bar, and what there is to know about it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from jnn_studio.app.steering.differing import Difference
from jnn_studio.app.steering.status import Status
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.base.text import printable

_PARTS = 1000


class ProgressView(QWidget):
    """Shows a `Status`, or an invitation while there is none."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.invitation = ""
        """What is said while there is no run."""
        self.setObjectName(f"{page}.progress")
        self.state = QLabel()
        self.state.setObjectName(f"{page}.state")
        self.state.setFont(ui_font(1.1, bold=True))
        self.figures = QLabel()
        self.figures.setObjectName(f"{page}.figures")
        self.figures.setFont(ui_font(digits=True))
        self.figures.setProperty("tone", "muted")
        self.figures.setWordWrap(True)
        self.figures.setToolTip("Steps taken, speed over the last seconds, time left at that speed, device")
        self.bar = QProgressBar()
        self.bar.setObjectName(f"{page}.bar")
        self.bar.setRange(0, _PARTS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the run")
        self.place = ElidingLabel("", f"{page}.place", Qt.TextElideMode.ElideMiddle)
        self.place.setProperty("tone", "muted")
        self.notes = QLabel()
        self.notes.setObjectName(f"{page}.notes")
        self.notes.setProperty("tone", "warning")
        self.notes.setWordWrap(True)
        self.unlike = ElidingLabel("", f"{page}.unlike")
        self.unlike.setProperty("tone", "warning")
        self.unlike.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.take = QToolButton(objectName=f"{page}.take_settings")
        self.take.setText("Take the run's settings")
        self.take.setProperty("link", True)
        self.take.setAccessibleName("Take the run's settings")
        self.take.setToolTip("Fill the form with the settings of the run shown, to train another like it")
        for part in (self.unlike, self.take):
            policy = part.sizePolicy()
            policy.setRetainSizeWhenHidden(True)  # what is below stays where it is
            part.setSizePolicy(policy)
            part.hide()
        rows = QGridLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setHorizontalSpacing(2 * GRID)
        rows.setVerticalSpacing(GRID // 2)
        rows.setColumnStretch(1, 1)
        rows.addWidget(self.state, 0, 0)
        rows.addWidget(self.place, 0, 1)
        rows.addWidget(self.bar, 1, 0, 1, 2)
        said = QHBoxLayout()
        said.setSpacing(GRID)
        said.addWidget(self.figures, 3)
        said.addWidget(self.unlike, 2)
        said.addWidget(self.take)
        rows.addLayout(said, 2, 0, 1, 2)
        rows.addWidget(self.notes, 3, 0, 1, 2)
        self.show_status(None)

    def show_difference(self, found: Difference) -> None:
        """In what the form differs from the run on show."""
        self.unlike.setText(found.line)
        self.unlike.setToolTip(found.lines)
        for part in (self.unlike, self.take):
            part.setVisible(bool(found.line))

    def show_status(self, status: Status | None) -> None:
        """Bring everything up to date."""
        if status is None:
            self.state.setText("No run yet")
            self.figures.setText(self.invitation)
            self.place.setText("")
            self.notes.hide()
            self.bar.hide()
            return
        self.state.setText(status.headline)
        self.figures.setText(status.figures)
        self.bar.setValue(round(_PARTS * status.fraction))
        self.bar.setToolTip(f"{status.fraction:.0%}")
        kept = status.state != "discarded"
        self.bar.setVisible(kept)
        self.place.setText(printable(str(status.feed.path)) if kept else "Nothing of it was kept.")
        self.place.setToolTip(f"The run is in {printable(str(status.feed.path))}" if kept else "")
        notes = list(status.started.notes) if status.started is not None else []
        if status.reason and (status.quiet or status.state == "stopped"):
            notes.append(status.reason)
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
