"""What the runs of a sweep have come to: points, and the front of those that nothing else beats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jnn_studio.base.errors import StudioError
from jnn_studio.base.flat_settings import flat_texts
from jnn_studio.base.watch import Watch
from jnn_studio.runs.columns import finite
from jnn_studio.runs.index import RunIndex
from jnn_studio.runs.summary import MemberSummary, RunSummary
from jnn_studio.sweeps.config import SweepConfig
from jnn_studio.sweeps.folder import PRUNED, SweepFolder
from jnn_studio.sweeps.measuring import SKILL, TANGENT_ENERGY
from jnn_studio.sweeps.plan import count_runs, labels_of
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.words import PSNR

WORTHS: Mapping[str, tuple[str, str]] = {
    PSNR: ("PSNR", "Held-out PSNR in dB"),
    TANGENT_ENERGY: ("Tangent energy", "Tangent energy, mean of the first 10 directions"),
    SKILL: ("Attribute skill", "Attribute skill, 0 chance to 1 perfect"),
}
"""What may stand against the effective rank: its name, and that of its axis. More is better."""


@dataclass(frozen=True)
class SweepPoint:
    """One model of a sweep.

    Attributes:
        run: its run.
        member: the model of the run that the point is.
        values: what varies, as it is typed, by dotted name; of a twin what makes a difference to it.
        twin: it is the unregularised model that others are compared with.
        measured: what was measured of it once it was finished, by name.
        pruned: a search has stopped its run for good.
    """

    run: RunSummary
    member: MemberSummary
    values: Mapping[str, str]
    twin: bool = False
    measured: Mapping[str, float] = field(default_factory=dict)
    pruned: bool = False

    @property
    def state(self) -> str:
        """What has become of it, in a word or two."""
        return "pruned" if self.pruned else self.run.state_word

    @property
    def rank(self) -> float | None:
        """Its effective rank, the newest there is."""
        return finite(self.member.rank)

    def worth(self, what: str) -> float | None:
        """One of `WORTHS`, the newest there is."""
        return finite(self.member.psnr) if what == PSNR else finite(self.measured.get(what))

    @property
    def key(self) -> str:
        """The point's name, the same at every look."""
        return f"{self.run.id}/{self.member.key}"


@dataclass(frozen=True)
class SweepView:
    """A sweep at a glance.

    Attributes:
        labels: of what varies, as a form calls it, by dotted name.
        points: twins first, then by what varies.
        total: runs that there will be.
        under_way: a process of this machine trains it.
        problem: why no more than this is known, "" for nothing.
    """

    path: Path
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    points: tuple[SweepPoint, ...] = ()
    total: int = 0
    under_way: bool = False
    problem: str = ""

    @property
    def finished(self) -> int:
        """Runs that are."""
        return len({point.run.id for point in self.points if point.run.state == "finished"})

    @property
    def pruned(self) -> int:
        """Runs that a search has stopped for good."""
        return len({point.run.id for point in self.points if point.pruned})

    @property
    def worths(self) -> tuple[str, ...]:
        """Those of `WORTHS` that some point has."""
        return tuple(w for w in WORTHS if any(point.worth(w) is not None for point in self.points))

    def label_of(self, point: SweepPoint) -> str:
        """A point in a few words: ``"η encoder 0.1"``."""
        said = [f"{self.labels.get(name, name)} {value}" for name, value in point.values.items()]
        return ", ".join(["unregularised", *said] if point.twin else said) or point.run.name


def front(points: Iterable[SweepPoint], worth: str) -> tuple[SweepPoint, ...]:
    """Those than which none has a smaller effective rank and is worth as much, smallest rank first."""
    known = [(point.rank, point.worth(worth), point) for point in points]
    whole = [(rank, value, point) for rank, value, point in known if rank is not None and value is not None]
    found: list[SweepPoint] = []
    best = -float("inf")
    for _, value, point in sorted(whole, key=lambda one: (one[0], -one[1])):
        if value > best:
            found.append(point)
            best = value
    return tuple(found)


class SweepReader:
    """Looks at one sweep again and again; reads only what was written since. Used on one thread at a time."""

    def __init__(self, path: Path, kept: Path) -> None:
        """``kept``: where annotations are that cannot stand in a run's folder."""
        self.path = path
        self._index = RunIndex(kept)
        self._settings: dict[str, Mapping[str, str]] = {}
        self._labels: Mapping[str, str] | None = None
        self._measured: dict[str, dict[str, dict[str, float]]] = {}
        self._counted: tuple[SweepConfig, int] | None = None

    def read(self, watch: Watch) -> SweepView:
        """As it is now; whatever the folder holds, nothing is raised but `Cancelled`."""
        try:
            folder = SweepFolder.open(self.path)
        except (StudioError, OSError) as error:
            return SweepView(self.path, self.path.name, problem=str(error))
        config = folder.config
        if self._labels is None:
            self._labels = {}
            with suppress(StudioError):
                words = labels_of(folder.base())
                self._labels = {a.setting: words.get(a.setting, a.setting) for a in config.vary}
        runs = self._index.refresh([self.path], watch)
        twins = {run.twin for run in runs if run.twin}
        points: list[SweepPoint] = []
        for run in runs:
            if run.problem or run.copy_of is not None:
                continue
            settings = self._settings_of(run)
            twin = run.id in twins or (len(run.members) == 1 and settings.get("only") == "unregularised")
            values = {
                axis.setting: settings[axis.setting]
                for axis in config.vary
                if axis.setting in settings and not (twin and axis.setting.startswith("penalty."))
            }
            members = run.members if twin or run.main is None else (run.main,)
            measured = self._measured_of(folder, run)
            pruned = measured == PRUNED
            points += [
                SweepPoint(run, member, values, twin, measured.get(member.key, {}), pruned)
                for member in members
            ]
        order = [axis.setting for axis in config.vary]
        points.sort(key=lambda p: (not p.twin, *(_sortable(p.values.get(name, "")) for name in order)))
        return SweepView(
            self.path,
            config.name,
            self._labels,
            tuple(points),
            self._total(folder),
            folder.under_way,
        )

    def _total(self, folder: SweepFolder) -> int:
        """Counted anew where somebody has changed what varies."""
        if self._counted is None or self._counted[0] != folder.config:
            try:
                total = count_runs(folder.id, folder.config, str(self.path))
            except StudioError:
                total = 0
            self._counted = folder.config, total
        return self._counted[1]

    def _settings_of(self, run: RunSummary) -> Mapping[str, str]:
        """They never change."""
        if run.id not in self._settings:
            try:
                self._settings[run.id] = flat_texts(RunFolder(run.path).config())
            except StudioError:
                return {}
        return self._settings[run.id]

    def _measured_of(self, folder: SweepFolder, run: RunSummary) -> Mapping[str, Mapping[str, float]]:
        known = self._measured.get(run.id)
        if known is None and run.state in ("finished", "stopped"):
            known = folder.measured(run.id)
            if known is not None:
                self._measured[run.id] = known
        return known or {}


def as_data(view: SweepView, on_front: Sequence[SweepPoint]) -> list[dict[str, Any]]:
    """Points for JSON and spreadsheets."""
    return [
        {
            "name": point.run.name,
            "id": point.run.id,
            "folder": str(point.run.path),
            "model": point.member.key,
            "twin": point.twin,
            **point.values,
            "state": point.state,
            "step": point.run.step,
            "psnr": point.worth(PSNR),
            "rank": point.rank,
            "gap": finite(point.member.gap),
            TANGENT_ENERGY: point.worth(TANGENT_ENERGY),
            SKILL: point.worth(SKILL),
            "seconds": finite(point.run.seconds),
            "front": point in on_front,
        }
        for point in view.points
    ]


def _sortable(text: str) -> tuple[int, float, str]:
    try:
        return 0, float(text), ""
    except ValueError:
        return 1, 0.0, text
