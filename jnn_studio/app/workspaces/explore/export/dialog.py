"""What exports have in common: where to, how far it is, calling it off, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from platformdirs import user_documents_path
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure, Worker
from jnn_studio.app.file_dialogs import ask_new_file
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.widgets.own_windows import StudioDialog
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.workspaces.explore.export.settings_grid import SettingsGrid
from jnn_studio.base.endings import ending_of, with_ending, with_other_ending
from jnn_studio.base.watch import Progress, Watch
from jnn_studio.explore.figures.exporting import ExportError
from jnn_studio.explore.scene.renderer import SceneRenderer
from jnn_studio.explore.state import ExploreState

Job = Callable[[SceneRenderer, Watch], None]
FOLDER = "explore/export_folder"


class ExportDialog(StudioDialog):
    """Settings of an export, rendered on a thread and with a renderer of its own: sliders stay alive.

    Not modal: `show` it. Subclasses add their rows and say what is to be done.

    Args:
        make_renderer: called on the exporting thread, once.
        name: of the widgets.
        what: "figure".
        formats: label and tooltip of every ending.

    Signals:
        saved: (Path) a file was written.
    """

    saved = Signal(object)

    def __init__(
        self,
        context: AppContext,
        state: ExploreState,
        make_renderer: Callable[[], SceneRenderer],
        parent: QWidget | None,
        name: str,
        what: str,
        formats: Mapping[str, tuple[str, str]],
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Export {what}")
        self.setMinimumWidth(64 * GRID)
        self.state = state
        self._context = context
        self._make_renderer = make_renderer
        self._what = what
        self._worker: Worker | None = None
        self._finished = False
        self._running = False
        self._renderers: list[SceneRenderer] = []
        """The exporting thread's, once there is one."""
        self.settings = SettingsGrid(name)
        self.settings.changed.connect(self.update_note)
        self._formats = formats

    # --- for subclasses ------------------------------------------------------------------------------

    def job(self, path: Path) -> Job:
        """What to do on the exporting thread for the settings as they are."""
        raise NotImplementedError

    def check(self, path: Path) -> str:
        """What will come of it, in words. ExportError: why nothing would."""
        raise NotImplementedError

    def finish(self, stem: str, suffix: str) -> None:
        """Add what stands below the rows; call it when all of them are there."""
        name = self.objectName()
        self.format = SegmentedControl(self._formats, f"{name}.format", "Format")
        self.format.current = suffix
        self.settings.add_row(
            "Format", self.format, "What kind of file to write; follows the name's ending too"
        )
        self.path = QLineEdit(objectName=f"{name}.path")
        browse = QPushButton("Browse…", objectName=f"{name}.browse")
        browse.setAutoDefault(False)
        browse.setToolTip("Choose where to save")
        browse.setAccessibleName("Browse: choose where to save")
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.path, 1)
        row.addWidget(browse)
        self.settings.add_row("Save to", self.path, "Where to write; the ending decides on the format", row)
        self.note = QLabel(objectName=f"{name}.note")
        self.note.setFont(ui_font(0.92))
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setMinimumHeight(5 * GRID)
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.settings.add_note(self.note)
        self.message = MessageBar()
        self.progress = QProgressBar(objectName=f"{name}.progress")
        self.progress.setAccessibleName("Progress")
        self.progress.setToolTip("How much is rendered")
        self.count = QLabel(objectName=f"{name}.count")
        self.count.setFont(ui_font(0.92, digits=True))
        self.export = QPushButton("Export", objectName=f"{name}.export")
        self.export.setDefault(True)
        self.export.clicked.connect(self._begin)
        self.stop = QPushButton("Close", objectName=f"{name}.close")
        self.stop.setAutoDefault(False)
        self.stop.clicked.connect(self.reject)
        self.foot = foot = QHBoxLayout()
        foot.setSpacing(GRID)
        foot.addWidget(self.progress, 1)
        foot.addWidget(self.count)
        foot.addStretch(0)
        foot.addWidget(self.stop)
        foot.addWidget(self.export)
        self.column = column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(2 * GRID)
        column.addWidget(self.settings)
        column.addStretch(1)
        column.addWidget(self.message)
        column.addLayout(foot)
        self._finished = True
        self._show_running(False)
        self.format.currentChanged.connect(self._format_chosen)
        self.path.textChanged.connect(self._path_changed)
        folder = Path(str(self._context.settings.value(FOLDER, user_documents_path())))
        self._context.loading.request(
            self,
            f"{name}.free",
            lambda _: _free_path(folder, stem, suffix),
            self._offer,
            lambda failure: None,
        )
        self.update_note()

    def update_note(self, *_: object) -> None:
        """Say what the settings will give, or why they will not do."""
        if not self._finished:
            return
        path = Path(self.path.text().strip()).expanduser()
        problem = ""
        try:
            words = self.check(path) if path.name else ""
        except ExportError as error:
            problem = f"{error}."
        if not path.name:
            problem = "Say where to save."
        self.note.setProperty("tone", "danger" if problem else "muted")
        self.note.style().polish(self.note)
        self.note.setText(problem or words)
        self.export.setEnabled(not problem and not self._running)
        self.export.setToolTip(problem or f"Write the {self._what}")
        self._look_for(path, problem or words)

    def use_state(self, state: ExploreState) -> None:
        """Export this from now on: what is in view has changed."""
        self.state = state
        self.update_note()

    # --- the export --------------------------------------------------------------------------------

    def _begin(self) -> None:
        path = Path(self.path.text().strip()).expanduser().absolute()
        job = self.job(path)
        self.message.hide()
        if self._worker is None:
            self._worker = self._context.new_worker("export")
        make, kept = self._make_renderer, self._renderers

        def work(watch: Watch) -> None:
            if not kept:
                kept.append(make())
            job(kept[0], watch)

        self._show_running(True)
        self._worker.request(
            self,
            "export",
            work,
            lambda _: self._saved(path),
            self._failed,
            progressed=self._show_progress,
            cancelled=self._cancelled,
        )

    def _saved(self, path: Path) -> None:
        self._show_running(False)
        self._context.settings.setValue(FOLDER, str(path.parent))
        self.message.show_info("Saved", str(path))
        self.saved.emit(path)

    def _cancelled(self) -> None:
        self._show_running(False)
        self.message.show_info("Cancelled", "Nothing was kept.")

    def _failed(self, failure: Failure) -> None:
        self._show_running(False)
        self.message.show_error(f"Could not export the {self._what}", failure.text, failure.details)

    def _show_running(self, running: bool) -> None:
        self._running = running
        self.settings.setEnabled(not running)
        self.progress.setVisible(running)
        self.count.setVisible(running)
        self.progress.setRange(0, 0)
        self.count.setText("")
        self.stop.setEnabled(True)
        self.stop.setText("Cancel" if running else "Close")
        tip = "Stop rendering; nothing is kept" if running else "Close without exporting"
        self.stop.setToolTip(tip)
        self.stop.setAccessibleName("Cancel the export" if running else "Close")
        if running:
            self.export.setEnabled(False)
            self.stop.setFocus()
        else:
            self.update_note()

    def _show_progress(self, progress: Progress) -> None:
        done, total = progress.done, progress.total
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        # Film and page are put together after the last picture.
        self.count.setText(f"{done} of {total}" if done < total else "writing")

    def reject(self) -> None:
        """Close; while something is exported, call that off instead."""
        if self._worker is not None and self._running and not self._context.closing:
            self._worker.cancel("export")
            self.stop.setEnabled(False)
            self.count.setText("cancelling")
            return
        super().reject()

    def done(self, result: int) -> None:
        """The dialog is over, and its thread with it."""
        for key in ("free", "there"):
            self._context.loading.forget(f"{self.objectName()}.{key}")
        if self._worker is not None:
            self._worker.close()
        super().done(result)

    # --- where to ----------------------------------------------------------------------------------

    def _offer(self, path: Path) -> None:
        if not self.path.text():
            self.path.setText(str(path))

    def _browse(self) -> None:
        endings = " ".join(f"*{suffix}" for suffix in self._formats if suffix)
        kinds = f"{self._what.capitalize()}s ({endings});;All files (*)"
        title, name = f"Export {self._what}", self.path.text()
        ask_new_file(
            self, title, kinds, self.format.current, self._chosen, name, others=self._formats, replaces=False
        )

    def _chosen(self, path: Path) -> None:
        self.path.setText(str(path))

    def _format_chosen(self, suffix: str) -> None:
        path = Path(self.path.text().strip())
        known = ending_of(path) in self._formats
        if path.name and ending_of(path) != suffix:
            self.path.setText(str((with_other_ending if known else with_ending)(path, suffix)))
        self.update_note()

    def _path_changed(self, text: str) -> None:
        suffix = ending_of(Path(text.strip()))
        if suffix in self._formats:
            self.format.current = suffix
        self.update_note()

    def _look_for(self, path: Path, words: str) -> None:
        """Say if a file would be replaced, once that is known."""

        def told(there: bool) -> None:
            if there and self.note.property("tone") == "muted" and self.note.text() == words:
                self.note.setText(f"{words} Replaces the file that is there.")

        key = f"{self.objectName()}.there"
        self._context.loading.request(self, key, lambda _: path.is_file(), told, lambda failure: None)


def _free_path(folder: Path, stem: str, suffix: str) -> Path:
    """A name that is not taken."""
    folder = folder if folder.is_dir() else Path.home()
    n = 1
    while (path := folder / f"{stem}{f'-{n}' if n > 1 else ''}{suffix}").exists():
        n += 1
    return path
