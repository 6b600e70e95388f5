"""η found while a model trains, for the effective rank that a person wants."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jnn_studio.explore.columns.open_models import models_of_snapshot, open_run_models
from jnn_studio.explore.columns.roles import caption
from jnn_studio.models.weights import load_model
from jnn_studio.training.config import ConfigError, RunConfig
from jnn_studio.training.configuration.config_file import parse_config
from jnn_studio.training.events import Event, Metrics, Snapshot, Spectrum
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.pair.eta_search import FORESEEN, EtaSearch, SearchPlan
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands

Tiny = Callable[..., RunConfig]
Finish = Callable[[Iterable[Event]], Event]

SEARCHED = {"eta": 0.5, "eta_decoder": 0.1, "target_rank": 3.0, "adjust_every": 1}


# --- the controller -------------------------------------------------------------------------------------


class Plant:
    """A model as the controller sees it: its rank goes towards one that η decides, late and with noise."""

    def __init__(self, gain: float, lag: float, noise: float) -> None:
        self._gain, self._lag, self._noise = gain, lag, noise
        self._random = np.random.default_rng(0)
        self._log_rank = math.log(60.0)

    def rank(self, eta: float) -> float:
        """After one more interval at this η."""
        settled = math.log(49.0) - self._gain * math.log(eta / 0.3)
        self._log_rank += (min(settled, math.log(62.0)) - self._log_rank) / self._lag
        return math.exp(self._log_rank + self._noise * self._random.standard_normal())


def searched(plan: SearchPlan, plant: Plant) -> tuple[list[float], list[float]]:
    """The ranks and the η that a whole run goes through."""
    search, ranks, etas = EtaSearch(plan), [], []
    for step in range(plan.steps + 1):
        if step % plan.every == 0:
            ranks.append(plant.rank(search.eta))
            etas.append(search.eta)
            if plan.due(step):
                search.tell(ranks[-1])
    return ranks, etas


@pytest.mark.parametrize("target", [6.0, 17.0, 40.0])
@pytest.mark.parametrize("gain", [0.4, 0.7, 1.1])
@pytest.mark.parametrize("lag", [1.5, 5.0, 12.0])
@pytest.mark.parametrize("start", [0.03, 0.3, 3.0])
def test_it_reaches_the_target_without_swinging_around_it(
    target: float, gain: float, lag: float, start: float
) -> None:
    plan = SearchPlan(target, start, steps=3000, every=30)
    ranks, etas = searched(plan, Plant(gain, lag, noise=0.01))

    assert ranks[-1] == pytest.approx(target, rel=0.1)
    # Beyond the target it may shoot once, and never back again.
    error = np.log(np.array(ranks) / target)
    sides = np.sign(error[np.abs(error) > 0.1])
    assert np.count_nonzero(np.diff(sides)) <= 1
    assert np.abs(error[75:]).max() < 0.2
    assert np.abs(np.diff(np.log(etas[-40:]))).max() < 0.1


def test_it_waits_at_first_and_holds_what_it_found_to_the_end() -> None:
    plan = SearchPlan(17.0, 0.3, steps=1000, every=10)
    _, etas = searched(plan, Plant(0.7, 5.0, noise=0.05))

    assert set(etas[:6]) == {0.3}
    assert len(set(etas[6:80])) > 60
    assert len(set(etas[81:])) == 1
    assert not SearchPlan(17.0, 0.3, steps=1000, every=10, wait=200).due(190)


def test_it_moves_in_small_steps_and_stays_within_its_range() -> None:
    """Also where no η gives the rank that is wanted; and it comes back at once when one does."""
    search = EtaSearch(SearchPlan(17.0, 0.3, steps=10**6, every=1))
    etas = []
    for _ in range(500):
        search.tell(60.0)
        etas.append(search.eta)
    assert max(b / a for a, b in itertools.pairwise(etas)) <= 1.25 + 1e-9
    assert etas[-1] == pytest.approx(0.3e4)
    for _ in range(3):
        search.tell(5.0)
    assert search.eta < 0.3e4 / 1.5
    for _ in range(500):
        search.tell(0.0)
    assert search.eta == pytest.approx(0.3e-4)


def test_a_run_too_short_for_the_rank_to_follow_takes_eta_no_further_than_foretold() -> None:
    search = EtaSearch(SearchPlan(target=17, start=2.0, steps=400, every=4, most=FORESEEN))
    for _ in range(100):
        search.tell(60.0)
    assert search.eta == pytest.approx(10.0)


def test_another_search_goes_on_from_its_state_to_the_last_bit() -> None:
    plan = SearchPlan(17.0, 0.3, steps=1000, every=10)
    first, second = EtaSearch(plan), EtaSearch(plan)
    for rank in (50.0, 40.0, 33.3):
        first.tell(rank)
    for name, value in second.state.items():
        value.copy_(first.state[name])

    first.tell(31.0)
    second.tell(31.0)

    assert first.eta == second.eta


# --- a pair ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def aimed(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a pair trained towards an effective rank of 3."""
    path = tmp_path_factory.mktemp("aimed") / "run"
    config = tiny(
        penalty={"eta": 0.02, "eta_decoder": 0.01, "target_rank": 3.0},
        schedule={"steps": 600},
        optimiser={"learning_rate": 5e-3},
        logging={"metrics_every": 10, "spectrum_every": 50, "preview_every": 300, "checkpoint_every": 300},
    )
    for _ in start_run(config, path, Commands()):
        pass
    return path


def logged_etas(folder: RunFolder) -> list[tuple[int, float]]:
    metrics, _ = folder.metrics()
    assert not [m for m in metrics if "eta" in m.terms and m.member != "regularised"]
    return [(m.step, m.terms["eta"]) for m in metrics if "eta" in m.terms]


def test_a_pair_reaches_the_effective_rank_that_was_asked_for(aimed: Path) -> None:
    spectra = RunFolder(aimed).spectra(["unregularised", "regularised"])
    ranks = {s.member: s.effective_rank for s in spectra if s.step == 600}

    assert ranks["regularised"] == pytest.approx(3.0, rel=0.15)
    assert ranks["unregularised"] > 4.5


def test_the_path_of_eta_is_logged_and_the_last_fifth_is_trained_at_what_was_found(aimed: Path) -> None:
    etas = dict(logged_etas(RunFolder(aimed)))

    assert etas[10] == 0.02
    assert etas[300] != 0.02
    assert len({eta for step, eta in etas.items() if step > 490}) == 1


def test_the_weights_say_which_eta_was_found_and_for_what(aimed: Path) -> None:
    found = logged_etas(RunFolder(aimed))[-1][1]
    exported = load_model(aimed / "models" / "regularised.safetensors")
    (unregularised, opened) = open_run_models(aimed)

    for loaded in (exported, opened):
        assert float(loaded.info["eta"]) == found
        assert float(loaded.info["eta_decoder"]) == pytest.approx(found / 2)
        assert float(loaded.info["target_rank"]) == 3
        assert caption(loaded) == f"Regularised · η = {found:.3g} found for rank 3"
    assert caption(unregularised) == "Unregularised · η = 0"


def test_a_snapshot_of_a_run_under_way_says_the_eta_of_the_moment(tiny: Tiny, tmp_path: Path) -> None:
    config, commands = tiny(penalty=SEARCHED), Commands()
    for event in start_run(config, tmp_path / "run", commands):
        if isinstance(event, Metrics) and event.step == 10 and event.member == "regularised":
            commands.send(Command.SNAPSHOT)
        if isinstance(event, Snapshot):
            assert event.states["regularised"]["eta"] != pytest.approx(0.5)
            model = models_of_snapshot(config, event)["regularised"]
            assert float(model.info["eta"]) == pytest.approx(float(event.states["regularised"]["eta"]))
            break
    else:
        pytest.fail("there was no snapshot")


@pytest.mark.parametrize("told", [1, 7, 12, 19, 26, 33, 40])
def test_stopped_and_resumed_the_losses_and_the_path_of_eta_are_those_of_one_piece(
    tiny: Tiny, tmp_path: Path, outcome: Callable[[Path], Any], finish: Finish, told: int
) -> None:
    config = tiny(penalty=SEARCHED, logging={"metrics_every": 2, "spectrum_every": 3})
    whole, path = tmp_path / "whole", tmp_path / "run"
    finish(start_run(config, whole, Commands()))
    events = start_run(config, path, Commands())
    for _ in itertools.islice(events, told):
        pass
    events.close()
    finish(resume_run(path, Commands()))

    etas = [eta for _, eta in logged_etas(RunFolder(whole))]
    assert len(set(etas)) > 5
    assert logged_etas(RunFolder(path)) == logged_etas(RunFolder(whole))
    outcome(path).assert_same(outcome(whole))


def test_killed_without_a_word_it_goes_on_from_the_checkpoint_before(
    tiny: Tiny, tmp_path: Path, outcome: Callable[[Path], Any], finish: Finish
) -> None:
    """What a kill leaves: logs beyond the last checkpoint."""
    config = tiny(penalty=SEARCHED, logging={"metrics_every": 2, "spectrum_every": 3})
    whole, path = tmp_path / "whole", tmp_path / "run"
    finish(start_run(config, whole, Commands()))
    finish(start_run(config, path, Commands()))
    folder = RunFolder(path)
    folder.checkpoint_path(20).unlink()
    (path / "checkpoints" / "latest").write_text(folder.checkpoint_path(18).name)
    folder.set_state("running", 19)

    finish(resume_run(path, Commands()))

    assert logged_etas(folder) == logged_etas(RunFolder(whole))
    outcome(path).assert_same(outcome(whole))


def test_without_a_target_nothing_is_searched_for_and_nothing_new_is_written(
    tiny: Tiny, tmp_path: Path, finish: Finish
) -> None:
    finish(start_run(tiny(), tmp_path / "run", Commands()))

    assert logged_etas(RunFolder(tmp_path / "run")) == []
    assert "target_rank" not in (tmp_path / "run" / "config.toml").read_text()
    assert "adjust_every" not in (tmp_path / "run" / "config.toml").read_text()


def test_the_rank_is_looked_at_no_more_often_than_asked(tiny: Tiny, tmp_path: Path) -> None:
    config = tiny(penalty={**SEARCHED, "adjust_every": 7}, logging={"metrics_every": 1, "spectrum_every": 5})
    events = list(start_run(config, tmp_path / "run", Commands()))

    etas = [e.terms["eta"] for e in events if isinstance(e, Metrics) and "eta" in e.terms]
    changed = [step for step, (a, b) in enumerate(itertools.pairwise(etas), 1) if a != b]
    assert changed == [7, 14]
    assert {e.step for e in events if isinstance(e, Spectrum)} == {0, 5, 10, 15, 20}


# --- what is asked for ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("penalty", "said"),
    [
        ("target_rank = 1.0", "penalty.target_rank: Input should be greater than 1"),
        ("target_rank = nan", "penalty.target_rank: "),
        ("target_rank = 64", "penalty.target_rank (64) must be less than model.latent (64)"),
        ("target_rank = 17\neta = 0.0", "penalty.eta must be more than 0 where penalty.target_rank is given"),
        ("target_rank = 17\nadjust_every = 0", "penalty.adjust_every: "),
    ],
)
def test_a_search_that_cannot_end_well_is_refused(penalty: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(f"[model]\nlatent = 64\n[penalty]\n{penalty}", "mine.toml")
    assert said in str(caught.value)


def test_a_target_survives_being_written_down_and_the_papers_eta_can_be_where_it_starts(tiny: Tiny) -> None:
    config = tiny(penalty={"eta": "paper-code", "target_rank": 5.5})

    assert parse_config(config.to_toml(), "again") == config
    plan = config.penalty.search_plan(config.model.size, 1000)
    assert plan == SearchPlan(5.5, 0.25 / 32, 1000, every=10)


def test_other_kinds_of_run_have_no_rank_to_aim_at(tiny: Tiny) -> None:
    vae = parse_config('kind = "beta-vae"\n[model]\nsize = 64\nlatent = 4', "vae.toml")
    with pytest.raises(ConfigError, match="--target-rank: a run of kind 'beta-vae' has no effective rank"):
        vae.with_changes(target_rank=5.0)
    assert tiny().with_changes(target_rank=5.0).penalty.target_rank == 5


def test_a_log_of_a_search_is_plain_numbers(aimed: Path) -> None:
    lines = [json.loads(line) for line in (aimed / "metrics.jsonl").read_text().splitlines()]
    assert all(isinstance(v, float) for line in lines for v in line["terms"].values())


class Forgetful:
    """As a pair that begins as PCA: what it has lost at a large η it does not get back at a small one."""

    def __init__(self) -> None:
        self.rank = 64.0

    def at(self, eta: float) -> float:
        """After one more interval at this η: it loses what lies beyond 17 directions at η = 0.5."""
        self.rank += 0.2 * min(17 * (0.5 / eta) ** 0.7 - self.rank, 0.0)
        return self.rank


def test_eta_is_let_go_of_once_the_rank_is_reached_where_what_is_lost_stays_lost() -> None:
    plan = SearchPlan(17.0, 0.5, steps=3000, every=30, release=math.log(1.15))
    search, model, etas = EtaSearch(plan), Forgetful(), []
    for step in range(0, plan.steps, plan.every):
        rank = model.at(search.eta)
        etas.append(search.eta)
        if plan.due(step):
            search.tell(rank)

    assert model.rank == pytest.approx(17.0, rel=0.08)
    assert max(etas) > 0.4
    assert etas[-1] == pytest.approx(0.5 / 30)


def test_eta_is_taken_up_again_when_the_rank_is_left() -> None:
    search = EtaSearch(SearchPlan(17.0, 0.5, steps=3000, every=30, release=math.log(1.15)))
    for _ in range(100):
        search.tell(17.5)
    assert search.eta == pytest.approx(0.5 / 30)

    for rank in (18.5, 19.5, 20.5):
        before = search.eta
        search.tell(rank)
        assert search.eta > before


# --- decibels -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("give_up", [0.5, 2.0])
@pytest.mark.parametrize("lag", [1.5, 8.0])
def test_it_gives_up_the_decibels_it_may(give_up: float, lag: float) -> None:
    plan = SearchPlan(give_up, 0.3, steps=3000, every=30, aim="loss")
    search, lost = EtaSearch(plan), 0.0
    for step in range(0, plan.steps + 1, plan.every):
        lost += (1.2 * search.eta**0.8 - lost) / lag
        if plan.due(step):
            search.tell(lost)

    assert lost == pytest.approx(give_up, rel=0.1)


def test_a_pair_is_trained_for_the_decibels_it_may_give_up(
    tiny: Tiny, tmp_path: Path, finish: Finish
) -> None:
    config = tiny(
        penalty={"eta": 0.02, "eta_decoder": 0.01, "give_up": 1.0},
        schedule={"steps": 600},
        optimiser={"learning_rate": 5e-3},
        logging={"metrics_every": 10, "spectrum_every": 200, "preview_every": 300, "checkpoint_every": 300},
    )
    assert finish(start_run(config, tmp_path / "run", Commands())).state == "finished"

    metrics, _ = RunFolder(tmp_path / "run").metrics()
    ends = {m.member: m.terms["held_out_psnr"] for m in metrics if "held_out_psnr" in m.terms}
    assert ends["unregularised"] - ends["regularised"] == pytest.approx(1.0, abs=0.5)
    exported = load_model(tmp_path / "run" / "models" / "regularised.safetensors")
    assert caption(exported) == f"Regularised · η = {float(exported.info['eta']):.3g} found for −1 dB"


def test_a_rank_and_decibels_are_not_aimed_at_together(tiny: Tiny) -> None:
    with pytest.raises(
        ConfigError, match=r"penalty\.give_up \(1\) and penalty\.target_rank \(3\) cannot both"
    ):
        tiny(penalty={**SEARCHED, "give_up": 1.0})
    given = tiny(penalty=SEARCHED).with_changes(give_up=1.5)
    assert (given.penalty.give_up, given.penalty.target_rank) == (1.5, None)
    assert given.with_changes(target_rank=4).penalty.give_up is None
