"""Runs that are made for measuring lists are such as training leaves."""

from __future__ import annotations

from pathlib import Path

from benchmarks.many_runs import make_runs
from jnn_studio.base.watch import Watch
from jnn_studio.runs.index import RunIndex


def test_they_are_of_several_kinds_and_states_and_all_can_be_read(tmp_path: Path) -> None:
    paths = make_runs(tmp_path / "runs", 12, steps=50)
    runs = RunIndex(tmp_path / "kept").refresh([tmp_path / "runs"], Watch())

    assert [run.path for run in runs] == paths
    assert not any(run.problem or run.notes for run in runs)
    assert {run.kind for run in runs} == {"autoencoder-pair", "beta-vae", "rof"}
    assert {run.state_word for run in runs} == {"finished", "stopped", "failed", "died"}
    assert all(member.curve for run in runs for member in run.members)
