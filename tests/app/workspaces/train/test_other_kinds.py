"""Runs that are no pair of autoencoders: Train leaves them to the workspace that started them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from jnn_studio.app.workspaces.train.workspace import TrainWorkspace
from jnn_studio.training.commands import Command, Commands
from jnn_studio.training.config import RunConfig, validate_config
from jnn_studio.training.events import Started
from jnn_studio.training.presets import preset_names
from jnn_studio.training.session import start_run


@pytest.fixture
def other() -> RunConfig:
    return validate_config(
        {
            "kind": "beta-vae",
            "data": {"kind": "faces", "count": 48},
            "model": {"size": 32, "latent": 4, "widths": [4, 4, 4, 4, 4]},
            "schedule": {"steps": 9_999_999, "batch_size": 8, "held_out": 6, "device": "cpu"},
            "logging": {"metrics_every": 1},
        },
        "other",
    )


def test_their_presets_are_not_offered(page) -> None:
    box = page.combo("preset")
    offered = {box.itemData(index) for index in range(box.count())}

    assert offered == set(preset_names(["autoencoder-pair"]))
    assert offered < set(preset_names())


def test_one_under_way_is_neither_shown_nor_robbed_of_its_values(
    page, train: TrainWorkspace, qtbot: QtBot, other: RunConfig, tmp_path: Path
) -> None:
    page.wait_for_offered({"start", "open"})
    context = train.context
    feed = context.start_run(other, tmp_path / "other")
    page.wait_for_offered({"open"})  # one run at a time, and it cannot be shown here

    steps: list[int] = []

    def logged() -> bool:
        steps.extend(metrics.step for metrics in feed.metrics.take() if "total" in metrics.terms)
        return len(steps) >= 40

    qtbot.waitUntil(logged, timeout=30_000)
    assert steps == list(range(1, len(steps) + 1))
    assert train.status is None
    with qtbot.waitSignal(context.run_ended, timeout=30_000):
        context.training.send(Command.STOP)
    page.wait_for_offered({"start", "open"})
    assert not page.button("recent").isVisible()


def test_one_that_is_opened_is_refused(
    page, train: TrainWorkspace, qtbot: QtBot, other: RunConfig, tmp_path: Path
) -> None:
    commands = Commands()
    for event in start_run(other, tmp_path / "other", commands):
        if isinstance(event, Started):
            commands.send(Command.STOP)

    train.open_run(tmp_path / "other")

    qtbot.waitUntil(lambda: "of kind 'beta-vae', not a pair of autoencoders" in page.message())
    assert train.status is None
