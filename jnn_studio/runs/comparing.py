"""Several runs side by side: their settings, where they differ, and what they came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jnn_studio.base.errors import StudioError
from jnn_studio.base.flat_settings import flat_texts
from jnn_studio.base.text import printable
from jnn_studio.runs.columns import COLUMNS
from jnn_studio.runs.summary import RunSummary
from jnn_studio.training.folder.run_folder import RunFolder

RESULTS = ("state", "eta", "steps", "psnr", "rank", "gap", "duration", "device")
"""What is compared beside settings, by column."""
ABSENT = "—"
_NO_SETTINGS = ("schema_version", "name")


@dataclass(frozen=True)
class ComparedRow:
    """One setting or result of every run; ``differs``: not all of them have the same."""

    name: str
    values: tuple[str, ...]
    result: bool = False

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


def settings_of(path: Path) -> Mapping[str, str]:
    """A run's settings by dotted name, as somebody would type them; none where they cannot be read."""
    try:
        return {name: printable(text) for name, text in flat_texts(RunFolder(path).config()).items()}
    except StudioError:
        return {}


def compared(runs: Sequence[RunSummary], settings: Sequence[Mapping[str, str]]) -> list[ComparedRow]:
    """Results first, then every setting that one of the runs has, in the order of their configurations."""
    rows = [
        ComparedRow(COLUMNS[key].title, tuple(COLUMNS[key].text(run) or ABSENT for run in runs), result=True)
        for key in RESULTS
    ]
    rows = [row for row in rows if any(value != ABSENT for value in row.values)]
    names = dict.fromkeys(name for of_run in settings for name in of_run if name not in _NO_SETTINGS)
    rows += [ComparedRow(name, tuple(of_run.get(name, ABSENT) for of_run in settings)) for name in names]
    return rows
