"""Runs that have a page made for them: Train leaves them to that page."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from jnn_studio.app.workspaces.train.workspace import TrainWorkspace
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.configuration.presets import preset_names
from jnn_studio.training.events import Started
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Command, Commands


@pytest.fixture
def other() -> RunConfig:
    return validate_config(
        {
            "kind": "rof",
            "network": {"frequencies": 4, "hidden": 4},
            "measuring": {"grid": 16, "sample": 64},
            "schedule": {"steps": 9_999_999, "batch_size": 8, "device": "cpu"},
            "logging": {"metrics_every": 1},
        },
        "other",
    )


def test_the_presets_of_all_kinds_without_a_page_of_their_own_are_offered_a_pair_s_first(page) -> None:
    box = page.combo("preset")
    offered = [box.itemData(index) for index in range(box.count())]

    pair = preset_names(["autoencoder-pair"])
    assert offered[: len(pair)] == list(pair)
    assert set(offered) == set(preset_names()) - set(preset_names(["rof", "denoise", "robustness"]))
    assert "beta-vae-quick" in offered


def test_one_under_way_is_neither_shown_nor_robbed_of_its_values(
    page, train: TrainWorkspace, qtbot: QtBot, other: RunConfig, tmp_path: Path
) -> None:
    page.wait_for_offered({"start", "open"})
    context = train.context
    feed = context.start_run(other, tmp_path / "other")
    page.wait_for_offered({"open"})  # one run at a time, and it cannot be shown here

    steps: list[int] = []

    def logged() -> bool:
        logged = (metrics for metrics in feed.metrics.take() if "total" in metrics.terms)
        steps.extend(metrics.step for metrics in logged if metrics.member == "exact")
        return len(steps) >= 40

    qtbot.waitUntil(logged)
    assert steps == list(range(1, len(steps) + 1))
    assert train.page.status is None
    with qtbot.waitSignal(context.run_ended):
        context.training.send(Command.STOP)
    page.wait_for_offered({"start", "open"})
    qtbot.waitUntil(lambda: [run.kind for run in context.runs.runs] == ["rof"])
    menu = page.button("recent").menu()
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions() if action.text()] == ["No runs yet", "All runs…"]


def test_one_that_is_opened_is_refused_with_the_page_that_opens_it(
    page, train: TrainWorkspace, qtbot: QtBot, other: RunConfig, tmp_path: Path
) -> None:
    commands = Commands()
    for event in start_run(other, tmp_path / "other", commands):
        if isinstance(event, Started):
            commands.send(Command.STOP)

    train.page.open_run(tmp_path / "other")

    qtbot.waitUntil(lambda: "a run of kind 'rof'; open it in Validate ▸ ROF denoising" in page.message())
    assert train.page.status is None
