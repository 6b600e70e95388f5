"""A sweep whose processes are killed: nothing is lost, and nothing is trained twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file

from jnn_studio.sweeps.folder import SweepFolder
from jnn_studio.training.config import RunConfig
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

from .conftest import STEPS, KilledSweep

ETAS = (0.1, 0.5, 2.0)


def test_every_run_is_finished_once_and_the_twin_is_trained_once(killed: KilledSweep) -> None:
    runs = SweepFolder(killed.path).runs()
    folders = [path for path in killed.path.iterdir() if (path / "config.toml").exists()]
    states = [RunFolder(run.path).state() for run in runs.values()]
    assert len(folders) == len(runs) == 1 + len(ETAS)
    assert {(state.state, state.step) for state in states} == {("finished", STEPS)}
    only = sorted(run.config.only for run in runs.values())  # type: ignore[attr-defined]
    assert only == ["regularised"] * len(ETAS) + ["unregularised"]
    assert killed.status == 0
    assert "finished: 4 of 4 runs finished" in killed.output


def test_runs_go_on_from_their_last_checkpoint(killed: KilledSweep) -> None:
    assert 0 < max(killed.before.values()) < STEPS
    for name, step in killed.again.items():
        assert step == killed.before.get(name, 0)
    # What was finished before is not begun again.
    assert {name for name, step in killed.before.items() if step == STEPS}.isdisjoint(killed.again)


def test_every_run_knows_the_run_it_is_compared_with(killed: KilledSweep) -> None:
    runs = SweepFolder(killed.path).runs()
    twins = {id for id, run in runs.items() if run.config.only == "unregularised"}  # type: ignore[attr-defined]
    others = [RunFolder(run.path).config_and_identity()[1] for id, run in runs.items() if id not in twins]
    assert {identity.twin for identity in others} == twins


def test_models_are_those_of_a_pair(
    killed: KilledSweep, tiny: Callable[..., RunConfig], tmp_path: Path
) -> None:
    """Up to how sums of a worker's threads are rounded; `test_halves` has it to the last bit."""
    config = tiny(penalty={"eta": 0.5, "eta_decoder": 0.1}, schedule={"steps": STEPS})
    for _ in start_run(config, tmp_path / "pair", Commands()):
        pass
    for key, folder in (("unregularised", "twin"), ("regularised", "eta-0.5")):
        expected = load_file(tmp_path / "pair" / "models" / f"{key}.safetensors")
        found = load_file(killed.path / folder / "models" / f"{key}.safetensors")
        for name, tensor in expected.items():
            torch.testing.assert_close(found[name], tensor, rtol=1e-3, atol=1e-4)
