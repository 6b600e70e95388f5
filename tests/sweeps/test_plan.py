"""What a sweep trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jnn_studio.sweeps.config import SweepConfig, sweep_from
from jnn_studio.sweeps.folder import load_sweep, sweep_preset_names
from jnn_studio.sweeps.plan import PlannedRun, plan_grid, plan_trial
from jnn_studio.training.config import ConfigError

TinySweep = Callable[..., SweepConfig]


def planned(config: SweepConfig, sweep_id: str = "0123456789abcdef") -> tuple[PlannedRun, ...]:
    return plan_grid(sweep_id, config, "here")


def axis(setting: str, *values: Any, **more: Any) -> dict[str, Any]:
    return {"setting": setting, **({"values": list(values)} if values else {}), **more}


def test_the_twin_is_one_however_many_eta_there_are(tiny_sweep: TinySweep) -> None:
    twin, *others = planned(tiny_sweep())
    assert twin.is_twin
    assert twin.config.only == "unregularised"  # type: ignore[attr-defined]
    assert [run.values["penalty.eta"] for run in others] == [0.1, 0.5, 2.0]
    assert {run.twin for run in others} == {twin.id}
    for run in others:
        assert run.config.only == "regularised"  # type: ignore[attr-defined]
        penalty = run.config.penalty  # type: ignore[attr-defined]
        assert penalty.eta_decoder == pytest.approx(0.2 * penalty.eta)


def test_what_makes_a_difference_to_the_twin_has_a_twin_for_each_value(tiny_sweep: TinySweep) -> None:
    vary = [axis("penalty.eta", 0.1, 0.5), axis("model.latent", 4, 8), axis("penalty.warmup_steps", 0, 10)]
    runs = planned(tiny_sweep(vary=vary))
    twins = [run for run in runs if run.is_twin]
    assert [twin.values for twin in twins] == [{"model.latent": 4}, {"model.latent": 8}]
    assert len(runs) - len(twins) == 8
    latent = {twin.id: twin.values["model.latent"] for twin in twins}
    assert all(latent[run.twin] == run.values["model.latent"] for run in runs if run.twin)
    assert len({run.folder for run in runs}) == len(runs)


def test_no_penalty_at_all_is_the_twin(tiny_sweep: TinySweep) -> None:
    eta = axis("penalty.eta", 0, 0.5, along={"penalty.eta_decoder": 0.2})
    twin, other = planned(tiny_sweep(vary=[eta]))
    assert twin.is_twin
    assert other.values == {"penalty.eta": 0.5}


def test_runs_that_need_each_other_stay_pairs(tiny_sweep: TinySweep) -> None:
    runs = planned(tiny_sweep(vary=[axis("penalty.give_up", 0.5, 1.0)]))
    assert [(run.config.only, run.twin) for run in runs] == [(None, "")] * 2  # type: ignore[attr-defined]


def test_a_run_is_the_same_whatever_else_is_planned(tiny_sweep: TinySweep) -> None:
    """More η may be added to a sweep that has been trained."""
    few = {run.id: run.config for run in planned(tiny_sweep(vary=[axis("penalty.eta", 0.5)]))}
    many = {run.id: run.config for run in planned(tiny_sweep(vary=[axis("penalty.eta", 0.1, 0.5, 1.0)]))}
    assert few.items() <= many.items()
    assert set(few).isdisjoint(run.id for run in planned(tiny_sweep(), "another"))


def test_any_setting_of_any_kind_of_run_may_vary(tiny_sweep: TinySweep) -> None:
    beta = axis("divergence.beta", low=1.0, high=16.0, count=3)
    runs = planned(
        sweep_from({"name": "beta", "preset": "", "vary": [beta], "run": {"kind": "beta-vae"}}, "here")
    )
    assert [run.config.divergence.beta for run in runs] == [1.0, 4.0, 16.0]  # type: ignore[attr-defined]


def test_values_between_two_ends() -> None:
    def grid(**ends: Any) -> tuple[Any, ...]:
        return sweep_from({"vary": [axis("penalty.eta", **ends)]}, "here").vary[0].grid

    assert grid(low=0.01, high=1.0, count=3) == (0.01, 0.1, 1.0)
    assert grid(low=0.0, high=1.0, count=3, spacing="linear") == (0.0, 0.5, 1.0)
    assert grid(low=4, high=64, count=5) == (4, 8, 16, 32, 64)


@pytest.mark.parametrize(
    ("vary", "wrong"),
    [
        (axis("penalty.etta", 1.0), "penalty.etta: there is no such setting"),
        (axis("penalty.eta", 0.1, -1.0), "penalty.eta: Input should be greater than or equal to 0"),
        (axis("penalty.target_rank", 4, 99), "must be less than model.latent"),
        (axis("penalty.eta", low=0.0, high=1.0, count=3), "low must be more than 0"),
        (axis("penalty.eta", low=2.0, high=1.0, count=3), "low (2) must be less than high (1)"),
        (axis("penalty.eta", low=0.1, high=1.0), "give count"),
        (axis("penalty.eta"), "give either values, or low and high"),
        (axis("only", "regularised"), "only cannot vary"),
        (axis("penalty.eta", 1.0, along={"penalty.eta": 2.0}), "penalty.eta varies twice"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_trained(
    tiny_sweep: TinySweep, vary: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(ConfigError) as error:
        planned(tiny_sweep(vary=[vary]))
    assert wrong in str(error.value)


def test_a_search_shares_its_twin_unless_what_varies_changes_it(tiny_sweep: TinySweep) -> None:
    search = {"trials": 4}
    eta = axis("penalty.eta", low=0.1, high=1.0)
    twin, run = plan_trial("s", tiny_sweep(vary=[eta], search=search), 3, [0.3], "here")
    assert twin is not None
    assert run.twin == twin.id
    latent = axis("model.latent", low=4, high=8)
    twin, run = plan_trial("s", tiny_sweep(vary=[eta, latent], search=search), 3, [0.3, 5], "here")
    assert twin is None
    assert run.config.only is None  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sweep_preset_names())
def test_sweeps_that_ship_can_be_trained(name: str) -> None:
    config = load_sweep(name)
    assert config.name == name
    values = [a.values[0] if a.values else a.low for a in config.vary]
    assert planned(config) if config.search is None else plan_trial("s", config, 0, values, "here")
