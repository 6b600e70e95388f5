"""A run that other code trains and writes, followed in the window while it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from pytestqt.qtbot import QtBot

from jnn_studio.app.workspaces.train.workspace import TrainWorkspace
from jnn_studio.training.other_code.run_writer import RunWriter


def test_it_is_followed_live_and_left_to_its_author(
    page, train: TrainWorkspace, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.app.engine.follower.POLL_SECONDS", 0.05)
    with RunWriter(tmp_path / "run", "theirs", steps=40, models="VAE", eta=0.1) as run:
        run.log(10, {"total": 2.0, "accuracy": 0.25})
        train.page.open_run(run.folder.path)
        qtbot.waitUntil(lambda: page.text("state") == "Training “theirs” in another process")

        run.log(20, {"total": 1.0, "accuracy": 0.5})
        run.spectrum(20, torch.tensor([2.0, 1.0]))
        run.preview(20, torch.rand(2, 1, 8, 8), {"model": torch.rand(2, 1, 8, 8)})
        plots = train.page.plots
        qtbot.waitUntil(lambda: [*plots.loss.series(("model", "accuracy")).y] == [0.25, 0.5])
        qtbot.waitUntil(lambda: [*plots.rank.series("model").x] == [20])

    page.wait_for_state("stopped")
    page.wait_for_offered({"start", "open"})
    assert "run on show" not in {
        page.combo("preset").itemData(i) for i in range(page.combo("preset").count())
    }
