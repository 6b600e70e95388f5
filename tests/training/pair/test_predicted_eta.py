"""The η at which descent loses a component, against descent."""

from __future__ import annotations

import pytest
import torch

from jnn_studio.training.pair.pair_config import PenaltyConfig
from jnn_studio.training.pair.predicted_eta import eta_for_rank

DEVIATIONS = torch.tensor([9.0, 5.0, 2.0, 2.0, 1.0], dtype=torch.float64)
LAST = 4.0
"""The variance around the third component."""


def survives(eta: float, squares: int, share: float) -> float:
    """What a component of variance `LAST` is multiplied by, after a descent from 1 with the penalty of η."""
    encoder = decoder = 1.0
    for _ in range(20_000):
        product = (encoder * decoder) ** squares
        pull = LAST * (1 - product) * product
        encoder += 0.01 * (pull / encoder - 2 * eta * encoder / (squares + 1))
        decoder += 0.01 * (pull / decoder - 2 * eta * share * decoder / (squares + 1))
    return (encoder * decoder) ** squares


@pytest.mark.parametrize("squares", [2, 3])
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_a_component_is_lost_beyond_it_and_kept_below(squares: int, share: float) -> None:
    eta = eta_for_rank(DEVIATIONS, 3.0, squares, share)

    assert survives(0.97 * eta, squares, share) > 0.25
    assert survives(1.03 * eta, squares, share) < 1e-3


def test_one_matrix_alone_lets_go_of_it_little_by_little() -> None:
    eta = eta_for_rank(DEVIATIONS, 3.0, 1, 1.0)

    assert eta == pytest.approx(LAST)
    assert survives(0.5 * eta, 1, 1.0) == pytest.approx(0.5, abs=1e-3)


def test_a_search_that_starts_there_waits_for_the_rank_to_follow() -> None:
    penalty = PenaltyConfig(eta=0.1, target_rank=17)

    waits = [penalty.search_plan(64, steps, 0.6, 0.1, settling=800).wait for steps in (12_000, 1_000)]
    assert waits == [800, 400]
    assert penalty.search_plan(64, 1_000).wait == 0
    assert penalty.search_plan(64, 1_000).start == 0.1
