"""Which models of some runs are walked side by side."""

from __future__ import annotations

from collections.abc import Sequence

from jnn_studio.runs.summary import MemberSummary, RunSummary


def models_to_walk(runs: Sequence[RunSummary], most: int) -> list[tuple[RunSummary, MemberSummary]]:
    """Of one run all models; of several the one that stands for each, after the first run's other if there is
    room: what all of them are compared with. At most ``most``."""
    explorable = [run for run in runs if run.explorable and run.main is not None]
    if len(explorable) == 1:
        return [(explorable[0], member) for member in explorable[0].members[:most]]
    mains = [(run, run.main) for run in explorable[:most] if run.main is not None]
    if mains and len(mains) < most:
        first, main = mains[0]
        twins = [member for member in first.members if member is not main]
        return [*((first, twin) for twin in twins[:1]), *mains]
    return mains
