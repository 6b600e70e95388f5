"""The moving average that loss curves are smoothed with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jnn_studio.app.plots.smoothing import ExponentialMean


def one_by_one(y: list[float], decay: float) -> list[float]:
    """The definition: weights decay^(age), summing to one, over the finite samples."""
    means = []
    for k in range(len(y)):
        pairs = [(decay ** (k - j), y[j]) for j in range(k + 1) if np.isfinite(y[j])]
        mean = sum(w * v for w, v in pairs) / sum(w for w, _ in pairs) if np.isfinite(y[k]) else np.nan
        means.append(mean)
    return means


@given(
    y=st.lists(st.one_of(st.floats(-100, 100), st.just(float("nan"))), min_size=1, max_size=80),
    decay=st.sampled_from([0.0, 0.5, 0.9, 0.99]),
    cut=st.integers(0, 80),
)
def test_in_pieces_or_at_once_it_is_the_weighted_mean(y: list[float], decay: float, cut: int) -> None:
    mean = ExponentialMean(decay)
    got = np.concatenate([mean.extend(np.array(y[:cut])), mean.extend(np.array(y[cut:]))])
    np.testing.assert_allclose(got, one_by_one(y, decay), rtol=1e-9, atol=1e-9)
    assert mean.count == len(y)


def test_a_constant_stays_what_it_is_from_the_first_sample() -> None:
    np.testing.assert_allclose(ExponentialMean(0.999).extend(np.full(5000, 3.0)), 3.0)


@pytest.mark.parametrize("decay", [-0.1, 1.0, 2.0])
def test_a_decay_outside_0_to_1_is_refused(decay: float) -> None:
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        ExponentialMean(decay)
