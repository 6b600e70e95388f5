"""A search by Optuna: its storage lies in the sweep's folder, where ``optuna-dashboard`` opens it.

What is stored there is what Optuna needs to choose; what has become of a run its own folder says. A trial
that was under way when the sweep was killed goes on from its run's last checkpoint.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from jnn_studio.base.flat_settings import as_typed, flat_texts
from jnn_studio.base.typed_numbers import one_number
from jnn_studio.runs.describing import describe
from jnn_studio.sweeps.agenda import EndedRun
from jnn_studio.sweeps.config import Axis, SearchConfig
from jnn_studio.sweeps.folder import PRUNED, STUDY, SWEEP, SweepError, SweepFolder
from jnn_studio.sweeps.plan import PlannedRun, plan_ends, plan_trial
from jnn_studio.training.configuration.identity import id_from

if TYPE_CHECKING:
    import optuna

HOW_TO_GET = (
    'a search needs Optuna, which comes with an extra: pip install "jnn-studio[sweep]"; grids do without'
)
_RANK_OVER = "effective rank over the largest"
"""A model counts where it is 0 or less."""
_BUSY_SECONDS = 30
UNJUDGED = 0.2
"""Share of a run before it can be stopped: how it begins says little."""


class SearchAgenda:
    """Asks Optuna which run comes next, and tells it what each came to.

    Args:
        folder: the sweep's.
        known: ids of the runs there are.

    Raises:
        SweepError: Optuna is not installed, or its storage cannot be opened.
        ConfigError: the ends of an axis make no run.
    """

    def __init__(self, folder: SweepFolder, search: SearchConfig, known: Mapping[str, Any]) -> None:
        self._folder, self._search, self._config = folder, search, folder.config
        self._where = str(folder.path / SWEEP)
        shared, _ = plan_ends(folder.id, self._config, self._where)  # before anything is trained
        self._study = open_study(folder, search)
        self._take_in(known)
        optuna = _optuna()
        running = self._study.get_trials(False, (optuna.trial.TrialState.RUNNING,))
        self._again = deque(trial.number for trial in running)
        self._trials: dict[str, Any] = {}
        self._waiting: deque[PlannedRun] = deque()
        self.total = search.trials + (shared is not None)
        if shared is not None:
            self._waiting.append(shared)

    def next(self) -> PlannedRun | None:
        """The twin of all, then trials that were under way, then new ones."""
        if self._waiting:
            return self._waiting.popleft()
        optuna = _optuna()
        if self._again:
            number = self._again.popleft()
            frozen = self._study.get_trials(False)[number]
            trial = optuna.Trial(self._study, frozen._trial_id)
        elif len(self._study.get_trials(False)) < self._search.trials:
            trial = self._study.ask()
        else:
            return None
        values = [_suggested(trial, axis) for axis in self._config.vary]
        run = plan_trial(self._folder.id, self._config, trial.number, values, self._where)[1]
        self._trials[run.id] = trial
        return run

    def hear(self, run: PlannedRun, step: int, psnr: float) -> bool:
        """Whether it stays below the median."""
        trial = self._trials.get(run.id)
        if trial is None or self._search.objective == "front" or not self._search.prune:
            return False
        trial.report(psnr, step)
        return bool(trial.should_prune())

    def ended(self, ended: EndedRun) -> None:
        """Tell what a trial came to; one that was stopped is left open, to be gone on with."""
        trial = self._trials.pop(ended.run.id, None)
        if trial is None or ended.outcome == "stopped":
            return
        state = _optuna().trial.TrialState
        summary = describe(ended.path) if ended.outcome == "finished" else None
        main = summary.main if summary is not None else None
        trial.set_user_attr("run", ended.run.id)
        trial.set_user_attr("folder", ended.path.name)
        if ended.outcome == "pruned":
            self._study.tell(trial, state=state.PRUNED)
        elif main is None or main.psnr is None or main.rank is None:
            trial.set_user_attr("reason", ended.reason or "it has measured no PSNR and effective rank")
            self._study.tell(trial, state=state.FAIL)
        else:
            trial.set_user_attr("psnr", main.psnr)
            trial.set_user_attr("effective_rank", main.rank)
            if self._search.largest_rank is not None:
                trial.set_constraint(_RANK_OVER, main.rank - self._search.largest_rank)
            front = self._search.objective == "front"
            self._study.tell(trial, [main.psnr, main.rank] if front else main.psnr)

    def close(self) -> None:
        """Let go of the file."""
        storage: Any = self._study._storage
        backend = getattr(storage, "_backend", storage)
        backend.remove_session()
        backend.engine.dispose()

    def _take_in(self, known: Collection[str]) -> None:
        """Trials of runs that the storage has forgotten, if somebody has removed it."""
        optuna = _optuna()
        runs = self._folder.runs()
        while True:
            number = len(self._study.get_trials(False))
            found = runs.get(id_from(self._folder.id, "trial", str(number)))
            if found is None or found.id not in known:
                return
            flat = flat_texts(found.config)
            distributions = {axis.setting: _distribution(axis) for axis in self._config.vary}
            params = {axis.setting: _value_in(flat[axis.setting], axis) for axis in self._config.vary}
            states = optuna.trial.TrialState
            state = states.PRUNED if self._folder.measured(found.id) == PRUNED else states.RUNNING
            self._study.add_trial(
                optuna.trial.create_trial(state=state, params=params, distributions=distributions)
            )


def open_study(folder: SweepFolder, search: SearchConfig) -> optuna.Study:
    """Optuna's study of a sweep; raises `SweepError` where it cannot be opened."""
    optuna = _optuna()
    from sqlalchemy import URL
    from sqlalchemy.exc import SQLAlchemyError

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path = folder.path / STUDY
    front = search.objective == "front"
    url = URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)
    try:
        storage = optuna.storages.RDBStorage(url, engine_kwargs={"connect_args": {"timeout": _BUSY_SECONDS}})
        begun = optuna.create_study(
            storage=storage,
            study_name=folder.config.name,
            directions=["maximize", "minimize"] if front else ["maximize"],
            load_if_exists=True,
        )
        # What was drawn in an earlier session is not to be drawn again.
        seed = (search.seed + 1_000_003 * len(begun.get_trials(False))) % 2**32
        unjudged = round(UNJUDGED * folder.base().schedule.steps)
        pruner = optuna.pruners.MedianPruner(search.warmup_trials, unjudged)
        return optuna.load_study(
            storage=storage,
            study_name=folder.config.name,
            sampler=optuna.samplers.TPESampler(seed=seed, constant_liar=True),
            pruner=pruner if search.prune and not front else optuna.pruners.NopPruner(),
        )
    except (SQLAlchemyError, optuna.exceptions.OptunaError) as error:
        raise SweepError(
            f"cannot open Optuna's storage {path}: {error}. Move it away: what is known of the runs is taken "
            "from their folders"
        ) from error


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise SweepError(HOW_TO_GET) from error
    return optuna


def _distribution(axis: Axis) -> Any:
    distributions = _optuna().distributions
    if axis.values is not None:
        return distributions.CategoricalDistribution(axis.values)
    kind = distributions.IntDistribution if axis.whole else distributions.FloatDistribution
    return kind(axis.low, axis.high, log=axis.spacing == "log")


def _suggested(trial: Any, axis: Axis) -> Any:
    if axis.values is not None:
        return trial.suggest_categorical(axis.setting, axis.values)
    log = axis.spacing == "log"
    if axis.whole:
        return trial.suggest_int(axis.setting, axis.low, axis.high, log=log)
    return float(f"{trial.suggest_float(axis.setting, axis.low, axis.high, log=log):.6g}")


def _value_in(text: str, axis: Axis) -> Any:
    """The value of an axis that stands so in a configuration."""
    if axis.values is not None:
        return next((value for value in axis.values if as_typed(value) == text), axis.values[0])
    return int(one_number(text, whole=True)) if axis.whole else float(text)
