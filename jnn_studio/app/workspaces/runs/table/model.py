"""The list of runs as Qt's views ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor

from jnn_studio.app.icons import icon
from jnn_studio.app.theme import theme
from jnn_studio.base.text import printable
from jnn_studio.runs.annotations import tags_of
from jnn_studio.runs.choosing import searched
from jnn_studio.runs.columns import COLUMNS, RunColumn, sort_key
from jnn_studio.runs.summary import RunSummary

Role = Qt.ItemDataRole
Index = QModelIndex | QPersistentModelIndex
RUN = int(Role.UserRole)
"""The `RunSummary` of a row."""
CURVE = RunColumn(
    "curve",
    "Curve",
    "Total loss of each model over the run, on a logarithmic axis",
    lambda run: "",
    lambda run: _last_loss(run),
    width=11,
)
SHOWN = {"name": COLUMNS["name"], "curve": CURVE} | {k: c for k, c in COLUMNS.items() if k != "name"}
"""The columns by key, in their order at first."""
EDITED = {"name", "tags"}
_SIDES = {
    False: Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
    True: Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
}
_AT_ONCE = 64
"""More rows than these gone at once, and the table is filled anew."""


def _last_loss(run: RunSummary) -> float | None:
    main = run.main
    return main.curve[-1] if main is not None and main.curve else None


class RunTableModel(QAbstractTableModel):
    """A row for each run; a run keeps its row, and so its place in a selection, when the list is refreshed.

    Signals:
        annotated: (RunSummary) somebody has given this run another name or other tags, as it now says.
    """

    annotated = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[RunSummary] = []
        self._columns = tuple(SHOWN.values())
        self._places: dict[tuple[int, bool], list[int]] = {}
        self._searched: dict[int, str] = {}

    @property
    def runs(self) -> Sequence[RunSummary]:
        """In the order of the rows."""
        return self._runs

    def column_of(self, key: str) -> int:
        """Where a column is."""
        return list(SHOWN).index(key)

    def set_runs(self, runs: Sequence[RunSummary]) -> None:
        """Show these; only what is different changes."""
        there = {run.path: run for run in runs}
        gone = [row for row, run in enumerate(self._runs) if run.path not in there]
        if len(gone) > _AT_ONCE or not self._runs:
            self.beginResetModel()
            self._runs = list(there.values())
            self._forget()
            self.endResetModel()
            return
        for row in reversed(gone):
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._runs[row]
            self._forget()
            self.endRemoveRows()
        changed = [row for row, run in enumerate(self._runs) if there[run.path] != run]
        for row in changed:
            self._runs[row] = there[self._runs[row].path]
        if changed:
            self._forget()
        for row in changed:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(self._columns) - 1))
        known = {run.path for run in self._runs}
        new = [run for path, run in there.items() if path not in known]
        if new:
            self.beginInsertRows(QModelIndex(), len(self._runs), len(self._runs) + len(new) - 1)
            self._runs += new
            self._forget()
            self.endInsertRows()

    def places(self, column: int, upside_down: bool) -> Sequence[int]:
        """Where each row stands, from 0, sorted by a column: pinned ones first, what is missing last."""
        places = self._places.get((column, upside_down))
        if places is None:
            by = self._columns[column]
            keys = [sort_key(by, run) for run in self._runs]
            rows = sorted(range(len(keys)), key=lambda row: keys[row][1:], reverse=upside_down)
            rows.sort(key=lambda row: (not self._runs[row].pinned, keys[row][0]))
            places = self._places[column, upside_down] = [0] * len(rows)
            for place, row in enumerate(rows):
                places[row] = place
        return places

    def words(self, row: int) -> str:
        """What is searched in a row."""
        found = self._searched.get(row)
        if found is None:
            found = self._searched[row] = searched(self._runs[row])
        return found

    def _forget(self) -> None:
        self._places.clear()
        self._searched.clear()

    # --- Qt's own --------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._runs)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        run, column = self._runs[index.row()], self._columns[index.column()]
        match role:
            case Role.DisplayRole:
                return column.text(run)
            case Role.EditRole:
                return column.text(run)
            case Role.TextAlignmentRole:
                return _SIDES[column.number]
            case Role.ToolTipRole:
                return _tip(run, column)
            case Role.ForegroundRole:
                return _color(run, column)
            case Role.DecorationRole:
                pinned = column.key == "name" and run.pinned
                return icon("pin", theme().color("accent"), 14) if pinned else None
            case Role.AccessibleTextRole:
                return f"{column.title}: {column.text(run)}"
            case _:
                return run if role == RUN else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = self._columns[section]
        if role == Role.DisplayRole:
            return column.title
        if role == Role.ToolTipRole:
            return f"{column.tip}. Click to sort"
        if role == Role.TextAlignmentRole:
            return _SIDES[column.number]
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        run, column = self._runs[index.row()], self._columns[index.column()]
        editable = column.key in EDITED and not run.problem
        return super().flags(index) | (Qt.ItemFlag.ItemIsEditable if editable else Qt.ItemFlag(0))

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        run, column = self._runs[index.row()], self._columns[index.column()]
        if role != Role.EditRole or column.key not in EDITED or str(value) == column.text(run):
            return False
        if column.key == "name":
            name = " ".join(str(value).split())[:80]
            said = replace(run, given_name="" if name == run.config_name else name)
        else:
            said = replace(run, tags=tags_of(str(value)))
        self.annotated.emit(said)
        return True


def _tip(run: RunSummary, column: RunColumn) -> str:
    """What there is no room for in a cell."""
    if run.problem:
        return f"{printable(str(run.path))}\n{run.problem}"
    lines: list[str] = []
    match column.key:
        case "name":
            lines = [printable(str(run.path))]
            if run.copy_of is not None:
                lines.append(f"A copy of {printable(str(run.copy_of))}")
            lines += run.notes
        case "state":
            lines = [run.state_words, run.reason]
        case "note":
            lines = [run.note]
        case "eta":
            lines = [f"{member.label}: {member.eta_words}" for member in run.members if member.eta_words]
        case "psnr" | "rank" | "gap" | "curve":
            values = {
                "psnr": lambda m: m.psnr,
                "rank": lambda m: m.rank,
                "gap": lambda m: m.gap,
                "curve": lambda m: m.curve[-1] if m.curve else None,
            }[column.key]
            found = [(member.label, values(member)) for member in run.members]
            lines = [f"{label}: {value:.4g}" for label, value in found if value is not None]
        case _:
            lines = [column.text(run)]
    return "\n".join(filter(None, lines))


def _color(run: RunSummary, column: RunColumn) -> QColor | None:
    if run.problem or (column.key == "state" and run.state == "failed"):
        return theme().color("danger")
    if column.key == "state":
        if run.life in ("quiet", "lost", "dead"):
            return theme().color("warning")
        return theme().color("accent") if run.under_way else None
    return theme().color("muted") if column.key in ("id", "folder", "device", "data") else None
