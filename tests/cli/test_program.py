"""The command line."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from jnn_studio.base.version import __version__
from jnn_studio.cli import program as cli
from jnn_studio.cli.commands import train
from jnn_studio.data.faces import FaceSource
from jnn_studio.doctor import Check
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import read_config, validate_config
from jnn_studio.training.events import Metrics, StateChanged
from jnn_studio.training.folder.run_folder import RunFolder

Tiny = Callable[..., RunConfig]
Invoke = Callable[..., Any]


def program(
    window: Callable[[Sequence[Path]], int] = lambda files: 0, checks: tuple[Check, ...] = ()
) -> typer.Typer:
    return cli.build(window, lambda: list(checks))


@pytest.fixture
def invoke() -> Invoke:
    """Runs ``jnn-studio`` with arguments, without a window."""

    def run(*arguments: str | Path) -> Any:
        return CliRunner().invoke(program(), [str(argument) for argument in arguments])

    return run


@pytest.fixture
def config(tiny: Tiny, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(tiny(name="a [bold]name[/oops]").to_toml(), encoding="utf-8")
    return path


@pytest.fixture
def face(tmp_path: Path) -> Path:
    path = tmp_path / "face.png"
    (pixels,) = FaceSource(1, 40, seed=3).thumbnails([0], 40)
    Image.fromarray(pixels).save(path)
    return path


# --- the program ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [0, 3])
def test_without_a_command_it_opens_the_window(status: int) -> None:
    assert CliRunner().invoke(program(window=lambda files: status), []).exit_code == status


def test_its_help_names_every_command_and_preset(invoke: Invoke) -> None:
    shown = invoke("--help")

    assert shown.exit_code == 0
    for command in ("train", "traverse", "doctor"):
        assert command in shown.stdout
    assert "faces-quick" in invoke("train", "--help").stdout


def test_it_says_its_version_and_completes_in_a_shell(invoke: Invoke) -> None:
    assert invoke("--version").stdout == f"jnn-studio {__version__}\n"
    assert "--install-completion" in invoke("--help").stdout


def test_a_command_that_is_not_there_is_refused(invoke: Invoke) -> None:
    assert invoke("validate").exit_code == 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the files are Linux's")
def test_the_desktop_is_told_of_it_and_forgets_it(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    entry = tmp_path / "applications" / "jnn-studio.desktop"
    shown = invoke("--install-desktop")
    assert shown.exit_code == 0
    assert str(entry) in shown.stdout.replace("\n", "")
    assert entry.exists()
    assert invoke("--remove-desktop").exit_code == 0
    assert not entry.exists()
    shutil.rmtree(tmp_path / "applications")
    (tmp_path / "applications").write_text("in the way")
    refused = invoke("--install-desktop")
    assert refused.exit_code == 1
    assert "applications" in refused.output


# --- open ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", [[], ["open"]])
def test_files_are_opened_in_the_window(word: list[str], face: Path, config: Path) -> None:
    opened: list[Path] = []

    def window(files: Sequence[Path]) -> int:
        opened.extend(files)
        return 5

    done = CliRunner().invoke(program(window), [*word, str(face), str(config)])

    assert done.exit_code == 5
    assert opened == [face, config]


@pytest.mark.parametrize("word", ["gone/for/good", "gone.jnnmodel", "/gone/for/good"])
def test_what_is_neither_a_command_nor_a_file_is_said(invoke: Invoke, word: str) -> None:
    refused = invoke(word)
    assert refused.exit_code == 1
    assert f"there is nothing at {word}, and no command is called so" in refused.stderr.replace("\n", "")


# --- train ------------------------------------------------------------------------------------------


def test_train_shows_its_progress_and_leaves_a_run(invoke: Invoke, config: Path, tmp_path: Path) -> None:
    done = invoke("train", "--config", config, "--out", tmp_path / "run")

    assert done.exit_code == 0, done.output
    assert "Preparing images (48)" in done.stdout
    assert "a [bold]name[/oops]: Unregularised / Regularised on CPU, 1 thread, float32" in done.stdout
    last = {m.member: m.terms["reconstruction"] for m in losses(tmp_path / "run") if m.step == 20}
    (progress,) = (line for line in done.stdout.splitlines() if "20/20" in line)
    assert "steps/s" in progress
    assert "0:00:00" in progress
    assert progress.rstrip().endswith(f"loss {last['unregularised']:.4g} / {last['regularised']:.4g}")
    assert "finished at step 20" in done.stdout
    assert done.stderr == ""
    folder = RunFolder.open(tmp_path / "run")
    assert folder.state().state == "finished"
    assert folder.config() == read_config(config)
    assert {m.step for m in losses(folder.path)} == {5, 10, 15, 20}


def test_another_kind_of_run_is_trained_by_the_same_command(invoke: Invoke, tmp_path: Path) -> None:
    settings = {
        "kind": "beta-vae",
        "data": {"kind": "faces", "count": 48},
        "model": {"size": 32, "latent": 4, "widths": [4, 4, 4, 4, 4]},
        "schedule": {"steps": 6, "batch_size": 8, "held_out": 6, "device": "cpu"},
        "logging": {"metrics_every": 2},
    }
    (tmp_path / "vae.toml").write_text(validate_config(settings, "vae").to_toml())

    done = invoke("train", "--config", tmp_path / "vae.toml", "--out", tmp_path / "run")

    assert done.exit_code == 0, done.output
    assert "run: β-VAE on CPU" in done.stdout
    last = losses(tmp_path / "run")[-1].terms["reconstruction"]
    (progress,) = (line for line in done.stdout.splitlines() if "6/6" in line)
    assert progress.rstrip().endswith(f"loss {last:.4g}")


def test_a_setting_that_a_kind_of_run_does_not_have_is_refused(invoke: Invoke, tmp_path: Path) -> None:
    refused = invoke("train", "beta-vae-quick", "--eta", "0.5", "--out", tmp_path / "run")

    assert refused.exit_code == 1
    assert refused.stderr == "--eta: a run of kind 'beta-vae' has no η to choose\n"
    assert not (tmp_path / "run").exists()


def losses(path: Path) -> list[Metrics]:
    return [m for m in RunFolder(path).metrics()[0] if "total" in m.terms]


def test_a_preset_is_trained_with_the_changes_asked_for(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[RunConfig] = []

    def start(config: RunConfig, *_: object, **more: object) -> list[object]:
        started.append(config)
        return [StateChanged("finished", 7)]

    monkeypatch.setattr(train, "start_run", start)
    done = invoke(
        *("train", "faces-quick", "--out", tmp_path / "run"),
        *("--data", tmp_path, "--eta", "paper-code", "--steps", "7", "--device", "cpu"),
    )

    assert done.exit_code == 0
    (config,) = started
    assert config.name == "faces-quick"
    assert config.model_dump()["data"] == {"kind": "folder", "path": tmp_path}
    assert (config.penalty.eta, config.schedule.steps, config.schedule.device) == ("paper-code", 7, "cpu")


def test_a_stopped_run_is_resumed_and_a_finished_one_is_not(
    invoke: Invoke, config: Path, tmp_path: Path, tiny: Tiny
) -> None:
    path = tmp_path / "run"
    RunFolder.create(path, tiny())

    resumed = invoke("train", "--resume", path)
    again = invoke("train", "--resume", path)

    assert resumed.exit_code == 0
    assert "finished at step 20" in resumed.stdout
    assert again.exit_code == 1
    assert again.stderr == f"the run in {path} is finished: there is nothing left to train\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["train"], "give a preset ("),
        (["train", "faces-quick", "--config", "tiny.toml", "--out", "run"], "give a preset ("),
        (["train", "faces-quick"], "give --out, a new folder for the run"),
        (["train", "no-such-preset", "--out", "run"], "there is no preset 'no-such-preset'; there are: "),
        (["train", "photos", "--out", "run"], "photos trains on images of your own; give --data, a folder"),
        (["train", "--config", "gone.toml", "--out", "run"], "cannot read the configuration gone.toml"),
        (["train", "--config", "tiny.toml", "--out", "run", "--eta", "-1"], "settings: penalty.eta: "),
        (["train", "--config", "tiny.toml", "--out", "run", "--eta", "much"], "--eta: expected a number"),
        (["train", "--config", "tiny.toml", "--out", "run", "--steps", "0"], "settings: schedule.steps: "),
        (["train", "--config", "tiny.toml", "--out", "run", "--device", "tpu"], "schedule.device: "),
        (["train", "--config", "tiny.toml", "--out", "."], "is not empty; choose another folder"),
        (["train", "--config", "tiny.toml", "--out", "tiny.toml"], "cannot write a run to tiny.toml"),
        (["train", "--config", "tiny.toml", "--out", "run", "--data", "gone"], "gone"),
        (["train", "--resume", "gone"], "gone holds no run"),
        (["train", "--resume", "."], "holds no run"),
        (["train", "faces-quick", "--resume", "run"], "--resume takes everything from the run folder"),
        (["train", "--resume", "run", "--steps", "0"], "--resume takes everything from the run folder"),
        (["train", "--resume", "run", "--out", "other"], "--resume takes everything from the run folder"),
    ],
)
@pytest.mark.usefixtures("config")
def test_what_cannot_be_trained_is_refused_in_a_line(
    invoke: Invoke,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    refused = invoke(*arguments)

    assert refused.exit_code == 1
    (line,) = refused.stderr.splitlines()
    assert complaint in line
    assert "Traceback" not in refused.output


def test_a_long_path_in_an_error_is_not_broken_over_lines(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "deep [and]" / ("long " * 30).strip() / "gone.toml"

    refused = invoke("train", "--config", path, "--out", tmp_path / "run")

    assert str(path) in refused.stderr


def test_a_run_that_fails_says_why_and_exits_with_one(invoke: Invoke, tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "wild.toml"
    path.write_text(tiny(optimiser={"learning_rate": 1e18}).to_toml(), encoding="utf-8")

    failed = invoke("train", "--config", path, "--out", tmp_path / "run")

    assert failed.exit_code == 1
    assert "of the unregularised model became" in failed.stderr
    assert "Traceback" not in failed.output


# --- doctor -----------------------------------------------------------------------------------------


def test_doctor_prints_a_line_for_each_check_and_its_exit_status_is_the_verdict() -> None:
    sound = CliRunner().invoke(program(checks=(Check("Qt", True, "Qt 6 [sic]"),)), ["doctor"])
    wrong = CliRunner().invoke(program(checks=(Check("Qt", False, "no libEGL"),)), ["doctor"])

    assert sound.exit_code == 0, sound.output
    assert "ok   Qt: Qt 6 [sic]" in sound.stdout
    assert "FAIL" not in sound.stdout
    assert wrong.exit_code == 1
    assert "FAIL Qt: no libEGL" in wrong.stdout


def test_a_target_rank_has_eta_found_and_the_end_says_which(
    invoke: Invoke, config: Path, tmp_path: Path
) -> None:
    result = invoke("train", "--config", config, "--target-rank", "3.5", "--out", tmp_path / "run")

    assert result.exit_code == 0, result.output
    assert read_config(tmp_path / "run" / "config.toml").penalty.target_rank == 3.5
    assert "(η " in result.output


def test_decibels_are_given_up_instead_of_a_rank(invoke: Invoke, config: Path, tmp_path: Path) -> None:
    result = invoke("train", "--config", config, "--give-up", "0.5", "--out", tmp_path / "run")

    assert result.exit_code == 0, result.output
    assert read_config(tmp_path / "run" / "config.toml").penalty.give_up == 0.5
    assert "(η " in result.output


@pytest.mark.parametrize(("given", "said"), [("8", "less than model.latent (8)"), ("1", "greater than 1")])
def test_a_target_rank_that_cannot_be_reached_is_refused(
    invoke: Invoke, config: Path, tmp_path: Path, given: str, said: str
) -> None:
    result = invoke("train", "--config", config, "--target-rank", given, "--out", tmp_path / "run")

    assert result.exit_code == 1
    assert said in " ".join(result.output.split())
    assert not (tmp_path / "run").exists()
