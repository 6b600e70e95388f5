"""What was typed becomes a configuration, or a reason at the field that has to be mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from jnn_studio.app.steering import checking
from jnn_studio.app.steering.checking import images_problem, target_problem
from jnn_studio.base.flat_settings import flat_texts
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.common_settings import IMAGES as KIND
from jnn_studio.training.configuration.derived_words import words_for
from jnn_studio.training.configuration.presets import load_preset, preset_names
from jnn_studio.training.pair.pair_config import PairConfig

WORDS = words_for(PairConfig()).described_by(PairConfig)
SETTINGS = {setting.name: setting for group in WORDS.groups for setting in group.settings}


@dataclass(frozen=True)
class Checked:
    """A configuration, or reasons by name."""

    config: RunConfig | None
    reasons: Mapping[str, str]


def check(typed: Mapping[str, str]) -> Checked:
    """What is typed on top of the defaults, as the form checks it."""
    return Checked(*checking.check_run(PairConfig(), WORDS, typed))


def relevant(typed: Mapping[str, str]) -> set[str]:
    """Settings that matter, given some of them."""
    return checking.relevant(PairConfig(), WORDS, dict.fromkeys(SETTINGS, "") | typed)


@pytest.fixture
def typed() -> dict[str, str]:
    values = flat_texts(PairConfig())
    return {name: text for name, text in values.items() if name in SETTINGS}


@pytest.mark.parametrize("preset", preset_names(["autoencoder-pair"]))
def test_every_preset_survives_being_typed_in(preset: str, tmp_path: Path) -> None:
    config = load_preset(preset)
    if config.asks_for_images:
        config = config.with_changes(data=tmp_path)
    values = {name: text for name, text in flat_texts(config).items() if name in SETTINGS}
    assert check(values).config == config


def test_every_setting_says_what_it_does() -> None:
    assert [
        name for name, setting in SETTINGS.items() if name != "name" and len(setting.description) < 10
    ] == []


def test_every_value_a_person_would_change_is_asked_for() -> None:
    folder = PairConfig.model_validate({"data": {"kind": "folder", "path": "x"}})
    corrected = PairConfig.model_validate({"model": {"kind": "corrected-pca"}})
    asked = set().union(*(flat_texts(config) for config in (PairConfig(), folder, corrected)))
    assert asked - set(SETTINGS) == {"schema_version", "kind"}


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("schedule.steps", "1e3", "Enter a whole number."),
        ("schedule.steps", "", "Enter a whole number."),
        ("schedule.steps", "0", "Must be 1 or more."),
        ("optimiser.learning_rate", "0", "Must be more than 0."),
        ("optimiser.learning_rate", "fast", "Enter a number."),
        ("optimiser.learning_rate", "nan", "Enter a finite number."),
        ("penalty.eta", "-1", "Must be 0 or more."),
        ("penalty.eta", "paper", "Enter a number, paper-text, or paper-code."),
        ("data.count", "2000000", "Must be 1,000,000 or less."),
        ("name", "  ", "Enter a name."),
        ("name", "x" * 81, "Must be 80 characters or fewer."),
    ],
)
def test_a_wrong_value_has_its_reason(typed: dict[str, str], name: str, text: str, reason: str) -> None:
    checked = check(typed | {name: text})
    assert checked.config is None
    assert checked.reasons == {name: reason}


def test_a_comma_is_a_point_and_thousands_are_refused_where_they_are_typed(typed: dict[str, str]) -> None:
    numbers = {"penalty.sigma": "0,25", "penalty.eta": "0,5", "optimiser.learning_rate": "1,5e-3"}
    checked = check(typed | numbers)
    assert checked.reasons == {}
    assert (checked.config.penalty.sigma, checked.config.penalty.eta) == (0.25, 0.5)
    assert checked.config.optimiser.learning_rate == 0.0015
    for name, text in (("schedule.steps", "1,000"), ("schedule.steps", "8.192"), ("penalty.sigma", "1,500")):
        checked = check(typed | {name: text})
        assert checked.config is None
        assert list(checked.reasons) == [name]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"model.dct": "65"}, "model.dct"),
        ({"model.refinement": "8", "model.size": "36"}, "model.refinement"),
        ({"schedule.held_out": "8190"}, "schedule.held_out"),
    ],
)
def test_a_clash_between_settings_is_shown_at_the_first_one_it_names(
    typed: dict[str, str], changes: dict[str, str], name: str
) -> None:
    assert list(check(typed | changes).reasons) == [name]


def test_several_wrong_values_are_all_named(typed: dict[str, str]) -> None:
    checked = check(typed | {"schedule.steps": "x", "penalty.sigma": "0", "data.count": "1"})
    assert set(checked.reasons) == {"schedule.steps", "penalty.sigma", "data.count"}


def test_a_folder_is_asked_for_together_with_the_other_reasons() -> None:
    checked = check({KIND.name: "folder", "data.path": "", "schedule.steps": "0"})
    assert checked.reasons == {
        "data.path": "Choose a folder or zip of images.",
        "schedule.steps": "Must be 1 or more.",
    }


def test_settings_that_do_not_matter_are_not_asked_for() -> None:
    faces = relevant({KIND.name: "faces", "penalty.estimator": "auto"})
    folder = relevant({KIND.name: "folder", "penalty.estimator": "finite_difference"})
    assert not faces & {"data.path", "model.channels", "penalty.sigma"}
    assert faces >= {"data.count", "data.seed"}
    assert not folder & {"data.count", "data.seed"}
    assert folder >= {"data.path", "model.channels", "penalty.sigma"}


def test_images_must_be_in_a_folder_or_a_zip(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no image")
    (tmp_path / "images.zip").write_bytes(b"")
    assert images_problem(str(tmp_path)) == ""
    assert images_problem(str(tmp_path / "images.zip")) == ""
    assert "no folder or file" in images_problem(str(tmp_path / "nowhere"))
    assert "This is a file" in images_problem(str(tmp_path / "note.txt"))


def test_a_run_needs_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "note.txt").write_text("mine")
    assert target_problem(str(tmp_path / "new" / "run")) == ""
    assert target_problem(str(tmp_path / "empty")) == ""
    assert "not empty" in target_problem(str(tmp_path))
    assert "This is a file" in target_problem(str(tmp_path / "note.txt"))
