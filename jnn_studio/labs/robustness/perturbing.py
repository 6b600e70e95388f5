"""Projected gradient descent, reproducible: what adversarial training sees, and the paths that are shown.

What trained networks are judged by are the attacks of `jnn_studio.labs.robustness.attacks`.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Norm = Literal["linf", "l2"]
_REACH = 2.5
"""Steps are so long that all of them together reach this many times ε."""


def perturbed(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Tensor,
    steps: int,
    norm: Norm = "linf",
    generator: torch.Generator | None = None,
) -> Tensor:
    """Images in [0, 1] within ``epsilons`` (batch,) of ``images`` that raise the cross-entropy.

    Madry et al., ICLR 2018. ``generator`` draws the start, on the images' device; without one it is the
    images themselves.
    """
    radius = epsilons.view(-1, 1, 1, 1)
    found = images
    if generator is not None:
        noise = torch.empty_like(images).uniform_(-1, 1, generator=generator)
        found = (images + _inside(noise * radius, radius, norm)).clamp(0, 1)
    for _ in range(steps):
        x = found.detach().requires_grad_(True)
        with torch.enable_grad():
            loss = functional.cross_entropy(model(x), labels, reduction="sum")
            (gradient,) = torch.autograd.grad(loss, x)
        if norm == "linf":
            move = gradient.sign()
        else:
            move = gradient / gradient.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, 1, 1, 1)
        away = found + (_REACH / steps) * radius * move - images
        found = (images + _inside(away, radius, norm)).clamp(0, 1)
    return found.detach()


def _inside(away: Tensor, radius: Tensor, norm: Norm) -> Tensor:
    """The nearest perturbation within the radius."""
    if norm == "linf":
        return away.clamp(-radius, radius)
    length = away.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, 1, 1, 1)
    return away * (radius / length).clamp_max(1)
