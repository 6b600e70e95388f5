"""A run that other code trains and writes: followed, listed, and gone on with by that code alone."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from jnn_studio.runs.describing import describe
from jnn_studio.training.config import ConfigError
from jnn_studio.training.folder.liveness import Pulse
from jnn_studio.training.folder.ownership import RunInUseError
from jnn_studio.training.folder.run_folder import RunFolder, RunFolderError
from jnn_studio.training.other_code.run_writer import RunWriter, RunWriterError
from jnn_studio.training.running import resume_run
from jnn_studio.training.step.commands import Commands


def test_what_is_written_is_read_as_of_any_run_while_it_goes_on(tmp_path: Path) -> None:
    images = torch.rand(3, 1, 8, 8)
    with RunWriter(
        tmp_path / "run",
        "mine",
        steps=20,
        models={"small": "Small", "large": "Large"},
        eta={"large": 0.5},
        settings={"width": 64, "optimiser": "Lion", "dropout": 0.1, "tied": True},
        material="8 digits",
        device="a TPU",
    ) as run:
        for step in range(0, 11, 5):
            run.log(step, {"total": torch.tensor(1 / (step + 1)), "accuracy": 0.1 * step}, "large")
            run.spectrum(step, torch.tensor([1.0, 4.0, 2.0]), "large")
        run.preview(
            10, images, {"large": (images * 255).to(torch.uint8).numpy().repeat(3, 1).transpose(0, 2, 3, 1)}
        )
        folder = RunFolder.open(run.folder.path)
        assert Pulse(folder.path).feel(folder.state()).life == "alive"
        with pytest.raises(RunInUseError):
            RunWriter.go_on(folder.path, 5)
        summary = describe(folder.path)
        assert summary is not None
        assert (summary.config_name, summary.kind, summary.data) == ("mine", "written", "8 digits")
        assert (summary.state, summary.step, summary.steps, summary.device) == ("running", 10, 20, "a TPU")
        assert summary.main is not None
        assert (summary.main.key, summary.main.eta, summary.main.curve[0]) == ("large", 0.5, 1.0)
        preview = folder.latest_preview(["small", "large"])
        assert preview is not None
        assert np.abs(preview.reconstructions["large"].astype(int) - preview.originals).max() <= 1
        (first, *_), _ = folder.metrics()
        assert first.terms == {"total": 1.0, "accuracy": 0.0}
        spectrum = folder.spectra(["small", "large"])[0]
        assert (spectrum.member, spectrum.sigma.tolist()) == ("large", [4, 2, 1])
        text = (folder.path / "config.toml").read_text(encoding="utf-8")
        assert "learning_rate" not in text, "nothing is said of what the program does not know"

    assert folder.state().state == "stopped"
    summary = describe(folder.path)
    assert summary is not None
    assert not summary.resumable
    with pytest.raises(RunFolderError, match="somebody's own code"):
        resume_run(folder.path, Commands())
    assert folder.state().state == "stopped", "and that it was asked for has changed nothing"

    with RunWriter.go_on(folder.path, 5) as run:
        run.log(20, {"total": 0.0, "large": math.nan}, "large")
    assert [logged.step for logged in folder.metrics()[0]] == [0, 5, 20]
    assert folder.state().state == "finished"


def test_a_run_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), RunWriter(tmp_path / "run", "mine", steps=2) as run:
        run.log(1, {"total": 1 / 0})
    state = run.folder.state()
    assert (state.state, state.reason) == ("failed", "ZeroDivisionError: division by zero")


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="steps"):
        RunWriter(tmp_path / "wrong", "mine", steps=0)
    assert not (tmp_path / "wrong").exists()
    with RunWriter(tmp_path / "run", "mine", steps=9) as run:
        run.spectrum(0, [1, 2])
        for refused, words in (
            (lambda: run.log(10, {"total": 1}), "step 10 is none of the run's 0 to 9"),
            (lambda: run.log(1, {"total": 1}, "other"), "no model 'other', only model"),
            (lambda: run.spectrum(1, [1, 2, 3]), "another length"),
            (lambda: run.spectrum(1, [1, math.nan]), "finite"),
            (lambda: run.preview(1, torch.rand(2, 8, 8), {}), "these images are"),
            (
                lambda: run.preview(1, torch.rand(2, 1, 8, 8), {"model": torch.rand(2, 1, 4, 4)}),
                "where the originals are",
            ),
        ):
            with pytest.raises(RunWriterError, match=words):
                refused()
    with pytest.raises(RunWriterError, match="was closed"):
        run.log(1, {"total": 1})
