"""A search by Optuna, whose storage others can open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import optuna
import pytest

from jnn_studio.sweeps.agenda import EndedRun
from jnn_studio.sweeps.config import SweepConfig
from jnn_studio.sweeps.folder import PRUNED, STUDY, SweepFolder
from jnn_studio.sweeps.plan import PlannedRun
from jnn_studio.sweeps.search import SearchAgenda
from jnn_studio.sweeps.training import RunAt, RunBegan, RunEnded, SweepEnded, train_sweep
from jnn_studio.training.configuration.identity import new_identity
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

TrialState = optuna.trial.TrialState
TinySweep = Callable[..., SweepConfig]
ETA = {"setting": "penalty.eta", "low": 0.05, "high": 5.0, "along": {"penalty.eta_decoder": 0.2}}


@pytest.fixture
def study() -> Iterator[Callable[[SweepFolder], optuna.Study]]:
    """Opens the storage as any other program does."""
    storages: list[Any] = []

    def load(folder: SweepFolder) -> optuna.Study:
        storage = optuna.storages.RDBStorage(f"sqlite:///{folder.path / STUDY}")
        storages.append(storage)
        return optuna.load_study(study_name=folder.config.name, storage=storage)

    yield load
    for storage in storages:
        storage.remove_session()
        storage.engine.dispose()


def train(run: PlannedRun, path: Path) -> EndedRun:
    for _ in start_run(run.config, path, Commands(), identity=new_identity(run.id, run.twin)):
        pass
    return EndedRun(run, path, "finished")


def test_a_search_that_was_stopped_goes_on_with_its_trials(
    tiny_sweep: TinySweep, tmp_path: Path, study: Callable[[SweepFolder], optuna.Study]
) -> None:
    folder = SweepFolder.create(
        tmp_path / "sweep", tiny_sweep(vary=[ETA], search={"trials": 3, "largest_rank": 7.5, "prune": False})
    )
    stop = Event()
    first: list[str] = []
    for event in train_sweep(folder, 1, stop.is_set):
        if isinstance(event, RunBegan):
            first.append(event.run.id)
        if isinstance(event, RunAt) and event.run.trial == 1:
            stop.set()
    assert len(first) == 3  # the twin, a trial, and the one that was stopped
    assert [trial.state for trial in study(folder).trials] == [TrialState.COMPLETE, TrialState.RUNNING]

    events = list(train_sweep(folder, 1))

    trials = study(folder).trials
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 3
    assert [e.before for e in events if isinstance(e, RunEnded) and e.ended.run.is_twin] == [True]
    again = [event.run.id for event in events if isinstance(event, RunBegan)]
    assert again[0] == first[-1]
    assert len({*first, *again}) == 4
    assert events[-1] == SweepEnded("finished")
    runs = folder.runs()
    assert len(runs) == 4
    for trial in trials:
        config = runs[trial.user_attrs["run"]].config
        assert config.penalty.eta == pytest.approx(trial.params["penalty.eta"], rel=1e-5)  # type: ignore[attr-defined]
        assert trial.value == trial.user_attrs["psnr"]


def test_a_trial_below_the_median_is_stopped_and_stays_so(
    tiny_sweep: TinySweep, tmp_path: Path, study: Callable[[SweepFolder], optuna.Study]
) -> None:
    search = {"trials": 3, "warmup_trials": 1}
    folder = SweepFolder.create(tmp_path / "sweep", tiny_sweep(vary=[ETA], search=search))
    with closing(SearchAgenda(folder, folder.config.search, {})) as agenda:  # type: ignore[arg-type]
        twin, good, bad = (agenda.next() for _ in range(3))
        assert twin is not None
        assert twin.is_twin
        assert good is not None
        assert bad is not None
        assert not agenda.hear(good, 10, 20.0)
        agenda.ended(train(good, tmp_path / "sweep" / good.folder))
        assert agenda.hear(bad, 10, 10.0)
        agenda.ended(EndedRun(bad, tmp_path / "sweep" / bad.folder, "pruned"))
    assert [trial.state for trial in study(folder).trials] == [TrialState.COMPLETE, TrialState.PRUNED]
    with closing(SearchAgenda(folder, folder.config.search, {})) as agenda:  # type: ignore[arg-type]
        left = [run.id for run in iter(agenda.next, None)]
    assert bad.id not in left
    assert len(left) == 2  # the twin, and one more
    train(bad, tmp_path / "sweep" / bad.folder)
    folder.keep_measured(bad.id, PRUNED)
    (folder.path / STUDY).unlink()
    with closing(SearchAgenda(folder, folder.config.search, folder.runs())) as agenda:  # type: ignore[arg-type]
        assert bad.id not in [run.id for run in iter(agenda.next, None)]


def test_a_storage_that_was_removed_is_made_again_from_the_runs(
    tiny_sweep: TinySweep, tmp_path: Path, study: Callable[[SweepFolder], optuna.Study]
) -> None:
    search = {"trials": 1, "objective": "front"}
    folder = SweepFolder.create(tmp_path / "sweep", tiny_sweep(vary=[ETA], search=search))
    with closing(SearchAgenda(folder, folder.config.search, {})) as agenda:  # type: ignore[arg-type]
        _, run = agenda.next(), agenda.next()
        assert run is not None
        train(run, tmp_path / "sweep" / run.folder)
    (folder.path / STUDY).unlink()
    with closing(SearchAgenda(folder, folder.config.search, folder.runs())) as agenda:  # type: ignore[arg-type]
        _, again = agenda.next(), agenda.next()
        assert again is not None
        assert again.id == run.id
        assert again.config.penalty == run.config.penalty  # type: ignore[attr-defined]
        agenda.ended(EndedRun(again, tmp_path / "sweep" / run.folder, "finished"))
    (trial,) = study(folder).trials
    summary = RunFolder(folder.path / run.folder).newest_spectra(("regularised",))["regularised"]
    assert trial.values[1] == pytest.approx(summary.effective_rank)
