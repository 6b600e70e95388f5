"""What a person writes in ``config.toml``, and what is said when it is wrong."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jnn_studio.data.config import FolderConfig
from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.training.config import SCHEMA_VERSION, ConfigError, RunConfig
from jnn_studio.training.configuration.config_file import parse_config, read_config, validate_config
from jnn_studio.training.configuration.presets import load_preset, preset_names
from jnn_studio.training.image_config import ImagesConfig
from jnn_studio.training.pair.pair_config import PairConfig, PenaltyConfig

Tiny = Callable[..., RunConfig]


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"penalty": {"eta": "paper-code"}},
        {"penalty": {"eta": 1e-7, "warmup_steps": 5, "estimator": "finite_difference", "sigma": 0.01}},
        {"data": {"kind": "folder", "path": "/photos/my faces [2]"}, "model": {"channels": 1}},
        {"optimiser": {"schedule": "constant", "weight_decay": 0.01}, "name": 'a "name" \\ with η\n'},
    ],
)
def test_a_configuration_survives_being_written_and_read(
    tiny: Tiny, tmp_path: Path, sections: dict[str, Any]
) -> None:
    if sections.get("data"):
        config = validate_config({"schema_version": 1, **sections}, "here")
    else:
        config = tiny(**sections)
    path = tmp_path / "config.toml"
    path.write_text(config.to_toml(), encoding="utf-8")

    assert read_config(path) == config
    assert tomllib.loads(config.to_toml())["schema_version"] == SCHEMA_VERSION


def test_settings_left_out_take_their_defaults() -> None:
    assert parse_config("", "here") == PairConfig()


def test_a_file_saved_by_an_editor_with_a_byte_order_mark_is_read(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(tiny().to_toml(), encoding="utf-8-sig")

    assert read_config(path) == tiny()


@pytest.mark.parametrize(
    ("toml", "setting", "value"),
    [
        ("[penalty]\neta = -1.0", "penalty.eta", "-1.0"),
        ("[penalty]\neta = nan", "penalty.eta", "nan"),
        ("[penalty]\neta = 'paper'", "penalty.eta", "'paper'"),
        ("[penalty]\neta_decoder = inf", "penalty.eta_decoder", "inf"),
        ("[penalty]\nsigma = 0.0", "penalty.sigma", "0.0"),
        ("[penalty]\nwarmup_steps = -3", "penalty.warmup_steps", "-3"),
        ("[penalty]\nestimator = 'exact'", "penalty.estimator", "'exact'"),
        ("[optimiser]\nlearning_rate = 0.0", "optimiser.learning_rate", "0.0"),
        ("[optimiser]\nschedule = 'linear'", "optimiser.schedule", "'linear'"),
        ("[schedule]\nsteps = 0", "schedule.steps", "0"),
        ("[schedule]\nsteps = 2.5", "schedule.steps", "2.5"),
        ("[schedule]\nbatch_size = 'all'", "schedule.batch_size", "'all'"),
        (f"[schedule]\nseed = {10**30}", "schedule.seed", str(10**30)),
        ("[schedule]\ndevice = 'tpu'", "schedule.device", "'tpu'"),
        ("[logging]\nmetrics_every = 0", "logging.metrics_every", "0"),
        ("[model]\nchannels = 2", "model.channels", "2"),
        ("[model]\nsize = 16\ndct = 17", "dct", "17"),
        ("[model]\nsize = 20\ndct = 8\nrefinement = 4", "refinement", "20"),
        (f"[model]\nhidden = {10**30}", "model.hidden", str(10**30)),
        ("[model]\nsize = 12\ndct = 8", "model.size", "12"),
        ("[model]\nchannels = 1", "model.channels", "1"),
        ("[data]\nkind = 'faces'\ncount = 3", "data.count", "3"),
        ("[data]\nkind = 'faces'\ncount = 300", "schedule.held_out", "300"),
        ("[data]\nkind = 'video'", "data", "'video'"),
        ("[data]\ncount = 300", "data", "kind"),
        ("[data]\nkind = 'folder'", "data.path", "missing"),
        ("[schedule]\nlearning_rate = 0.1", "schedule.learning_rate", "no such setting"),
        ("epochs = 4", "epochs", "no such setting"),
        ("schedule = 4", "schedule", "4"),
        ("name = ''", "name", "''"),
        ("kind = 'gan'", "kind", "'gan'"),
        ("schema_version = 0", "schema_version", "0"),
        (
            "[penalty]\nestimator = 'finite_difference'\n[schedule]\nprecision = 'bfloat16'",
            "schedule.precision",
            "penalty.estimator",
        ),
    ],
)
def test_an_error_names_the_file_the_setting_and_its_value(toml: str, setting: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(toml, "runs/mine.toml")

    (line,) = str(caught.value).splitlines()
    assert line.startswith("runs/mine.toml: ")
    assert setting in line
    assert value in line.removeprefix(f"runs/mine.toml: {setting}")


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ("[data]\ncount = 300", "data: its kind is missing; give 'faces' or 'folder'"),
        (
            "kind = 'beta-vae'\n[data]\npath = '/photos'",
            "data: its kind is missing; give 'faces' or 'folder'",
        ),
        (
            "kind = 'denoise'\n[data]\npath = '/photos'",
            "data: its kind is missing; give 'dead-leaves' or 'crops'",
        ),
        (
            "kind = 'rof'\n[problem.target]\nradius = 2.0",
            "problem.target: its kind is missing; give 'ball', 'box', 'annulus', 'two-balls' or 'drawn'",
        ),
    ],
)
def test_where_a_kind_is_missing_those_that_the_setting_takes_are_named(toml: str, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(toml, "here")

    assert str(caught.value) == f"here: {line}"


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ("kind = 'denoise'\n[data]\nkind = 'crops'\npath = '/p'\nper_photo = 0", "data.per_photo: .*got 0"),
        ("[data]\nkind = 'faces'\ncuont = 300", "data.cuont: there is no such setting .*got 300"),
        (
            "kind = 'rof'\n[problem.target]\nkind = 'ball'\nradius = -1.0",
            r"problem.target.radius: .*got -1.0",
        ),
        ("kind = 'rof'\n[problem.target]\nkind = 'drawn'", "problem.target.points: is missing"),
        (
            "kind = 'rof'\n[problem.target]\nkind = 'box'\nside = 1",
            "problem.target.side: there is no such setting",
        ),
        (
            "kind = 'rof'\n[problem]\ntarget = {kind = 'ring'}",
            "problem.target: .*one of 'ball', .*got 'ring'",
        ),
    ],
)
def test_a_setting_of_one_of_several_kinds_is_named_and_not_its_kind(toml: str, line: str) -> None:
    with pytest.raises(ConfigError, match=f"^here: {line}"):
        parse_config(toml, "here")


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config("[schedule]\nsteps = 0\n[penalty]\neta = -1.0", "here")

    assert {line.split(": ")[1] for line in str(caught.value).splitlines()} == {
        "schedule.steps",
        "penalty.eta",
    }


def test_a_newer_version_is_refused_before_anything_else_is_said() -> None:
    with pytest.raises(ConfigError, match=r"here was written by a newer JNN Studio \(format 2.*update"):
        parse_config("schema_version = 2\nnew_setting = true", "here")


def test_what_is_no_toml_is_refused() -> None:
    with pytest.raises(ConfigError, match="here is not valid TOML: .*line 1"):
        parse_config("steps: 3", "here")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes("name = 'Müller'".encode("latin-1"))

    for name in ("gone.toml", "latin.toml"):
        with pytest.raises(ConfigError, match=rf"cannot read the configuration .*{name}"):
            read_config(tmp_path / name)
    with pytest.raises(ConfigError, match="cannot read the configuration"):
        read_config(tmp_path)


@pytest.mark.parametrize("size", [64, 256])
def test_the_papers_etas_by_name_are_in_units_of_its_unnormalised_dct(size: int) -> None:
    assert PenaltyConfig(eta="paper-code").encoder_eta(size) == pytest.approx(0.25 / (2 * size), rel=1e-12)
    assert PenaltyConfig(eta="paper-text").encoder_eta(size) == pytest.approx(0.5 / (2 * size), rel=1e-12)
    assert PenaltyConfig(eta=0.25).encoder_eta(size) == 0.25


def test_changes_from_the_command_line(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    changed = tiny().with_changes(Path("photos"), eta="paper-text", steps=7, device="cpu")

    # The path is kept as seen from where it was given.
    assert changed.data == FolderConfig(path=tmp_path / "photos")
    assert changed.penalty.eta == "paper-text"
    assert changed.schedule.steps == 7
    assert tiny().with_changes(eta="0.125").penalty.eta == 0.125
    assert tiny().with_changes() == tiny()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"eta": "much"}, "--eta: expected a number or one of paper-text, paper-code, got 'much'"),
        ({"eta": "-1"}, r"penalty\.eta: .*got -1\.0"),
        ({"steps": 0}, r"schedule\.steps: .*got 0"),
        ({"device": "tpu"}, r"schedule\.device: .*got 'tpu'"),
    ],
)
def test_wrong_changes_are_refused(tiny: Tiny, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        tiny().with_changes(**changes)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_a_run_that_can_be_written_down(name: str) -> None:
    preset = load_preset(name)

    assert preset.name == name
    assert parse_config(preset.to_toml(), name) == preset


def test_presets_are_listed_quickest_first() -> None:
    presets = [load_preset(name) for name in preset_names()]
    steps = [preset.schedule.steps for preset in presets if not preset.asks_for_images]

    assert "faces-quick" in preset_names()
    assert steps == sorted(steps)


def test_presets_whose_images_have_to_be_chosen_come_last_and_say_so(tmp_path: Path) -> None:
    asking = [load_preset(name).asks_for_images for name in preset_names()]

    assert asking == sorted(asking)
    photos = load_preset("photos")
    assert photos.asks_for_images
    assert parse_config(photos.to_toml(), "here").asks_for_images
    assert not photos.with_changes(data=tmp_path).asks_for_images
    assert photos.with_changes(data=tmp_path).data == FolderConfig(path=tmp_path)
    # The working folder is no less a folder than any other.
    assert FolderConfig(path=".").path == Path.cwd()


def test_a_run_of_before_there_were_kinds_of_model_is_of_the_paper_s() -> None:
    config = parse_config("[model]\nsize = 32\nlatent = 12", "here")

    assert config.model == AutoencoderConfig(size=32, latent=12)
    assert config.images == ImagesConfig(mirror=False, shift=0, mix=0.0, grey="as-set", apart="images")


def test_an_unknown_preset_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="there is no preset 'face'; there are: .*faces-quick"):
        load_preset("face")


@pytest.mark.timeout(30)
def test_configurations_of_anything_are_refused_in_words(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, content in {
        "deep": "a = " + "[" * 3000 + "]" * 3000,
        "digits": "steps = " + "9" * 10_000,
        "hexadecimal": "steps = 0x" + "f" * 10_000,
        "dotted": ".".join(["a"] * 20_000) + " = 1",
        "large": "#" * 100_000,
        "bytes": "\udcff",
    }.items():
        (tmp_path / name).write_text(content, "utf-8", "surrogateescape")
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(ConfigError, match=str(path)) as caught:
            read_config(path)
        assert len(str(caught.value)) < 500
    with pytest.raises(ConfigError, match="a pipe, not a file"):
        read_config(tmp_path / "pipe")


def test_a_long_value_is_not_repeated_whole() -> None:
    with pytest.raises(ConfigError, match="name: ") as caught:
        parse_config(f'name = "{"x" * 10_000}"', "here")
    assert len(str(caught.value)) < 300
