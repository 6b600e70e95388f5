"""What tests of the ROF lab share: a run of a fraction of a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jnn_studio.labs.rof.config import RofConfig
from jnn_studio.training.config import validate_as

TINY: dict[str, Any] = {
    "name": "tiny",
    "network": {"frequencies": 12, "hidden": 12},
    "penalty": {"draws": 3},
    "optimiser": {"learning_rate": 1e-2},
    "schedule": {"steps": 12, "batch_size": 64, "device": "cpu"},
    "logging": {"metrics_every": 2, "measure_every": 4, "checkpoint_every": 6},
    "measuring": {"grid": 16, "sample": 128, "shells": 5},
}

TinyRof = Callable[..., RofConfig]


@pytest.fixture(scope="session")
def tiny_rof() -> TinyRof:
    """Makes a tiny run; keyword arguments replace settings of its sections."""

    def make(**sections: Any) -> RofConfig:
        settings = dict(TINY)
        for key, value in sections.items():
            settings[key] = settings.get(key, {}) | value
        return validate_as(RofConfig, settings, "tiny")

    return make
