"""What tests of many runs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jnn_studio.base.watch import Watch
from jnn_studio.runs.index import RunIndex, Runs
from jnn_studio.training.config import RunConfig
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

Tiny = Callable[..., RunConfig]
Refresh = Callable[..., Runs]


@pytest.fixture(scope="session")
def pair_of_runs(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two finished runs of another η, to be read only."""
    folder = tmp_path_factory.mktemp("two")
    for name, eta in (("weak", 0.1), ("strong", 0.3)):
        for _ in start_run(tiny(name=name, penalty={"eta": eta}), folder / name, Commands()):
            pass
    return folder


@pytest.fixture
def index(tmp_path: Path) -> RunIndex:
    """One that remembers nothing."""
    return RunIndex(tmp_path / "kept")


@pytest.fixture
def refresh(index: RunIndex) -> Refresh:
    """Looks into folders."""
    return lambda *folders: index.refresh(folders, Watch())
