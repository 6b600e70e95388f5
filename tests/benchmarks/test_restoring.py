"""The figures that say what a learnt prior adds."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

import numpy as np
import pytest
from PIL import Image

from benchmarks.restoring import ahead, measure, photographs, prior_called, total_variation, with_prior
from jnn_studio.data.dead_leaves import draw_dead_leaves
from jnn_studio.labs.denoise.restoring.restoration import DegradationConfig, PriorConfig, pose, restore_both


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


def test_settings_are_compared_on_the_same_problems(folder: Path) -> None:
    squares = list(photographs(folder, 8, 32))
    problems = [pose(square, DegradationConfig(noise=0.4, share=0.8)) for square in squares]
    prior = prior_called("penalised", None)
    ways = {
        "weight 1": total_variation(1.0),
        "weight 3": total_variation(3.0),
        "prior": with_prior(prior, PriorConfig(steps=2), 1.0),
    }
    found = measure(problems, ways)
    pairs = [list(restore_both(problem, prior, PriorConfig(steps=2)))[-1] for problem in problems]
    learnt, control = (mean(values) for values in zip(*(pair.psnr for pair in pairs), strict=True))
    assert found["weight 1"] == pytest.approx(control)
    assert found["prior"] == pytest.approx(learnt)
    assert found["weight 3"] != pytest.approx(control, abs=0.01)
    gains = ahead({"one": found, "other": found})
    assert gains["weight 1"] == 0
    assert gains["prior"] == pytest.approx(learnt - control)
