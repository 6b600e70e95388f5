"""Somebody's modules, given as pairs by name, and copies of them as models to walk."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from jnn_studio.base.text import printable
from jnn_studio.data.given import as_pixels
from jnn_studio.explore.columns import own_models
from jnn_studio.explore.state import MAX_COLUMNS
from jnn_studio.models.weights import LoadedModel
from jnn_studio.models.wrapped import Prepared, WrapError, copied, pictures_of, wrap

Pair = tuple[nn.Module | None, nn.Module | None]
"""(encoder, decoder); one of them may be None."""

DRAWN = 64
"""Latents drawn for a decoder alone."""
_numbers = itertools.count(1)


class OwnModels:
    """Somebody's modules, and copies of them as they are now."""

    def __init__(
        self,
        pairs: Mapping[str, Pair],
        images: Tensor,
        preprocess: Prepared,
        postprocess: Prepared,
        latents: Tensor | None,
    ) -> None:
        self.pairs = dict(pairs)
        self._images, self._latents = images, latents
        self._before, self._after = preprocess, postprocess
        self._number = next(_numbers)
        self.references = {name: own_models.own_reference(f"{self._number}/{name}") for name in pairs}

    def copies(self) -> dict[str, Pair]:
        """As they are now, made on the calling thread: nobody trains them meanwhile."""
        return {
            name: (copied(encoder, f"the encoder of {name!r}"), copied(decoder, f"the decoder of {name!r}"))
            for name, (encoder, decoder) in self.pairs.items()
        }

    def load(self, copies: Mapping[str, Pair]) -> dict[str, LoadedModel]:
        """Copies as models to walk, by name; each is tried."""
        return {
            name: LoadedModel(
                wrap(name, *pair, self._images, self._before, self._after, self._latents),
                _title(name, pair),
                {"run": f"own models {self._number}", "member": name},
            )
            for name, pair in copies.items()
        }

    def hand_over(self, loaded: Mapping[str, LoadedModel]) -> dict[str, LoadedModel]:
        """Let them be found; by reference."""
        for name, model in loaded.items():
            own_models.hand_over(f"{self._number}/{name}", model)
        return {self.references[name]: model for name, model in loaded.items()}

    def take_back(self) -> None:
        """They are no longer looked at."""
        for reference in self.references.values():
            own_models.take_back(reference)


def pairs_of(models: Mapping[str, Pair] | Pair) -> dict[str, Pair]:
    given = dict(models) if isinstance(models, Mapping) else {"model": models}
    if not 1 <= len(given) <= MAX_COLUMNS:
        raise WrapError(f"{len(given)} models were given; there is room for 1 to {MAX_COLUMNS} side by side")
    for name, pair in given.items():
        if not isinstance(name, str) or not 1 <= len(name) <= 80:
            raise WrapError(f"{name!r} is no name of a model; give one of 1 to 80 letters")
        if not isinstance(pair, tuple | list) or len(pair) != 2 or (pair[0] is None and pair[1] is None):
            raise WrapError(f"for {name!r} give (encoder, decoder); one of the two may be None")
    return {name: (pair[0], pair[1]) for name, pair in given.items()}


def _title(name: str, pair: Pair) -> str:
    return printable(name) + (" (linear decoder)" if pair[1] is None else "")


def latents_of(name: str, latents: Tensor | int | None) -> Tensor:
    """Those given, or drawn."""
    if latents is None:
        raise WrapError(f"{name!r} is a decoder alone: give latents=, or the length of latents to draw")
    if isinstance(latents, int):
        return torch.randn(DRAWN, latents, generator=torch.Generator().manual_seed(0))
    given = torch.as_tensor(latents).detach().to("cpu", torch.float32)
    if given.ndim < 2 or not len(given):
        raise WrapError(f"the latents are {tuple(given.shape)}; give (number, …), at least one")
    return given


def pictures_made(name: str, decoder: nn.Module | None, latents: Tensor, postprocess: Prepared) -> Tensor:
    """A decoder's pictures of latents."""
    own = copied(decoder, f"the decoder of {name!r}")
    assert own is not None
    return as_pixels(pictures_of(name, own, latents, postprocess), len(latents))
