"""What is known of the run on show, and what can be done with it. Free of Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.app.steering.rate import RateMeter
from jnn_studio.base.text import duration
from jnn_studio.base.watch import Progress
from jnn_studio.training.events import UNDER_WAY, CheckpointSaved, Metrics, Started, State, StateChanged
from jnn_studio.training.kind import find_kind

Asked = Literal["", "pause", "resume", "stop", "discard"]

_WORDS = {
    "created": "Preparing",
    "running": "Training",
    "paused": "Paused",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "discarded": "Discarded",
}
_ASKED = {
    "pause": "Pausing…",
    "resume": "Resuming…",
    "stop": "Stopping and saving…",
    "discard": "Discarding…",
}


@dataclass
class Status:
    """The run on show. ``here``: this program trains it; ``resumed``: it had been begun before.

    ``source``: where its events come from, if not from ``feed``: a run trained here and read from its folder.
    """

    feed: RunFeed
    here: bool
    resumed: bool = False
    state: State = "created"
    reason: str = ""
    step: int = 0
    asked: Asked = ""
    """What the trainer was asked and has not done yet."""
    has_models: bool = False
    started: Started | None = None
    preparing: Progress | None = None
    source: RunFeed | None = None
    called: str = ""
    """What a person calls it, "" for what its configuration does."""
    rate: RateMeter = field(default_factory=RateMeter)

    def take(self, event: Started | StateChanged | CheckpointSaved) -> None:
        """Learn from an event."""
        match event:
            case Started():
                self.started, self.preparing = event, None
                self.step = event.step
            case StateChanged():
                self.state, self.reason = event.state, event.reason
                self.step = max(self.step, event.step)
                self.asked = ""
                if self.ended:
                    self.here = False
            case CheckpointSaved():
                self.has_models = True
                self.step = max(self.step, event.step)

    def measure(self, metrics: Metrics) -> None:
        """Learn from logged values."""
        self.has_models = True
        if "total" in metrics.terms:
            self.step = max(self.step, metrics.step)
            self.rate.add(metrics.step, metrics.time)

    @property
    def ended(self) -> bool:
        return self.state not in UNDER_WAY

    @property
    def quiet(self) -> bool:
        """It is under way in another process, which is held up."""
        return not self.here and not self.ended and bool(self.reason)

    @property
    def total(self) -> int:
        return self.feed.config.schedule.steps

    # --- what can be done ----------------------------------------------------------------------------

    @property
    def can_pause(self) -> bool:
        return self.here and self.state == "running" and not self.asked

    @property
    def can_go_on(self) -> bool:
        """It is paused here."""
        return self.here and self.state == "paused" and not self.asked

    @property
    def can_stop(self) -> bool:
        """There is something to keep."""
        return (
            self.here and (self.started is not None or self.resumed) and self.asked in ("", "pause", "resume")
        )

    @property
    def can_discard(self) -> bool:
        return self.here and self.asked != "discard"

    @property
    def can_resume(self) -> bool:
        """It ended early and can be taken up again, if this program is free."""
        ended_early = self.state in ("stopped", "failed") and self.started is not None
        return ended_early and find_kind(self.feed.config.kind).trainable

    @property
    def can_explore(self) -> bool:
        return self.has_models and self.state != "discarded"

    # --- in words -------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The same as in every list of runs."""
        return self.called or self.feed.config.shown_name

    @property
    def headline(self) -> str:
        """``"Training “faces”"``, and what has been asked of it."""
        name = self.name
        if self.asked:
            return f"{_ASKED[self.asked]} “{name}”"
        if self.state == "created" and self.preparing is not None:
            what = self.preparing
            return f"{what.what} for “{name}”: {what.done:,} of {what.total:,}"
        if self.quiet:
            return f"No word from “{name}” in another process"
        elsewhere = "" if self.here or self.ended else " in another process"
        return f"{_WORDS[self.state]} “{name}”{elsewhere}"

    @property
    def fraction(self) -> float:
        """Of the preparation while that lasts, then of the steps."""
        if self.state == "created" and self.preparing is not None:
            return self.preparing.done / max(1, self.preparing.total)
        return min(1.0, self.step / self.total)

    @property
    def figures(self) -> str:
        """Step, speed, time left and device, as far as they are known."""
        if self.started is None:
            return ""
        parts = [f"step {self.step:,} of {self.total:,}"]
        speed = self.rate.per_second
        if self.state == "running" and speed:
            parts.append(f"{speed:,.0f} steps/s" if speed >= 100 else f"{speed:.1f} steps/s")
            parts.append(f"{duration((self.total - self.step) / speed)} left")
        elif self.rate.seconds:
            parts.append(f"{duration(self.rate.seconds)} of training")
        if self.started.device:
            parts.append(self.started.device)
        return "  ·  ".join(parts)
