"""What trained networks are measured on: held-out images, also corrupted, and their tangent spaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from jnn_studio.data.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from jnn_studio.labs.robustness.classes import LabelledImages

SEED = 3
"""Of what corruptions draw."""


@dataclass(frozen=True)
class Material:
    """Held-out images that networks are measured on.

    Attributes:
        images, labels: all of them, and of them ``attacked``, the first so many.
        bases: orthonormal bases of the true tangent spaces at the attacked images, (images, values, factors);
            None where nobody knows them.
        tangents: what they were made of: the derivatives by the true factors.
        corrupted: all images under each corruption, by its severities.
    """

    images: Tensor
    labels: Tensor
    attacked: int
    bases: Tensor | None = None
    tangents: Tensor | None = None
    corrupted: Mapping[str, Sequence[Tensor]] = field(default_factory=dict)


@torch.no_grad()
def material(data: LabelledImages, attacked: int, device: str) -> Material:
    """The held-out images, at most ``attacked`` of them to be attacked."""
    held_out = torch.from_numpy(data.held_out)
    images, labels = data.images[held_out].float() / 255, data.labels[held_out]
    count = min(attacked, len(images))
    corrupted = {
        name: [corrupt(images, name, severity, SEED).to(device) for severity in SEVERITIES]
        for name in CORRUPTIONS
    }
    found = Material(images.to(device), labels.to(device), count, corrupted=corrupted)
    if data.tangents is None:
        return found
    tangents = data.tangents(data.held_out[:count].tolist())
    bases = torch.linalg.qr(tangents)[0]
    return replace(found, bases=bases.to(device), tangents=tangents.to(device))
