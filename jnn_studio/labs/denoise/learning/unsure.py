"""SURE without a known σ: the weight of the trace is a multiplier that is learnt beside the network.

UNSURE (Tachella, Davies & Jacques, ICLR 2025) minimises ½‖f(y) − y‖² over denoisers whose Jacobian has the
trace 0 in the mean. The multiplier η of that constraint rises while the trace is positive and falls while it
is negative; where it stands still it is an estimate of σ². For a linear f it is n / tr(E yyᵀ)⁻¹ for images of
n values: σ² where nearly all directions hold noise alone, and more otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

MULTIPLIER, SLOPE = "multiplier", "slope"
START = 0.01
"""η to begin with: it has to be found, from below."""
RATE, MOMENTUM = 0.1, 0.9
"""Of the ascent in log η, by the trace per colour value, which lies between 0 and 1 for most denoisers."""


def begun(device: str | torch.device) -> dict[str, Tensor]:
    """What training remembers of the multiplier, at its beginning."""
    return {MULTIPLIER: torch.tensor(START, device=device), SLOPE: torch.zeros((), device=device)}


def ascend(state: Mapping[str, Tensor], trace: Tensor, values: int) -> None:
    """A step of the multiplier, written into ``state``: up where the ``trace`` is positive.

    Args:
        trace: of the Jacobian, mean over a batch.
        values: colour values of an image.
    """
    slope, multiplier = state[SLOPE], state[MULTIPLIER]
    slope.mul_(MOMENTUM).add_(trace.to(slope) / values, alpha=1 - MOMENTUM)
    multiplier.mul_(torch.exp(RATE * slope))


def estimated_sigma(state: Mapping[str, Tensor]) -> float:
    """σ as the multiplier has it."""
    return float(state[MULTIPLIER]) ** 0.5
