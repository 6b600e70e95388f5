"""The figures that say what a learnt prior adds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.restoring import PROBLEMS, measure, photographs
from jnn_studio.data.dead_leaves import draw_dead_leaves
from jnn_studio.labs.denoise.restoration import DegradationConfig


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, one of them too small for squares of 32 pixels."""
    for index, side in enumerate((40, 24, 48)):
        pixels = (255 * draw_dead_leaves(side, side + 3, 3, index)).astype(np.uint8).transpose(1, 2, 0)
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    return tmp_path


def test_squares_are_the_middles_of_photographs_that_are_large_enough(folder: Path) -> None:
    found = list(photographs(folder, 8, 32))
    assert [image.shape for image in found] == [(3, 32, 32), (3, 32, 32)]
    assert float(found[0].min()) >= -1
    assert len(list(photographs(folder, 1, 32))) == 1


@pytest.mark.parametrize("name", ["half missing", "Gaussian blur"])
def test_gains_are_those_over_total_variation(folder: Path, name: str) -> None:
    squares = list(photographs(folder, 8, 32))
    config = DegradationConfig(**PROBLEMS[name], noise=0.4)
    found = measure(squares, config, ["supervised", "penalised"], [1.0, 2.0], 2)
    assert found["denoisers_sigma"] == 0.5
    for method in ("supervised", "penalised"):
        for strength in ("1", "2"):
            figures = found[f"{method}, {strength}"]
            assert figures["gain"] == pytest.approx(figures["psnr"] - found["tv"], abs=0.02)
            assert 0 <= figures["ahead_in"] <= 2
