"""What models are called and coloured beside each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jnn_studio.base.text import printable
from jnn_studio.models.pca import PCA
from jnn_studio.models.weights import LoadedModel
from jnn_studio.training.pair.autoencoder_pair import REGULARISED, UNREGULARISED
from jnn_studio.training.words import eta_words

BASELINE = "pca"


def caption(loaded: LoadedModel, name: str = "") -> str:
    """A model's name, or the one given by hand, with its η or β."""
    words = [printable(name) or loaded.name]
    eta, beta, target, loss = (number(loaded, key) for key in ("eta", "beta", "target_rank", "give_up"))
    if math.isfinite(eta):
        words.append(eta_words(eta, *(value if math.isfinite(value) else None for value in (target, loss))))
    if math.isfinite(beta):
        words.append(f"β = {beta:g}")
    return " · ".join(words)


def roles(models: Sequence[LoadedModel]) -> tuple[str, ...]:
    """The colour role of each model: its place in the comparison, as long as that is free."""
    given: list[str] = []
    spare = iter(f"model-{n}" for n in range(1, len(models) + 1))
    for loaded in models:
        role = _place(loaded)
        given.append(role if role and role not in given else next(spare))
    return tuple(given)


def _place(loaded: LoadedModel) -> str:
    """In the controlled experiment, or as what it is measured against; empty if it has none."""
    if isinstance(loaded.model, PCA):
        return BASELINE
    eta = number(loaded, "eta")
    return (REGULARISED if eta > 0 else UNREGULARISED) if math.isfinite(eta) else ""


def number(loaded: LoadedModel, key: str) -> float:
    """A figure of the model's description, NaN if it has none."""
    try:
        return float(loaded.info.get(key, "nan"))
    except ValueError:
        return math.nan
