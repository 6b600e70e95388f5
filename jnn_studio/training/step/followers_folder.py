"""The run folder as those processes have it that do not write it."""

from __future__ import annotations

from collections.abc import Mapping

from jnn_studio.training.events import Arrays, Metrics, Preview, Spectrum, State
from jnn_studio.training.folder.run_folder import RunFolder


class FollowersFolder(RunFolder):
    """Read as any other, and left alone: the process that leads writes."""

    def check_there(self) -> None:
        """It is looked after elsewhere."""

    def set_state(self, state: State, step: int, reason: str = "") -> None:
        """Said by the process that leads."""

    def log(self, metrics: Metrics) -> None:
        """Logged by the process that leads."""

    def log_spectrum(self, spectrum: Spectrum, member_index: int) -> None:
        """Logged by the process that leads."""

    def save_preview(self, preview: Preview) -> None:
        """Saved by the process that leads."""

    def save_arrays(self, arrays: Arrays) -> None:
        """Saved by the process that leads."""

    def mark_latest(self, step: int, keep: int) -> None:
        """Marked by the process that leads."""

    def truncate(self, step: int, logged: Mapping[str, int] | None = None) -> None:
        """Put right by the process that leads."""

    def delete(self) -> None:
        """Deleted by the process that leads."""
