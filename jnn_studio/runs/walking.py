"""Which models of some runs are walked side by side."""

from __future__ import annotations

from collections.abc import Sequence

from jnn_studio.runs.summary import MemberSummary, RunSummary


def models_to_walk(
    runs: Sequence[RunSummary], most: int, known: Sequence[RunSummary] = ()
) -> list[tuple[RunSummary, MemberSummary]]:
    """Of one run all models; of several the one that stands for each, after the first run's other if there is
    room: what all of them are compared with. At most ``most``.

    The other one of a run may be that of a run of its own, which is looked for among those ``known``.
    """
    explorable = [run for run in runs if run.explorable and run.main is not None]
    mains = [(run, run.main) for run in explorable[:most] if run.main is not None]
    if not mains:
        return []
    first, main = mains[0]
    others = [(first, member) for member in first.members if member is not main]
    if not others and first.twin:
        twins = (run for run in known if run.id == first.twin and run.explorable and run not in explorable)
        others = [(twin, member) for twin in twins for member in twin.members][:1]
    if len(explorable) == 1:
        members = [(first, member) for member in first.members]
        return [*(other for other in others if other not in members), *members][:most]
    return [*others[:1], *mains] if len(mains) < most else mains
