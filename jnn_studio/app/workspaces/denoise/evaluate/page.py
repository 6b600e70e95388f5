"""Every method on a folder: a table with paired differences, to be kept as a CSV."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton

from jnn_studio.app.context import AppContext
from jnn_studio.app.file_dialogs import ask_where_to_save
from jnn_studio.app.tables import save_table
from jnn_studio.app.workspaces.denoise.batch_page import BatchPage, FolderForm
from jnn_studio.app.workspaces.denoise.entries import method_label
from jnn_studio.app.workspaces.denoise.evaluate.settings import (
    PAGE,
    SECTIONS,
    EvaluationJob,
    check,
    defaults,
    relevant,
)
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.base.text import printable
from jnn_studio.base.watch import Watch
from jnn_studio.labs.denoise.denoisers import bm3d
from jnn_studio.labs.denoise.denoisers.methods import CLASSICAL
from jnn_studio.labs.denoise.denoisers.models_choice import ModelsChoice, opener
from jnn_studio.labs.denoise.measuring.evaluation import (
    FIELDS,
    NOISY,
    Measured,
    Results,
    Skipped,
    evaluate,
    kept_at,
    list_photographs,
)
from jnn_studio.labs.denoise.measuring.evaluation_table import CSV_HEADER, compared, csv_cells
from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS
from jnn_studio.labs.denoise.measuring.paired import Paired

_AHEAD = (
    "Mean difference to the penalised denoiser on the same noisy images, with its 95 % confidence interval "
    f"(Student's t over the images), in dB of {CONVENTIONS['psnr_paper'].label}"
)
HEADER = (
    ("Method", "What was measured, and the noisy images themselves"),
    ("Images", "How many"),
    *((CONVENTIONS[name].label, f"Mean ± sd over the images. {CONVENTIONS[name].text}") for name in FIELDS),
    ("Penalised ahead by", _AHEAD),
)
_EMPTY = (
    "Nothing has been measured yet.\n\nChoose a folder of photographs and press Start: every method is "
    "given the same noisy images, and a table says how near each comes to the clean ones, and "
    "which is ahead by how much."
)
_DIGITS = {"psnr_paper": 2, "psnr_plain": 2, "ssim": 3}
_NONE = "—"


class EvaluatePage(BatchPage):
    """Which photographs, which noise and which methods; the table grows as values come."""

    def __init__(self, context: AppContext, desk: PhotoDesk) -> None:
        form = FolderForm(PAGE, SECTIONS, check, relevant, ("source",))
        self._measured: list[Measured] = []
        self._skipped: list[Skipped] = []
        self.save = QPushButton("Save CSV…", objectName=f"{PAGE}.save")
        self.save.setAccessibleName("Save CSV: the table")
        self.save.setToolTip("Save the table for spreadsheets, with all digits (Ctrl+S)")
        super().__init__(context, desk, PAGE, form, HEADER, "Measure the methods", _EMPTY)
        self.top.insertWidget(1, self.save)
        self.save.clicked.connect(self.ask_where_to_save)
        self._keep = QAction("Sa&ve table…", self, objectName=f"{PAGE}.action.save")
        self._keep.setShortcut("Ctrl+S")
        self._keep.triggered.connect(self.ask_where_to_save)
        self._keep.setVisible(False)
        form.fill(defaults())

    def commands(self) -> list[QAction]:
        return [*super().commands(), self._keep]

    def work(self) -> Callable[[Watch], Iterable[Any]]:
        return partial(_evaluated, self.form.config, self.desk.choice)

    def begin(self) -> None:
        self._measured, self._skipped = [], []
        self.table.setRowCount(0)

    def take(self, things: list[Any]) -> None:
        self._measured += [thing for thing in things if isinstance(thing, Measured)]
        self._skipped += [thing for thing in things if isinstance(thing, Skipped)]
        for place, (row, gain) in enumerate(compared(self._measured)):
            cells = [_spread(row.mean[name], row.sd[name], _DIGITS[name]) for name in FIELDS]
            label = "Noisy" if row.method == NOISY else method_label(row.method)
            self.put_row(place, (label, f"{row.images:,}", *cells, _interval(gain)), {5: _AHEAD})

    def words(self) -> str:
        skipped = "".join(f"\nSkipped {_named(gap)}: {gap.reason}" for gap in self._skipped[:2])
        if len(self._skipped) > 2:
            skipped += f"\nand {len(self._skipped) - 2:,} more"
        if self.batch.running:
            return f"{self.how_far('value')}Values are kept as they are found.{skipped}"
        if not self.table.rowCount():
            return (
                "Values are kept as they are found: what was measured before is there at once, also of "
                "jnn-studio denoise evaluate."
            )
        return f"{self.ended()}{skipped}"

    def show_standing(self) -> None:
        super().show_standing()
        self.save.setEnabled(bool(self._measured))

    def ask_where_to_save(self) -> None:
        """Choose a file for the table."""
        if self._measured:
            ask_where_to_save(self, "the table", "denoisers", "Tables", "csv", self.save_csv)

    def save_csv(self, path: Path) -> None:
        """Write the table, with all digits; raises OSError."""
        save_table(path, CSV_HEADER, csv_cells(self._measured))


def _evaluated(job: EvaluationJob, choice: ModelsChoice, watch: Watch) -> Iterator[Measured | Skipped]:
    settings = job.settings
    models = opener(choice)(settings.noise.told(settings.stabilised))
    classical = CLASSICAL if job.classical == "yes" and bm3d.available() else ()
    with closing(list_photographs(job.source)) as listing:
        yield from (Skipped(name, "", reason) for name, reason in listing.unlisted)
        indices = range(len(listing.names))[: job.limit]
        results = Results(kept_at(settings))
        yield from evaluate(listing, indices, models, classical, settings, results, watch)


def _spread(mean: float, sd: float, digits: int) -> str:
    if not math.isfinite(mean):
        return "∞" if math.isinf(mean) else _NONE
    return f"{mean:.{digits}f}" + (f" ± {sd:.{digits}f}" if math.isfinite(sd) else "")


def _interval(gain: Paired | None) -> str:
    return _NONE if gain is None else f"{gain.mean:+.2f} [{gain.low:+.2f}, {gain.high:+.2f}]"


def _named(gap: Skipped) -> str:
    return printable(f"{gap.image}, {method_label(gap.method)}" if gap.method else gap.image)
