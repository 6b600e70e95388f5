"""The colour of each method wherever it appears."""

from __future__ import annotations

from collections.abc import Mapping

from jnn_studio.labs.denoise.methods import (
    BM3D,
    DIFFERENCES,
    METHODS,
    NOISE2NOISE,
    PENALISED,
    SUPERVISED,
    UNPENALISED,
)

ROLES: Mapping[str, str] = {
    SUPERVISED: "model-1",
    NOISE2NOISE: "model-2",
    PENALISED: "regularised",
    DIFFERENCES: "model-3",
    UNPENALISED: "unregularised",
    BM3D: "model-4",
}
"""Colour roles; the penalised network and its control have the pair they have everywhere."""


def method_label(method: str) -> str:
    """A method's name as people see it; a network of no known method goes by its key."""
    return METHODS[method].label if method in METHODS else method
