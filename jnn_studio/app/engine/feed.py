"""A run as the interface sees it, whether it is being trained here or read from a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from jnn_studio.app.engine.mailbox import Buffer, Slot
from jnn_studio.base.watch import Progress
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import (
    Arrays,
    CheckpointSaved,
    Event,
    Metrics,
    Preview,
    Snapshot,
    Spectrum,
    Started,
    StateChanged,
)

Rare = Started | StateChanged | CheckpointSaved


@dataclass
class RunFeed:
    """Everything one run has to tell. Workers fill it; the interface's timer drains it.

    ``rare`` is called on the worker's thread with events that change what can be done. ``resumed``: the run
    had been begun before.
    """

    path: Path
    config: RunConfig
    rare: Callable[[RunFeed, Rare], None]
    resumed: bool = False
    metrics: Buffer[Metrics] = field(default_factory=Buffer)
    spectra: Buffer[Spectrum] = field(default_factory=Buffer)
    preview: Slot[Preview] = field(default_factory=Slot)
    arrays: Slot[Arrays] = field(default_factory=Slot)
    snapshot: Slot[Snapshot] = field(default_factory=Slot)
    preparing: Slot[Progress] = field(default_factory=Slot)

    def put(self, event: Event) -> None:
        """Sort an event into its place."""
        match event:
            case Metrics():
                self.metrics.put(event)
            case Spectrum():
                self.spectra.put(event)
            case Preview():
                self.preview.put(event)
            case Arrays():
                self.arrays.put(event)
            case Snapshot():
                self.snapshot.put(event)
            case _:
                self.rare(self, event)
