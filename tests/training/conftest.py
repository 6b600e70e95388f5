"""What tests of running runs share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from benchmarks.attack.outcome import Outcome, read_outcome
from jnn_studio.training.events import Event


@pytest.fixture(scope="session")
def outcome() -> Callable[[Path], Outcome]:
    """`read_outcome`."""
    return read_outcome


@pytest.fixture(scope="session")
def finish() -> Callable[[Iterable[Event]], Event]:
    """Runs a run to its end and gives its last event."""

    def to_the_end(events: Iterable[Event]) -> Event:
        *_, last = events
        return last

    return to_the_end
