"""Printing never ends work, and nothing that is printed is a command to the terminal."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console

from jnn_studio.cli import progress
from jnn_studio.cli.output import FAILED, STOPPED, complain, console, errors, reported, say, say_json
from jnn_studio.cli.progress import progress_bar
from jnn_studio.training.config import RunConfig
from jnn_studio.training.folder.run_folder import RunFolder

ESCAPE = "a\x1b[31mred\x07 [bold]b[/oops]"
SHOWN = r"a\x1b[31mred\x07 [bold]b[/oops]"


@pytest.fixture
def config(tiny: Callable[..., RunConfig], tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(tiny(name="η of [brackets]").to_toml(), encoding="utf-8")
    return path


def test_escapes_and_markup_in_a_name_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    say(ESCAPE)
    complain(f"cannot read {ESCAPE}")

    shown = capsys.readouterr()
    assert shown.out == SHOWN + "\n"
    assert SHOWN in shown.err
    assert "\x1b" not in shown.err


def test_a_bar_takes_a_name_with_brackets_for_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar(console, "image") as bar:
        bar.add_task("work", total=1, completed=1, image="a[/b].png")

    assert "a[/b].png" in capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_a_run_is_trained_whatever_its_output_can_encode(
    command_line: Callable[..., Any], config: Path, tmp_path: Path, encoding: str
) -> None:
    process = command_line("train", "--config", config, "--out", tmp_path / "run", encoding=encoding)

    assert process.wait() == 0, process.stderr
    assert "Traceback" not in process.stderr
    assert ("η" if encoding == "utf-8" else r"\u03b7") in process.stdout
    assert RunFolder.open(tmp_path / "run").state().state == "finished"


@pytest.mark.parametrize("arguments", [("--help",), ("train", "--help"), ("doctor",)])
def test_help_and_doctor_are_printed_whatever_the_output_can_encode(
    command_line: Callable[..., Any], arguments: tuple[str, ...]
) -> None:
    process = command_line(*arguments, encoding="cp1252")

    assert process.wait() == 0, process.stderr
    assert process.stdout


def test_a_reader_that_has_left_does_not_end_the_run(config: Path, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "jnn_studio", "train", "--config", config, "--out", tmp_path / "run"]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, check=False, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)

    assert done.returncode == 0, done.stderr
    assert RunFolder.open(tmp_path / "run").state().state == "finished"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_for_the_output_does_not_end_the_run(
    command_line: Callable[..., Any], config: Path, tmp_path: Path
) -> None:
    full = Path("/dev/full")
    process = command_line("train", "--config", config, "--out", tmp_path / "run", output=full)

    assert process.wait() == 0
    assert RunFolder.open(tmp_path / "run").state().state == "finished"


def test_a_program_without_streams_prints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    say("words")
    errors.print("words")


def test_json_is_json_in_any_encoding(command_line: Callable[..., Any]) -> None:
    process = command_line("doctor", "--json", encoding="cp1252")

    assert process.wait() == 0, process.stderr
    assert json.loads(process.stdout)["checks"]


def test_json_that_cannot_be_written_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    # What it could not take comes up again when it is closed.
    with suppress(OSError), Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(OSError, match="No space"):
            say_json({"η": 1})
        monkeypatch.undo()


def test_what_the_system_refuses_is_said_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as refused, reported():
        Path("/gone/for/good.txt").read_bytes()
    assert refused.value.exit_code == FAILED
    assert capsys.readouterr().err.startswith("/gone/for/good.txt: No such file or directory. Put the folder")


def test_who_is_interrupted_ends_as_stopped() -> None:
    with pytest.raises(typer.Exit) as stopped, reported():
        raise KeyboardInterrupt
    assert stopped.value.exit_code == STOPPED


def test_progress_in_a_pipe_is_a_line_for_every_tenth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET", 0.0)
    written = io.StringIO()
    with progress.watching(Console(file=written), "tiles") as watch:
        for done in range(41):
            watch.step(done, 40)
    lines = [line for line in written.getvalue().split("\n") if line.endswith(" of 40 tiles")]
    assert lines == [f"{done} of 40 tiles" for done in range(4, 40, 4)]
