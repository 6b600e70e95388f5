"""What must hold of any sound attack; where it does not, a network only seems to be robust.

After Athalye, Carlini & Wagner, "Obfuscated gradients give a false sense of security", ICML 2018, and
Carlini et
al., "On evaluating adversarial robustness", 2019.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from jnn_studio.labs.robustness.perturbing import Norm

VANISHED = 1e-10
"""Norm of a gradient of the cross-entropy that no attack can follow in single precision."""
LEFT = 0.05
"""Share of images that may still be told rightly where every image can be reached, or have no gradient."""
SLACK = 0.05
"""By how much a weaker attack may find more than a stronger one, as a share of images: both are random."""


@dataclass(frozen=True)
class Checked:
    """One check: what it asks, whether it holds, and the number it was decided by."""

    key: str
    holds: bool
    figure: float


QUESTIONS: Mapping[str, str] = {
    "falls_to_zero": "accuracy falls to 0 as ε grows",
    "black_box_weaker": "an attack without gradients finds no more than one with them",
    "one_step_weaker": "one step finds no more than many",
    "noise_weaker": "random noise finds no more than PGD",
    "gradients_there": "gradients are there to be followed",
}
"""All checks in words, in the order they are made."""


def check(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    white: Mapping[Norm, Tensor],
    black: Mapping[Norm, Tensor],
    one_step: Tensor,
    noise: Tensor,
) -> tuple[Checked, ...]:
    """Judge attacks on one network.

    Args:
        white: told rightly under PGD, (ε, images) from ε = 0 to one within which every image can be reached.
        black: the same without gradients, on the first of these images.
        one_step, noise: the same in L∞ under weaker attacks, at the ε between those two ends.
    """
    left = max(float(rows[-1].float().mean()) for rows in white.values())
    found = [Checked("falls_to_zero", left <= LEFT, left)]
    if black:
        more = max(_more(black[norm], white[norm][:, : black[norm].shape[1]]) for norm in black)
        # Of few images one is a large share.
        allowed = max(SLACK, 1.01 / min(rows.shape[1] for rows in black.values()))
        found.append(Checked("black_box_weaker", more <= allowed, more))
    inner = white["linf"][1:-1]
    for key, weaker in (("one_step_weaker", one_step), ("noise_weaker", noise)):
        more = _more(weaker, inner)
        found.append(Checked(key, more <= SLACK, more))
    vanished = _without_gradient(network, images, labels)
    found.append(Checked("gradients_there", vanished <= LEFT, vanished))
    return tuple(found)


def _more(weaker: Tensor, stronger: Tensor) -> float:
    """The largest share of images, over ε, by which the weaker attack finds more than the stronger."""
    return float((stronger.float().mean(1) - weaker.float().mean(1)).max())


def _without_gradient(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share of images at which the gradient of the cross-entropy has vanished."""
    x = images.detach().requires_grad_(True)
    with torch.enable_grad():
        loss = functional.cross_entropy(network(x), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, x)
    return float((gradient.flatten(1).norm(dim=1) < VANISHED).float().mean())
