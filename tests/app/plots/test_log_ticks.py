"""Ticks of a logarithmic axis never stand on each other."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from jnn_studio.app.plots.view import PlotAxis

DIGITS = np.log10(np.arange(1, 10) / 100)


@pytest.fixture
def axis(qapp: QApplication) -> PlotAxis:
    axis = PlotAxis("left")
    axis.setLogMode(True)
    return axis


def test_between_decades_only_two_and_five_are_named(axis: PlotAxis) -> None:
    axis.setRange(-2, 0)
    assert axis.tickStrings(DIGITS.tolist(), 1, 1) == ["0.01", "0.02", "", "", "0.05", "", "", "", ""]


def test_within_less_than_a_decade_every_tick_is_named(axis: PlotAxis) -> None:
    axis.setRange(-1.6, -1.1)
    assert "" not in axis.tickStrings(DIGITS.tolist(), 1, 1)


def test_long_axes_are_named_by_powers(axis: PlotAxis) -> None:
    axis.setRange(-6, 0)
    assert axis.tickStrings([-6, -5], 1, 1) == ["10⁻⁶", "10⁻⁵"]
