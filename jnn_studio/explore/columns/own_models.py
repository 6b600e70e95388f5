"""Models that a program hands over, found by ``own:NUMBER/NAME`` for as long as it lives."""

from __future__ import annotations

from jnn_studio.explore.columns.open_models import ModelsError
from jnn_studio.models.weights import LoadedModel

OWN = "own:"

_MODELS: dict[str, LoadedModel] = {}


def own_reference(name: str) -> str:
    """What to call a model that is handed over by this name."""
    return f"{OWN}{name}"


def is_own(where: str) -> bool:
    """Whether a reference is that of such a model."""
    return where.startswith(OWN)


def own_name(where: str) -> str:
    """What its program calls it; before it a reference has the number of the call that handed it over."""
    return where.removeprefix(OWN).partition("/")[2]


def hand_over(name: str, loaded: LoadedModel) -> str:
    """Keep a model, instead of one of the same name; what to call it."""
    _MODELS[own_reference(name)] = loaded
    return own_reference(name)


def take_back(where: str) -> None:
    """Nobody looks at this model any more."""
    _MODELS.pop(where, None)


def own_model(where: str) -> LoadedModel:
    """One that was handed over.

    Raises:
        ModelsError: none was, or it is no longer there.
    """
    if where not in _MODELS:
        raise ModelsError(
            f"{own_name(where)} was handed over by a program that has ended, or closed its window; "
            "run it again, or write the model into a file with jnn_studio.save_portable and open that"
        )
    return _MODELS[where]
