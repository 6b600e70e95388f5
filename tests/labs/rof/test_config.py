"""Settings of the ROF lab: presets are the paper's, and what has no answer is refused at its field."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from jnn_studio.labs.rof.config import RofConfig
from jnn_studio.training.config import ConfigError, validate_as
from jnn_studio.training.configuration.config_file import parse_config
from jnn_studio.training.configuration.presets import load_preset, preset_names

LINE = [[0, 0], [1, 1], [0.5, 0.5]]
TRIANGLE = [[0, 0], [1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("problem", "field", "reason"),
    [
        ({"eta": 0.5}, "eta", r"η must be below 0\.5 \(1/n = 1/2\)"),
        ({"n": 3, "eta": 0.34}, "eta", r"below 0\.3333 \(1/n = 1/3\)"),
        ({"target": {"kind": "ball", "radius": 0.5}, "eta": 0.25}, "eta", "volume over its perimeter"),
        ({"half_width": 1.2, "eta": 0.4}, "eta", "inside and outside meet"),
        ({"eta": 0}, "eta", "greater than 0"),
        ({"half_width": 1.0}, "half_width", r"must be larger than the target, which reaches to 1"),
        ({"target": {"kind": "two-balls"}, "half_width": 1.5}, "half_width", "which reaches to 1.7"),
        ({"n": 5, "half_width": 1.01, "eta": 0.01}, "half_width", "no closed solution is known"),
        ({"n": 3, "target": {"kind": "box"}}, "target", "up to n = 2; with n = 3 use a ball"),
        ({"n": 1, "target": {"kind": "drawn", "points": TRIANGLE}}, "target", "n must be 2, not 1"),
        ({"target": {"kind": "drawn", "points": LINE}}, "target", "encloses no area"),
        ({"target": {"kind": "drawn", "points": TRIANGLE[:2]}}, "target.points", "at least 3"),
        ({"target": {"kind": "annulus", "inner": 1.0}}, "target", "must be smaller than outer"),
        ({"target": {"kind": "two-balls", "distance": 1.0}}, "target", "must exceed twice the radius"),
        ({"n": 0}, "n", "greater than or equal to 1"),
    ],
)
def test_settings_without_an_answer_are_refused_at_the_field(
    problem: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(ConfigError, match=rf"settings: problem\.{re.escape(field)}: .*{reason}"):
        validate_as(RofConfig, {"problem": problem}, "settings")
    with pytest.raises(ValidationError) as refusal:
        RofConfig.model_validate({"problem": problem})
    assert refusal.value.errors()[0]["loc"][:2] == ("problem", field.split(".")[0])


def test_presets() -> None:
    assert set(preset_names({"rof"})) == {"rof-2d", "rof-5d", "rof-2d-quick", "rof-5d-quick"}


@pytest.mark.parametrize(
    ("name", "n", "half_width", "etas", "start", "increment"),
    [("rof-2d", 2, 10.0, (0.1, 0.25), 0.05, 0.05), ("rof-5d", 5, 2.0, (0.01, 0.05), 0.01, 0.01)],
)
def test_the_published_settings(
    name: str, n: int, half_width: float, etas: tuple[float, float], start: float, increment: float
) -> None:
    preset = load_preset(name)
    assert isinstance(preset, RofConfig)
    problem, penalty = preset.problem, preset.penalty

    assert (problem.n, problem.half_width, problem.eta) == (n, half_width, etas[0])
    assert preset.with_changes(eta=str(etas[1])).problem.eta == etas[1]
    assert (penalty.start, penalty.increment, penalty.every) == (start, increment, 10_000)
    assert (penalty.draws, penalty.sigma) == (10, 1e-3)
    assert (preset.network.frequencies, preset.network.hidden) == (500, 100)
    assert (preset.schedule.steps, preset.schedule.batch_size) == (100_000, 10_000)
    assert (preset.optimiser.learning_rate, preset.optimiser.schedule) == (1e-4, "constant")


def test_a_drawn_shape_travels_in_the_file() -> None:
    settings = {"kind": "rof", "problem": {"target": {"kind": "drawn", "points": TRIANGLE}, "eta": 0.05}}
    config = validate_as(RofConfig, settings, "settings")

    assert parse_config(config.to_toml(), "again") == config


def test_eta_from_the_command_line_must_be_a_number(tiny_rof: Any) -> None:
    with pytest.raises(ConfigError, match="--eta: expected a number, got 'much'"):
        tiny_rof().with_changes(eta="much")
    with pytest.raises(ConfigError, match=r"problem\.eta: η must be below"):
        tiny_rof().with_changes(eta="0.6")
