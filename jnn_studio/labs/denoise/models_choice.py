"""Which denoisers are open: those that ship, or weights from a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jnn_studio.labs.denoise.methods import (
    bundled_denoisers,
    bundled_sigmas,
    nearest_sigma,
    open_denoisers,
    trained_sigma,
)
from jnn_studio.models.weights import LoadedDenoiser


@dataclass(frozen=True)
class ModelsChoice:
    """Weights at ``path``; without one those that ship for ``sigma``, or for the σ nearest to the image's."""

    path: Path | None = None
    sigma: float | None = None

    def sigma_for(self, sigmas: tuple[float, ...], sigma: float) -> float | None:
        """The σ of the bundled denoisers this means for an image of ``sigma``; None if there are none."""
        if self.path is not None or not sigmas:
            return None
        return nearest_sigma(sigmas, sigma if self.sigma is None else self.sigma)


@dataclass(frozen=True)
class OpenedDenoisers:
    """Denoisers by method, which σ of bundled ones there are, and which of them these are, if any."""

    models: Mapping[str, LoadedDenoiser]
    sigmas: tuple[float, ...]
    sigma: float | None


def open_choice(choice: ModelsChoice, sigma: float) -> OpenedDenoisers:
    """Read the weights a choice means for an image of ``sigma``; no bundled ones are no models.

    Raises:
        StudioError: they cannot be used.
    """
    sigmas = bundled_sigmas()
    if choice.path is not None:
        return OpenedDenoisers(open_denoisers(choice.path), sigmas, None)
    meant = choice.sigma_for(sigmas, sigma)
    return OpenedDenoisers({} if meant is None else bundled_denoisers(meant), sigmas, meant)


def trained_for(models: Mapping[str, LoadedDenoiser]) -> tuple[float, ...]:
    """The σ that denoisers were trained on, ascending, each once; those that do not say are left out."""
    found = {trained_sigma(loaded) for loaded in models.values()}
    return tuple(sorted(sigma for sigma in found if sigma is not None))


def opener(choice: ModelsChoice) -> Callable[[float], Mapping[str, LoadedDenoiser]]:
    """What opens the denoisers of a choice for a σ; each is read once."""
    opened: dict[float | None, Mapping[str, LoadedDenoiser]] = {}
    sigmas = bundled_sigmas()

    def open_for(sigma: float) -> Mapping[str, LoadedDenoiser]:
        key = choice.sigma_for(sigmas, sigma)
        if key not in opened:
            opened[key] = open_choice(choice, sigma).models
        return opened[key]

    return open_for
