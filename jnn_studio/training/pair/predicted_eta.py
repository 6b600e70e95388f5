"""Which η leaves how many principal components: the linear case, in closed form (docs/photos.md)."""

from __future__ import annotations

import math

from torch import Tensor


def eta_for_rank(deviations: Tensor, rank: float, squares: int, decoder_share: float) -> float:
    """η at which a corrected PCA comes down to this many directions, as far as it is linear.

    Encoder and decoder have n square matrices each, and one factor more that stays as it is. A component of
    variance λ that they multiply by p costs ½λ(1 - p)² + 2κ n/(n + 1) · p^(1/n), κ = η √(decoder's share).
    It has a minimum away from p = 0 while κ/λ is below the maximum of ½(n + 1)(1 - p) p^(1 - 1/n); above
    that, descent loses the component.

    Args:
        deviations: of the images along their components, descending, more than ``rank`` of them.
        rank: components that are to be left.
        squares: n.
        decoder_share: η of the decoder for each of the encoder's, more than 0.
    """
    at = min(max(int(rank), 1), len(deviations) - 1)
    # Between the last that is to stay and the first that is to go.
    variance = float(deviations[at - 1] * deviations[at])
    power = 1 - 1 / squares
    p = power / (1 + power)
    return variance * 0.5 * (squares + 1) * (1 - p) * p**power / math.sqrt(decoder_share)
