"""Which denoisers are open: those that ship, or weights from a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jnn_studio.labs.denoise.denoisers.methods import (
    ANY,
    COMPARED,
    BundledKey,
    bundled_denoisers,
    bundled_keys,
    nearest_sigma,
    open_denoisers,
    trained_sigma,
)
from jnn_studio.labs.denoise.denoisers.telling import range_of
from jnn_studio.models.weights import LoadedDenoiser


@dataclass(frozen=True)
class ModelsChoice:
    """Weights at ``path``; without one, of those that ship, the ones for any σ.

    Of these, ``all_methods``, or `COMPARED` alone. With ``sigma`` those trained on it, or, where there are
    none for any σ or ``paper`` says so, on the σ nearest to the image's.
    """

    path: Path | None = None
    sigma: float | None = None
    paper: bool = False
    all_methods: bool = False

    def meant(self, keys: tuple[BundledKey, ...], sigma: float) -> BundledKey | None:
        """Which of the denoisers that ship this means for an image of ``sigma``; None if there are none."""
        if self.path is not None:
            return None
        if ANY in keys and self.sigma is None and not self.paper:
            return ANY
        sigmas = [key for key in keys if key != ANY]
        return nearest_sigma(sigmas, sigma if self.sigma is None else self.sigma) if sigmas else None


@dataclass(frozen=True)
class OpenedDenoisers:
    """Denoisers by method, as they are read; what ships with the program, and what of it these are."""

    models: Mapping[str, LoadedDenoiser]
    keys: tuple[BundledKey, ...]
    key: BundledKey | None


def open_choice(choice: ModelsChoice, sigma: float) -> OpenedDenoisers:
    """Read the weights a choice means for an image of ``sigma``; no bundled ones are no models.

    Raises:
        StudioError: they cannot be used.
    """
    keys = bundled_keys()
    if choice.path is not None:
        return OpenedDenoisers(open_denoisers(choice.path), keys, None)
    meant = choice.meant(keys, sigma)
    found = {} if meant is None else bundled_denoisers(meant)
    if meant == ANY and not choice.all_methods:
        found = {key: found[key] for key in COMPARED if key in found} or found
    return OpenedDenoisers(found, keys, meant)


def trained_for(models: Mapping[str, LoadedDenoiser]) -> tuple[float, ...]:
    """The σ that denoisers were trained on, ascending, each once.

    Those that do not say, and those that are told σ, are left out.
    """
    found = {trained_sigma(loaded) for loaded in models.values() if range_of(loaded) is None}
    return tuple(sorted(sigma for sigma in found if sigma is not None))


def opener(choice: ModelsChoice) -> Callable[[float], Mapping[str, LoadedDenoiser]]:
    """What opens the denoisers of a choice for a σ; each is read once."""
    opened: dict[BundledKey | None, Mapping[str, LoadedDenoiser]] = {}
    keys = bundled_keys()

    def open_for(sigma: float) -> Mapping[str, LoadedDenoiser]:
        key = choice.meant(keys, sigma)
        if key not in opened:
            opened[key] = open_choice(choice, sigma).models
        return opened[key]

    return open_for
