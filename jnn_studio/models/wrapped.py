"""Anybody's encoder and decoder as a model of this program, for as long as the process lives.

What stands in view are copies, on the CPU, in float32 and in evaluation mode: the modules themselves are
never run, and neither their mode nor their buffers nor their gradients change.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from jnn_studio.base.errors import StudioError
from jnn_studio.models.latent_model import AffineDecoding

Scale = tuple[float | Sequence[float], float | Sequence[float]]
"""(mean, deviation), each one number or one for each channel: number = (pixel - mean) / deviation."""
Prepared = Scale | Callable[[Tensor], Tensor] | None

FITTED = 512
"""Images that a linear decoder is fitted to, at most."""
_RIDGE = 1e-3


class WrapError(StudioError):
    """A module that cannot be shown; the message says which, why, and what is accepted."""


@dataclass(frozen=True)
class WrappedConfig:
    """Sizes of a model of somebody's own.

    Attributes:
        image_shape: (channels, height, width).
        latent_shape: the latent as the decoder takes it.
    """

    image_shape: tuple[int, int, int]
    latent_shape: tuple[int, ...]

    @property
    def channels(self) -> int:
        """Colour channels of its images."""
        return self.image_shape[0]

    @property
    def size(self) -> int:
        """Width of its images, in pixels."""
        return self.image_shape[2]

    @property
    def latent(self) -> int:
        """Numbers in the latent, which is walked as one vector."""
        return math.prod(self.latent_shape)


class WrappedModel(nn.Module):
    """Images in [0, 1] → latent → images, by copies of somebody's modules; see `wrap`.

    Attributes:
        direction_kinds: a decoder alone has no directions of an encoder.
    """

    direction_kinds: tuple[str, ...] = ("encoder", "decoder", "axes")

    def __init__(
        self,
        config: WrappedConfig,
        encoder: nn.Module,
        decoder: nn.Module,
        before: Callable[[Tensor], Tensor],
        after: Callable[[Tensor], Tensor],
    ) -> None:
        super().__init__()
        self.config = config
        self.encoder, self.decoder = encoder, decoder
        self._before, self._after = before, after

    def encoder_input(self, images: Tensor) -> Tensor:
        """What ``encoder`` takes: as its author prepares it."""
        return self._before(images)

    def encode(self, images: Tensor) -> Tensor:
        """(batch, channels, height, width) → (batch, latent)."""
        latents: Tensor = self.encoder(self.encoder_input(images))
        return latents

    def decode(self, latents: Tensor) -> Tensor:
        """(batch, latent) → (batch, channels, height, width); not clipped to [0, 1]."""
        return self._after(self.decoder(latents))

    @property
    def affine_decoding(self) -> AffineDecoding | None:
        """Another scale is all that comes after the decoder; of a function nothing is known."""
        if not isinstance(self._after, _Unscaled):
            return None
        return AffineDecoding(
            self.decoder, self._after, linear=self._after.linear, isometric=self._after.isometric
        )

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructions."""
        return self.decode(self.encode(images))


def wrap(
    name: str,
    encoder: nn.Module | None,
    decoder: nn.Module | None,
    images: Tensor,
    preprocess: Prepared = None,
    postprocess: Prepared = None,
    latents: Tensor | None = None,
) -> WrappedModel:
    """A model of ``encoder`` and ``decoder``, which are `copied` and not used otherwise; each is tried once.

    Without a decoder, pictures come from a linear one: the ridge regression of ``images`` on their latents.
    Without an encoder, ``latents`` tells those of ``images``, and another image has those of the nearest.

    Args:
        name: what to call it in messages.
        images: (batch, channels, height, width) in [0, 1].
        preprocess: images → what the encoder takes: a function, or a `Scale`.
        postprocess: what the decoder gives → images; by default undoes ``preprocess`` that is a `Scale`.
        latents: (batch, *latent shape), of ``images``.

    Raises:
        WrapError: a module cannot be computed, or gives what cannot be shown.
    """
    before, after = prepared(preprocess, postprocess, images.shape[1])
    few = images[:2] if len(images) > 1 else images.repeat(2, 1, 1, 1)
    if encoder is None:
        if latents is None:
            raise WrapError(f"{name!r} is a decoder alone: say in latents= what it is to make pictures of")
        shape, before = tuple(latents.shape[1:]), _as_it_is
        first: nn.Module = _KnownLatents(images, latents)
    else:
        first = encoder
        given = _tried(lambda: before(few), f"preprocess, before the encoder of {name!r},")
        found = _tried(lambda: first(given), f"the encoder of {name!r}")
        if found.ndim < 2 or len(found) != len(few) or not found.is_floating_point():
            raise WrapError(
                f"the encoder of {name!r} gives {tuple(found.shape)} for {len(few)} images; it is to give "
                "one vector, or map of features, for each"
            )
        shape = tuple(found.shape[1:])
        first = first if found.ndim == 2 else _Flat(first)
    channels, height, width = images.shape[1:]
    config = WrappedConfig((channels, height, width), shape)
    if decoder is None:
        after = _Unscaled((0.0,), (1.0,))
        second: nn.Module = _linear_decoder(first, before, images)
    else:
        second = decoder if len(shape) == 1 else _Shaped(decoder, shape)
    model = WrappedModel(config, first, second, before, after).eval().requires_grad_(False)
    if encoder is None:
        model.direction_kinds = ("decoder", "axes")
    pictures = _tried(lambda: model(few), f"the decoder of {name!r}")
    if pictures.shape != few.shape:
        raise WrapError(
            f"the decoder of {name!r} gives {tuple(pictures.shape)} where the images are {tuple(few.shape)}; "
            "reshape or crop it in postprocess="
        )
    return model


def pictures_of(name: str, decoder: nn.Module, latents: Tensor, postprocess: Prepared = None) -> Tensor:
    """What a `copied` decoder makes of ``latents`` (batch, …): images in [0, 1]; raises `WrapError`."""
    pictures = _tried(lambda: decoder(latents), f"the decoder of {name!r}")
    if pictures.ndim != 4:
        raise WrapError(
            f"the decoder of {name!r} gives {tuple(pictures.shape)}; it is to give "
            "(batch, channels, height, width)"
        )
    after = prepared(None, postprocess, pictures.shape[1])[1]
    return _tried(lambda: after(pictures).clamp(0, 1), "postprocess")


def copied(module: nn.Module | None, what: str) -> nn.Module | None:
    """A copy to be run in the place of ``module``; raises `WrapError`."""
    if module is None:
        return None
    if not isinstance(module, nn.Module):
        raise WrapError(
            f"{what} is a {type(module).__name__}; give an nn.Module, which can be copied with its weights "
            "(wrap a function in one)"
        )
    try:
        own = copy.deepcopy(module)
    except Exception as error:  # whatever somebody keeps in a module
        raise WrapError(
            f"{what} cannot be copied ({type(error).__name__}: {_first_line(error)}); keep tensors that "
            "belong to a graph, locks and open files out of it"
        ) from error
    return own.to("cpu", torch.float32).eval().requires_grad_(False)


def prepared(
    preprocess: Prepared, postprocess: Prepared, channels: int
) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    """Both as functions; raises `WrapError`."""
    if postprocess is None and not callable(preprocess):
        postprocess = preprocess
    before = preprocess if callable(preprocess) else _Scaled(*_scale(preprocess, channels))
    after = postprocess if callable(postprocess) else _Unscaled(*_scale(postprocess, channels))
    return before, after


class _Scaled:
    def __init__(self, mean: Sequence[float], deviation: Sequence[float]) -> None:
        self._mean, self._deviation = _column(mean), _column(deviation)

    def __call__(self, images: Tensor) -> Tensor:
        return (images - self._mean) / self._deviation


class _Unscaled:
    def __init__(self, mean: Sequence[float], deviation: Sequence[float]) -> None:
        self._mean, self._deviation = _column(mean), _column(deviation)
        self.linear, self.isometric = not any(mean), set(deviation) == {1.0}

    def __call__(self, decoded: Tensor) -> Tensor:
        return decoded * self._deviation + self._mean


class _Flat(nn.Module):
    """An encoder whose maps of features are one vector."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.module(x)
        return features.flatten(1)


class _Shaped(nn.Module):
    """A decoder of vectors that takes them in another shape."""

    def __init__(self, module: nn.Module, shape: Sequence[int]) -> None:
        super().__init__()
        self.module, self._shape = module, tuple(shape)

    def forward(self, latents: Tensor) -> Tensor:
        decoded: Tensor = self.module(latents.reshape(-1, *self._shape))
        return decoded


class _KnownLatents(nn.Module):
    """Images that a decoder has made, and of what; another image is taken for the nearest of them."""

    def __init__(self, images: Tensor, latents: Tensor) -> None:
        super().__init__()
        self.register_buffer("images", images.detach().to("cpu", torch.float32).flatten(1))
        self.register_buffer("latents", latents.detach().to("cpu", torch.float32).flatten(1))

    def forward(self, x: Tensor) -> Tensor:
        # By differences, not by products: an image is exactly at distance 0 from itself.
        nearest = [int((self.get_buffer("images") - one).square().sum(1).argmin()) for one in x.flatten(1)]
        latents: Tensor = self.get_buffer("latents")[nearest]
        return latents


def _linear_decoder(encoder: nn.Module, before: Callable[[Tensor], Tensor], images: Tensor) -> nn.Module:
    """What of the images can be told linearly from their latents."""
    some = images[:FITTED]
    with torch.no_grad():
        latents = torch.cat([encoder(before(part)) for part in some.split(32)]).double()
    pixels = some.flatten(1).double()
    middle, mean = latents.mean(0), pixels.mean(0)
    centred = latents - middle
    gram = centred.mT @ centred
    gram.diagonal().add_(_RIDGE * gram.diagonal().mean().clamp_min(1e-12))
    weights = torch.linalg.solve(gram, centred.mT @ (pixels - mean))
    linear = nn.Linear(latents.shape[1], pixels.shape[1])
    with torch.no_grad():
        linear.weight.copy_(weights.mT)
        linear.bias.copy_(mean - middle @ weights)
    return nn.Sequential(linear, nn.Unflatten(1, tuple(images.shape[1:])))


def _as_it_is(images: Tensor) -> Tensor:
    return images


def _scale(pair: Scale | None, channels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if pair is None:
        return (0.0,), (1.0,)
    try:
        mean, deviation = (
            (float(part),) if isinstance(part, int | float) else tuple(float(value) for value in part)
            for part in pair
        )
    except (TypeError, ValueError):
        mean, deviation = (), ()
    if not {len(mean), len(deviation)} <= {1, channels} or not all(value > 0 for value in deviation):
        raise WrapError(
            f"{pair} is no scale; give (mean, deviation), each one number or one for each of {channels} "
            "channels, or a function"
        )
    return mean, deviation


def _column(values: Sequence[float]) -> Tensor:
    return torch.tensor(tuple(values), dtype=torch.float32).reshape(-1, 1, 1)


def _tried(compute: Callable[[], Tensor], what: str) -> Tensor:
    try:
        with torch.no_grad():
            found = compute()
    except Exception as error:  # whatever somebody's module raises
        raise WrapError(f"{what} cannot be computed: {type(error).__name__}: {_first_line(error)}") from error
    if not isinstance(found, Tensor):
        raise WrapError(
            f"{what} gives a {type(found).__name__}; wrap it so that it gives one tensor, such as the mean "
            "of its latents"
        )
    return found


def _first_line(error: Exception) -> str:
    return (str(error).strip().split("\n") or [""])[0]
