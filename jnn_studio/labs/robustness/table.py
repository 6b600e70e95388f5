"""The report as a table: what its columns are, and how their numbers are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jnn_studio.labs.robustness.report import Number, ReportRow, RobustnessReport


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


def markdown(report: RobustnessReport) -> str:
    """The table as Markdown, for documentation."""
    lines = [header(report), ["---", *("---:" for _ in columns(report)), "---"], *shown_rows(report)]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        + "\n"
    )


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
