"""Which direction of one model does what a direction of another does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from jnn_studio.explore.place import Place


@dataclass(frozen=True)
class Match:
    """Directions of another model paired with a reference's.

    Attributes:
        order: for each direction of the reference, the index of the other model's; what is left over follows.
        signs: 1.0 or −1.0 for each.
        cosine: between the push-forwards of each pair, sign included: in [0, 1] for pairs; 0 for the rest.
    """

    order: tuple[int, ...]
    signs: tuple[float, ...]
    cosine: np.ndarray


def match_directions(reference: Place, other: Place) -> Match:
    """Pair directions by the cosine of what they do to the picture, optimally over all pairs together.

    Models whose images differ in size cannot be compared pixel by pixel: their pictures are brought to the
    smaller size first.
    """
    # A third of a second to import: not at every program's start.
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

    a, b = comparable(reference, other)
    a = a[: len(b)]  # a smaller latent has partners for the first directions only
    cosine = (a @ b.T).double().numpy()
    rows, columns = linear_sum_assignment(np.abs(cosine), maximize=True)
    pairs = dict(zip(rows.tolist(), columns.tolist(), strict=True))
    order = [pairs[row] for row in sorted(pairs)]
    found = [float(cosine[row, pairs[row]]) for row in sorted(pairs)]
    rest = [column for column in range(b.shape[0]) if column not in order]
    signs = [1.0 if value >= 0 else -1.0 for value in found] + [1.0] * len(rest)
    return Match(
        tuple(order + rest), tuple(signs), np.array([abs(value) for value in found] + [0.0] * len(rest))
    )


def comparable(a: Place, b: Place) -> tuple[Tensor, Tensor]:
    """Unit push-forwards of both, (k, values) each, at the smaller of their image sizes."""
    from torch.nn.functional import interpolate, normalize

    shapes = a.start.shape, b.start.shape
    pushes = [place.push.unflatten(1, place.start.shape) for place in (a, b)]
    if shapes[0][0] != shapes[1][0]:
        pushes = [push.mean(1, keepdim=True) for push in pushes]
    side = min(shape[-1] for shape in shapes)
    pushes = [
        push if push.shape[-1] == side else interpolate(push, (side, side), mode="bilinear", antialias=True)
        for push in pushes
    ]
    return normalize(pushes[0].flatten(1), dim=1), normalize(pushes[1].flatten(1), dim=1)
