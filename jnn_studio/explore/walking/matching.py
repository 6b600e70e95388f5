"""Which direction of one model does what a direction of another does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from jnn_studio.data.pixels import centre, fitted
from jnn_studio.explore.walking.place import Place


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


def match_directions(reference: Place, other: Place, image: tuple[int, int] | None = None) -> Match:
    """Pair directions by the cosine of what they do to the picture, optimally over all pairs together.

    Models whose images differ in size cannot be compared pixel by pixel: their pictures are brought to the
    smaller size first. Where they differ in proportions, the part is compared that both see of the image
    (height, width) whose middle each of them does.
    """
    # A third of a second to import: not at every program's start.
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

    a, b = comparable(reference, other, image)
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


def comparable(a: Place, b: Place, image: tuple[int, int] | None = None) -> tuple[Tensor, Tensor]:
    """Unit push-forwards of both, (k, values) each, at the smaller of their image sizes.

    ``image``: (height, width) of what both see the middle of; by default the larger of theirs.
    """
    from torch.nn.functional import normalize

    shapes = [tuple(place.start.shape[1:]) for place in (a, b)]
    pushes = [place.push.unflatten(1, place.start.shape) for place in (a, b)]
    if pushes[0].shape[1] != pushes[1].shape[1]:
        pushes = [push.mean(1, keepdim=True) for push in pushes]
    whole = image or (max(shape[0] for shape in shapes), max(shape[1] for shape in shapes))
    scales = [min(whole[0] / shape[0], whole[1] / shape[1]) for shape in shapes]
    both = [min(scale * shape[side] for scale, shape in zip(scales, shapes, strict=True)) for side in (0, 1)]
    parts = [
        centre(push, round(both[0] / scale), round(both[1] / scale))
        for push, scale in zip(pushes, scales, strict=True)
    ]
    size = [min(part.shape[side] for part in parts) for side in (2, 3)]
    pushes = [fitted(part, size[0], size[1]) for part in parts]
    return normalize(pushes[0].flatten(1), dim=1), normalize(pushes[1].flatten(1), dim=1)
