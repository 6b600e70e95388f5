"""A page for what is done with a folder: what is asked for at the left, what comes of it at the right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.plain_text import literal
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.fields import Field, PathField
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.widgets.note import note
from jnn_studio.app.widgets.setting_form import Check, SettingForm, Typed
from jnn_studio.app.workspaces.denoise.batch import Batch
from jnn_studio.app.workspaces.denoise.models_bar import ModelsBar
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.base.setting_words import Setting, SettingGroup
from jnn_studio.base.text import counted, printable
from jnn_studio.base.watch import Watch


class FolderForm(SettingForm):
    """A form whose places are asked for in their own words; ``archives``: names of those that may be zips."""

    def __init__(
        self,
        page: str,
        groups: Sequence[SettingGroup],
        check: Check,
        relevant: Callable[[Typed], set[str]],
        archives: Sequence[str],
    ) -> None:
        self._archives = archives
        super().__init__(page, groups, check, relevant)

    def make_field(self, setting: Setting) -> Field:
        if not setting.holds:
            return super().make_field(setting)
        zips = setting.name in self._archives
        return PathField(setting, self._page, zips, f"Choose {setting.holds}", "Drop here")


class BatchPage(QWidget):
    """What pages about folders share; those who inherit say what is done, and what rows there are.

    Args:
        page: begins the names of its widgets.
        form: what is asked for.
        header: of the table: each column's title and tooltip.
        doing: what Start does, in words.
        empty: what there will be, shown in the table's place while there are no rows.
        in_words: columns of words; the others hold numbers, which stand at the right.
    """

    def __init__(
        self,
        context: AppContext,
        desk: PhotoDesk,
        page: str,
        form: SettingForm,
        header: Sequence[tuple[str, str]],
        doing: str,
        empty: str,
        in_words: Sequence[int] = (0,),
    ) -> None:
        super().__init__()
        self.setObjectName(page)
        self.desk, self.context, self.form = desk, context, form
        self._page, self._doing, self._in_words = page, doing, set(in_words)
        self.batch = Batch(context, page, self)
        self.start = QPushButton("Start", objectName=f"{page}.start")
        self.start.setProperty("primary", True)
        self.models_bar = ModelsBar(desk, page)
        self.bar = QProgressBar(objectName=f"{page}.progress")
        self.bar.setAccessibleName("Progress")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(GRID)
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)
        self.note = note(f"{page}.note", lines=4)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.table = QTableWidget(0, len(header), objectName=f"{page}.table")
        self.table.setAccessibleName("What has come of it")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(3 * GRID)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setStretchLastSection(True)
        for column, (title, tip) in enumerate(header):
            item = QTableWidgetItem(title)
            item.setToolTip(tip)
            item.setTextAlignment(
                (Qt.AlignmentFlag.AlignLeft if column in self._in_words else Qt.AlignmentFlag.AlignRight)
                | Qt.AlignmentFlag.AlignVCenter
            )
            self.table.setHorizontalHeaderItem(column, item)
        self.empty = QLabel(empty, objectName=f"{page}.empty")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("tone", "muted")
        self._results = QStackedWidget()
        for part in (self.empty, self.table):
            self._results.addWidget(part)
        self.message = MessageBar()
        self.message.setObjectName(f"{page}.message")
        self.top = QHBoxLayout()
        self._arrange()
        self._steer = QAction("&Start", self, objectName=f"{page}.action.start")
        self._steer.setShortcut(QKeySequence("Ctrl+Shift+Return"))
        self._steer.triggered.connect(self.start_or_stop)
        self._steer.setVisible(False)
        self.start.clicked.connect(self.start_or_stop)
        self.form.changed.connect(self.show_standing)
        self.batch.found.connect(self.take)
        self.batch.changed.connect(self.show_standing)
        self.batch.failed.connect(self.show_failure)
        desk.models_changed.connect(self.show_standing)
        self.show_standing()

    # --- what those who inherit say --------------------------------------------------------------------

    def work(self) -> Callable[[Watch], Iterable[Any]]:
        """What is to be done by the settings as they are now; to be called where there is no `reason`."""
        raise NotImplementedError

    def take(self, things: list[Any]) -> None:
        """Something has come of it."""
        raise NotImplementedError

    def begin(self) -> None:
        """Forget what the last one came to."""
        raise NotImplementedError

    def words(self) -> str:
        """What it has come to."""
        raise NotImplementedError

    # --- words they share ------------------------------------------------------------------------------

    def how_far(self, noun: str) -> str:
        """How many of which things are done, as a sentence and a space; "" before that is known."""
        progress = self.batch.progress
        return "" if progress is None else f"{progress.done:,} of {counted(progress.total, noun)}. "

    def ended(self) -> str:
        """How it ended, as a sentence."""
        return "Stopped: Start goes on where it was." if self.batch.stopped else "Done."

    # --- by hand ---------------------------------------------------------------------------------------

    def commands(self) -> list[QAction]:
        """For the menu and the command palette, while the page is on show."""
        return [self._steer]

    def start_or_stop(self) -> None:
        """What the button says."""
        if self.batch.running:
            self.batch.stop()
            return
        if self.reason():
            self.form.show_problem()
            return
        self.message.hide()
        work = self.work()
        self.begin()
        self.batch.start(work, f"Cannot {self._doing[0].lower()}{self._doing[1:]}")

    def reason(self) -> str:
        """Why nothing can be started; "" if it can."""
        return self.form.problems[0] if self.form.problems else ""

    def save_state(self, settings: QSettings) -> None:
        """Remember what is asked for."""
        settings.setValue(self._page.rpartition(".")[2], self.form.state())

    def restore_state(self, settings: QSettings) -> None:
        """The inverse of `save_state`."""
        self.form.restore(str(settings.value(self._page.rpartition(".")[2], "")))

    # --- showing ---------------------------------------------------------------------------------------

    def show_standing(self) -> None:
        """Show how it stands now."""
        batch, reason = self.batch, self.reason()
        self.start.setText(
            "Stopping…" if batch.running and batch.stopped else "Stop" if batch.running else "Start"
        )
        self.start.setAccessibleName(f"{self.start.text()}: {self._doing}")
        self.start.setEnabled(not batch.stopped if batch.running else not reason)
        tip = "Stop here and keep what there is" if batch.running else self._doing
        self.start.setToolTip(f"{tip if batch.running or not reason else reason} (Ctrl+Shift+Return)")
        self._steer.setText("&Stop" if batch.running else "&Start")
        self._steer.setEnabled(self.start.isEnabled())
        progress = batch.progress
        self.bar.setVisible(batch.running)
        self.bar.setMaximum(0 if progress is None else progress.total)
        self.bar.setValue(0 if progress is None else progress.done)
        self._results.setCurrentWidget(self.table if self.table.rowCount() or batch.running else self.empty)
        self.note.setText(self.words() if batch.running or not reason or self.table.rowCount() else reason)

    def show_failure(self, title: str, failure: Failure) -> None:
        """Tell what went wrong."""
        self.message.show_error(title, failure.text, failure.details)

    def put_row(self, row: int, texts: Sequence[str], tips: Mapping[int, str]) -> None:
        """Have these texts, plain ones, in a row of the table."""
        if row >= self.table.rowCount():
            self.table.setRowCount(row + 1)
        for column, text in enumerate(texts):
            item = QTableWidgetItem(printable(text))
            item.setToolTip(literal(printable(tips.get(column, text))))
            if column not in self._in_words:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(row, column, item)

    def _arrange(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.form, 1)
        column.addWidget(self.note)
        left.setFixedWidth(46 * GRID)
        self.top.setSpacing(GRID)
        self.top.addWidget(self.start)
        self.top.addStretch(1)
        self.top.addWidget(self.models_bar)
        right = QVBoxLayout()
        right.setSpacing(GRID)
        right.addLayout(self.top)
        right.addWidget(self.bar)
        right.addWidget(self._results, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2 * GRID)
        whole.addWidget(left)
        whole.addLayout(right, 1)
        self.message.lie_over(self._results)

    # --- Qt's own --------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        for action in self.commands():
            action.setVisible(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        for action in self.commands():
            action.setVisible(False)
