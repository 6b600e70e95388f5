"""Seconds of one step of each member, measured inside the run."""

from __future__ import annotations

import statistics
import time

import torch


class Stopwatch:
    """A step of a member lasts from `start` until whatever the trainer asks next (`stop`, or a `start`)."""

    def __init__(self, device: str) -> None:
        self._wait = torch.cuda.synchronize if device == "cuda" else lambda: None
        self._laps: dict[str, list[float]] = {}
        self._running: tuple[str, float] | None = None

    def start(self, member: str) -> None:
        """A step of ``member`` begins."""
        self.stop()
        self._running = (member, time.perf_counter())

    def stop(self) -> None:
        """The step that runs, if one does, has ended."""
        if self._running is None:
            return
        self._wait()
        member, begun = self._running
        self._laps.setdefault(member, []).append(time.perf_counter() - begun)
        self._running = None

    def take(self, member: str) -> float | None:
        """Median of the steps since this was last asked, or None if there were none."""
        laps = self._laps.pop(member, [])
        return statistics.median(laps) if laps else None
