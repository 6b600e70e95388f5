"""Networks that belong together, as they ship or as somebody trained them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jnn_studio.labs.denoise.denoisers.methods import (
    ANY,
    TO_4,
    bundled_denoisers,
    bundled_keys,
    open_denoisers,
    trained_sigma,
)
from jnn_studio.labs.denoise.denoisers.telling import fits, range_of
from jnn_studio.labs.denoise.measuring.evaluation import EvaluationSettings
from jnn_studio.models.weights import LoadedDenoiser


@dataclass(frozen=True)
class NetworkSet:
    """Networks by method that belong together, and what people call them.

    ``estimated``: they are told the σ that is estimated of each noisy image, not that of the noise.
    """

    label: str
    denoisers: Mapping[str, LoadedDenoiser]
    estimated: bool = False


def bundled_sets() -> tuple[NetworkSet, ...]:
    """What is offered of all that ships with the program, for any σ and for each one there is.

    Raises:
        StudioError: a file is damaged.
    """
    return tuple(
        NetworkSet("any σ" if key == ANY else f"σ = {key:g}", bundled_denoisers(key))
        for key in bundled_keys()
    )


def strong_sets() -> tuple[NetworkSet, ...]:
    """What ships for noise stronger than the others know.

    Raises:
        StudioError: a file is damaged.
    """
    return (NetworkSet("σ to 4", bundled_denoisers(TO_4)),)


def own_sets(places: Sequence[Path]) -> tuple[NetworkSet, ...]:
    """What lies at ``places``, each a set of its own.

    Raises:
        StudioError: a place holds no denoisers.
    """
    return tuple(NetworkSet(place.name or str(place), open_denoisers(place)) for place in places)


def of_methods(sets: Sequence[NetworkSet], methods: Sequence[str]) -> tuple[NetworkSet, ...]:
    """Of each set those of ``methods`` alone, where it has any of them; else all of it."""
    return tuple(
        replace(
            one,
            denoisers={key: one.denoisers[key] for key in one.denoisers if key in methods} or one.denoisers,
        )
        for one in sets
    )


def made_for(sets: Sequence[NetworkSet], settings: EvaluationSettings) -> tuple[NetworkSet, ...]:
    """Of each set those that were trained on the σ of ``settings``, or can be told it; without empty ones.

    Those that are told σ are told that of images in [-1, 1]; the others are given the images as they are.
    """

    def fit(loaded: LoadedDenoiser) -> bool:
        if range_of(loaded) is not None:
            return fits(loaded, settings.signed_sigma)
        return trained_sigma(loaded) == settings.sigma

    found = (
        replace(one, denoisers={key: loaded for key, loaded in one.denoisers.items() if fit(loaded)})
        for one in sets
    )
    return tuple(one for one in found if one.denoisers)


def with_estimates(sets: Sequence[NetworkSet]) -> tuple[NetworkSet, ...]:
    """Behind every set those of its networks that are told σ once more, told the one that is estimated."""
    found: list[NetworkSet] = []
    for one in sets:
        found.append(one)
        telling = {key: own for key, own in one.denoisers.items() if range_of(own) is not None}
        if telling:
            found.append(NetworkSet(f"{one.label}, σ estimated", telling, estimated=True))
    return tuple(found)
