"""The colour and line of each method, the same wherever it is shown. Free of Qt."""

from __future__ import annotations

from jnn_studio.app.colors import Style
from jnn_studio.labs.denoise.denoisers.methods import (
    BM3D,
    DIFFERENCES,
    NEIGHBOURS,
    NOISE2NOISE,
    PENALISED,
    RECORRUPTED,
    SUPERVISED,
    SURE,
    UNPENALISED,
    UNSURE,
)

# With the penalty and without it have the colours they have everywhere else in the program.
ROLES = {
    SUPERVISED: "solver-1",
    NOISE2NOISE: "solver-2",
    PENALISED: "regularised",
    DIFFERENCES: "regularised",
    UNPENALISED: "unregularised",
    SURE: "model-2",
    UNSURE: "model-2",
    RECORRUPTED: "model-1",
    NEIGHBOURS: "pca",
    BM3D: "solver-3",
}


def method_color(key: str) -> tuple[str, Style]:
    """A method's colour role, and its line: near relatives share a colour."""
    return ROLES.get(key, "muted"), "dash" if key in (DIFFERENCES, UNSURE) else "solid"
