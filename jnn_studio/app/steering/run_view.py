"""What a page shows of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import Arrays, MemberInfo, Metrics, Preview, Spectrum

Layout = list[QByteArray]


class RunView(QWidget):
    """What one sees of a run as it goes on. Only `refresh` draws; what has no place in a view is passed over.

    Signals:
        failed: (title, text, details) something cannot be shown.
    """

    failed = Signal(str, str, str)
    _splitters: tuple[QSplitter, ...] = ()
    """Its dividers, whose places are remembered."""

    def show_plan(self, config: RunConfig | None) -> None:
        """No run is on show; this is the one that would be started, None while a setting is wrong."""

    def show_config(self, config: RunConfig) -> None:
        """The run that what follows belongs to."""

    def show_place(self, path: Path) -> None:
        """The folder of that run."""

    def clear(self) -> None:
        """Forget the run."""

    def set_models(self, members: tuple[MemberInfo, ...]) -> None:
        """The run's models, in the order they are shown."""

    def add_metrics(self, metrics: Sequence[Metrics]) -> None:
        """Logged values."""

    def add_spectra(self, spectra: Sequence[Spectrum]) -> None:
        """Singular values."""

    def show_preview(self, preview: Preview) -> None:
        """The newest reconstructions."""

    def show_arrays(self, arrays: Arrays) -> None:
        """The newest fields."""

    def refresh(self) -> None:
        """Draw what is new and can be seen."""

    def save_layout(self) -> Layout:
        """Where the dividers stand."""
        return [splitter.saveState() for splitter in self._splitters]

    def restore_layout(self, layout: object) -> None:
        """The inverse of `save_layout`; anything else changes nothing."""
        if isinstance(layout, list) and len(layout) == len(self._splitters):
            for splitter, state in zip(self._splitters, layout, strict=True):
                if isinstance(state, QByteArray):
                    splitter.restoreState(state)

    def reset_layout(self) -> None:
        """Dividers as at first."""
