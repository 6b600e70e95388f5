"""What decides where directions turn, as matrices on the latent space that change smoothly along a walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Forms:
    """Quadratic forms at one point, symmetric and in float64.

    They change as smoothly as the Jacobian does, also where singular vectors turn fast because their
    singular values nearly coincide. So those in between points can be told from those at the points.

    Attributes:
        grams: (latent, latent) each: those whose eigenvectors the directions are, JJᵀ of an encoder or JᵀJ
            of a decoder; of a region those of the pixels inside and of all of them.
        speed: vᵀ speed v is the mean squared change along v of the picture as it is seen, that is without
            its clipped pixels. (latent, latent); or of one direction alone, (1, 1).
    """

    grams: tuple[Tensor, ...]
    speed: Tensor

    def scaled(self, weight: float) -> Forms:
        """All of them times a number."""
        return Forms(tuple(weight * gram for gram in self.grams), weight * self.speed)

    def plus(self, other: Forms) -> Forms:
        """The sum with those of another point."""
        grams = tuple(a + b for a, b in zip(self.grams, other.grams, strict=True))
        return Forms(grams, self.speed + other.speed)


@dataclass(frozen=True)
class Landmark:
    """A point of a path where the forms were found: ``length`` along it (RMS)."""

    length: float
    forms: Forms


def forms_at(known: Sequence[Landmark], length: float) -> Forms:
    """Those at ``length`` on the polynomial through up to three landmarks (Lagrange), or beyond them."""
    found: Forms | None = None
    for one in known:
        weight = 1.0
        for other in known:
            if other is not one:
                weight *= (length - other.length) / (one.length - other.length)
        part = one.forms.scaled(weight)
        found = part if found is None else found.plus(part)
    assert found is not None
    return found
