"""Probes of a batch that is dealt out."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from jnn_studio.penalty import BatchRows, Composition, NuclearNormPenalty
from jnn_studio.penalty.estimators.estimate import Estimator
from jnn_studio.penalty.estimators.probes import NOISES, draw
from jnn_studio.penalty.planner import EstimatorName


@pytest.mark.parametrize("noise", NOISES)
def test_a_part_of_a_batch_is_asked_with_the_vectors_it_has_in_the_whole(noise: str) -> None:
    x = torch.randn(6, 5)
    whole = draw(x, noise, torch.Generator().manual_seed(3))  # type: ignore[arg-type]
    parts = [
        draw(x[start : start + 2], noise, BatchRows("cpu", start, 6).manual_seed(3))  # type: ignore[arg-type]
        for start in (0, 2, 4)
    ]
    torch.testing.assert_close(torch.cat(parts), whole, rtol=0, atol=0)


@pytest.mark.parametrize("estimator", ["jvp", "finite_difference", "central_difference"])
def test_the_penalty_of_a_batch_is_the_mean_of_its_parts(estimator: EstimatorName | Estimator) -> None:
    torch.manual_seed(0)
    f = Composition(nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 8)), nn.Linear(8, 12))
    f, x = f.double(), torch.randn(6, 4, dtype=torch.float64)
    penalty = NuclearNormPenalty(estimator, sigma=1e-3, probes=2)
    whole = penalty(f, x, torch.Generator().manual_seed(1))
    parts = [penalty(f, x[i : i + 3], BatchRows("cpu", i, 6).manual_seed(1)) for i in (0, 3)]
    torch.testing.assert_close(torch.stack(parts).mean(), whole)


def test_rows_that_a_batch_does_not_have_are_refused() -> None:
    with pytest.raises(ValueError, match="rows 4 to 6 were asked for, of a batch of 6"):
        draw(torch.randn(3, 2), "gaussian", BatchRows("cpu", 4, 6))
