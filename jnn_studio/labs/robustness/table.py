"""The report as a table: what its columns are, and how their numbers are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from jnn_studio.base.text import counted
from jnn_studio.labs.robustness.regularisers import NONE, REGULARISERS
from jnn_studio.labs.robustness.report import Number, ReportRow, RobustnessReport

COSTS = (0.05, 0.1, 0.15)
"""Clean accuracies given up, at which regularisers are compared."""


@dataclass(frozen=True)
class ReportColumn:
    """One column.

    Attributes:
        key: for spreadsheets, and the name of the number; with ``at``, the curve it is a point of.
        title: for people.
        percent: whether it is a share.
        digits: after the point; of a number that is no share, significant ones.
        at: which ε of the curve.
    """

    key: str
    title: str
    percent: bool = False
    digits: int = 3
    at: int | None = None

    def value(self, row: ReportRow) -> tuple[Number, Number]:
        """Mean and standard deviation in a row."""
        if self.at is None:
            return row.mean.get(self.key), row.sd.get(self.key)
        curve, spread = row.curves.get(self.key, []), row.spreads.get(self.key, [])
        inside = self.at < len(curve)
        return (curve[self.at], spread[self.at]) if inside else (None, None)

    @property
    def name(self) -> str:
        """For spreadsheets, one for each column."""
        return self.key if self.at is None else f"{self.key}_{self.at}"

    def shown(self, row: ReportRow) -> str:
        """For people: ``"81.2 ± 1.3"``, shares in per cent; a dash where there is no number."""
        mean, sd = self.value(row)
        if mean is None:
            return "–"
        if self.percent:
            return f"{100 * mean:.1f}" + ("" if sd is None else f" ± {100 * sd:.1f}")
        return f"{mean:.{self.digits}g}" + ("" if sd is None else f" ± {sd:.2g}")


def columns(report: RobustnessReport) -> tuple[ReportColumn, ...]:
    """The columns of a report's table: those that some row has a number for."""
    linf, l2 = len(report.linf) // 2, len(report.l2) // 2
    wanted = (
        ReportColumn("accuracy", "Clean %", True),
        ReportColumn(f"gap_{report.sizes[-1]}", "Gap %", True),
        ReportColumn("calibration_error", "ECE %", True),
        ReportColumn("linf", f"PGD L∞ {report.linf[linf]:g} %", True, at=linf),
        ReportColumn("l2", f"PGD L2 {report.l2[l2]:g} %", True, at=l2),
        ReportColumn("linf_black_box", f"HSJ L∞ {report.linf[linf]:g} %", True, at=linf),
        ReportColumn("minimal_l2", "Median L2"),
        ReportColumn("margin_along", "Along"),
        ReportColumn("margin_off", "Off"),
        ReportColumn("tangent_share", "In tangent %", True),
        ReportColumn("corrupted", "Corrupted %", True),
        ReportColumn("nuclear_norm", "‖J‖_*"),
        ReportColumn("effective_rank", "Rank"),
    )
    return tuple(one for one in wanted if any(one.value(row)[0] is not None for row in report.rows))


def checks_in_words(row: ReportRow) -> str:
    """Which checks failed, and of how many networks; "passed" where none did."""
    if not row.failed:
        return "passed"
    return "; ".join(f"not so: {one.words} ({one.networks} of {row.networks})" for one in row.failed)


def header(report: RobustnessReport) -> list[str]:
    """Titles."""
    return ["Regulariser", *(one.title for one in columns(report)), "Checks"]


def shown_rows(report: RobustnessReport) -> list[list[str]]:
    """Rows of texts; an asterisk marks the strongest of each regulariser at equal clean accuracy."""
    return [
        [
            row.label + (" *" if row.equal else ""),
            *(one.shown(row) for one in columns(report)),
            checks_in_words(row),
        ]
        for row in report.rows
    ]


def at_equal_cost(report: RobustnessReport, given_up: float) -> dict[str, Number]:
    """Share told rightly under PGD, L∞ at the middle ε, once ``given_up`` of clean accuracy is spent.

    By regulariser, along the line from no regulariser through its strengths; None where that does not go so
    far.
    """
    middle = len(report.linf) // 2
    plain = next((row for row in report.rows if row.regulariser == NONE), None)
    clean = None if plain is None else plain.mean["accuracy"]
    found: dict[str, Number] = {}
    for key in dict.fromkeys(row.regulariser for row in report.rows if row.regulariser != NONE):
        rows = [row for row in report.rows if row.regulariser == key]
        line = [
            (row.mean["accuracy"], row.curves["linf"][middle]) for row in ([plain] if plain else []) + rows
        ]
        known = [(x, y) for x, y in line if x is not None and y is not None]
        found[key] = None if clean is None else _crossing(known, clean - given_up)
    return found


def _crossing(line: Sequence[tuple[float, float]], target: float) -> Number:
    """y where x first falls to ``target`` along a line."""
    for (x, y), (after, then) in pairwise(line):
        if x >= target > after or x > target >= after:
            return y + (then - y) * (x - target) / (x - after)
    return None


def markdown(report: RobustnessReport) -> str:
    """The table as Markdown, for documentation; below it, what regularisers reach at equal cost."""
    table = [header(report), ["---", *("---:" for _ in columns(report)), "---"], *shown_rows(report)]
    costs = [at_equal_cost(report, given_up) for given_up in COSTS]
    equal = [["Given up", *(counted(round(100 * given_up), "point") for given_up in COSTS)]]
    equal.append(["---", *("---:" for _ in COSTS)])
    equal += [[REGULARISERS[key].label, *(_percent(one[key]) for one in costs)] for key in costs[0]]
    return f"{_marked(table)}\n{_marked(equal)}"


def _marked(lines: Sequence[Sequence[str]]) -> str:
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _percent(share: Number) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def keys(report: RobustnessReport) -> list[str]:
    """Names for a spreadsheet."""
    pairs = [name for one in columns(report) for name in (one.name, f"{one.name}_sd")]
    return ["regulariser", "strength", "networks", "equal_accuracy", *pairs, "checks"]


def cells(report: RobustnessReport) -> list[Sequence[str | int | float]]:
    """Rows of values for a spreadsheet; empty where there is no number."""
    found: list[Sequence[str | int | float]] = []
    for row in report.rows:
        values = [value for one in columns(report) for value in one.value(row)]
        numbers = ["" if value is None else value for value in values]
        found.append(
            [row.regulariser, row.strength, row.networks, int(row.equal), *numbers, checks_in_words(row)]
        )
    return found
