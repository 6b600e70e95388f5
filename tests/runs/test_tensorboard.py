"""Runs as TensorBoard reads them, by its own reader."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from typer.testing import CliRunner

from jnn_studio.cli.commands.runs import app
from jnn_studio.runs.tensorboard import TensorBoardError, TensorBoardRun
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import Metrics
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands

MEMBERS = ("unregularised", "regularised")


def read(folder: Path) -> EventAccumulator:
    found = EventAccumulator(str(folder), {"scalars": 0, "images": 0, "histograms": 0})
    found.Reload()
    return found


def test_all_that_a_finished_run_logged_is_there(trained: Path, tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["tensorboard", str(trained), "--to", str(tmp_path / "logs")])

    assert ended.exit_code == 0, ended.output
    assert f"tensorboard --logdir {tmp_path / 'logs'}" in ended.output
    folder = RunFolder(trained)
    logged, _ = folder.metrics()
    for member in MEMBERS:
        found = read(tmp_path / "logs" / "run" / member)
        for term in ("total", "held_out_psnr", "tightness_gap"):
            expected = [(m.step, m.terms[term]) for m in logged if m.member == member and term in m.terms]
            assert expected
            assert [(e.step, e.value) for e in found.Scalars(term)] == [
                (step, pytest.approx(value)) for step, value in expected
            ]
        spectra = [s for s in folder.spectra(MEMBERS) if s.member == member]
        assert [e.value for e in found.Scalars("effective_rank")] == pytest.approx(
            [s.effective_rank for s in spectra]
        )
        for event, spectrum in zip(found.Histograms("singular_values"), spectra, strict=True):
            histogram = event.histogram_value
            assert (histogram.num, histogram.sum) == (
                len(spectrum.sigma),
                pytest.approx(spectrum.sigma.sum()),
            )
        newest = folder.latest_preview(MEMBERS)
        assert newest is not None
        pixels = np.asarray(Image.open(io.BytesIO(found.Images("preview")[-1].encoded_image_string)))
        rows = np.concatenate([newest.originals, newest.reconstructions[member]])
        assert pixels.shape == (32, 16 * len(newest.originals), 3)
        np.testing.assert_array_equal(pixels[16:, :16], rows[len(newest.originals)])
        begun = found.PluginTagToContent("hparams")["_hparams_/session_start_info"]
        assert b"penalty.eta_decoder" in begun
        assert member.encode() in begun
        times = [e.wall_time for e in found.Scalars("total")]
        assert times == sorted(times)


def test_a_run_under_way_is_followed_also_when_it_goes_back(tiny: Any, trained: Path, tmp_path: Path) -> None:
    config: RunConfig = tiny(logging={"checkpoint_every": 6})
    path, commands, log = tmp_path / "run", Commands(), None
    for event in start_run(config, path, commands):
        if isinstance(event, Metrics) and "total" in event.terms and event.member == MEMBERS[1]:
            log = log or TensorBoardRun(path, tmp_path / "logs")
            assert log.under_way
            assert log.update() == event.step
            if event.step == 10:
                commands.send(Command.STOP)
    assert log is not None
    assert not log.under_way
    # Killed after a checkpoint, it would have logged more than what it goes on from.
    folder = RunFolder(path)
    folder.checkpoint_path(folder.state().step).unlink()
    for event in resume_run(path, Commands()):
        if isinstance(event, Metrics):
            log.update()
    log.update()
    log.close()
    found = read(tmp_path / "logs" / MEMBERS[1])
    assert [e.step for e in found.Scalars("total")] == [5, 10, 15, 20]


def test_what_is_not_installed_is_said(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(TensorBoardError, match=r'pip install "jnn-studio\[tensorboard\]"'):
        TensorBoardRun(trained, tmp_path)
