"""The exponential moving average of a curve that grows. Free of Qt."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class ExponentialMean:
    """Mean of all samples so far, each weighing `decay` times the one after it, the weights summing to one.

    Dividing by the weights actually met (the bias correction of Adam) keeps the start of the curve honest.
    NaN samples carry no weight and come out as NaN.
    """

    def __init__(self, decay: float) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be at least 0 and below 1, not {decay}")
        self.decay = decay
        self.count = 0
        """Samples taken in so far."""
        self._sum = 0.0
        self._weight = 0.0

    def extend(self, y: Floats) -> Floats:
        """Take in the next samples; the mean at each of them."""
        if not len(y):
            return y
        finite = np.isfinite(y)
        values, weights = np.where(finite, y, 0.0), finite.astype(np.float64)
        values[0] += self.decay * self._sum
        weights[0] += self.decay * self._weight
        sums, weights = self._decayed_sums(values), self._decayed_sums(weights)
        self.count += len(y)
        self._sum, self._weight = float(sums[-1]), float(weights[-1])
        return np.divide(sums, weights, out=np.full(len(y), np.nan), where=finite)

    def _decayed_sums(self, values: Floats) -> Floats:
        """Σ_{j ≤ k} decay^(k − j) values[j] for every k, by doubling the reach until the weights vanish."""
        sums = values.copy()
        reach = 1
        while reach < len(sums) and (fade := self.decay**reach) > 1e-15:
            sums[reach:] += fade * sums[:-reach]
            reach *= 2
        return sums
