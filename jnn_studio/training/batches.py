"""Which images a run trains on at which step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from jnn_studio.base.text import counted
from jnn_studio.base.watch import Watch
from jnn_studio.data.folder import FolderSource
from jnn_studio.data.holding_out import hold_out
from jnn_studio.data.source import ImageSource
from jnn_studio.training.gathering.ahead import Ahead
from jnn_studio.training.gathering.augmenting import augmented, mixed
from jnn_studio.training.gathering.share import process_share
from jnn_studio.training.image_config import AS_THEY_ARE, ImagesConfig

_VARIED = 1
"""The stream of random numbers by which images are varied; epochs have one number less in their seed."""
_OTHERS = 2
"""And that by which others are chosen to be mixed into them."""

RESIDENT_BYTES = 1 << 30
"""Sources up to this size are kept on the training device, one byte per colour value."""


def too_few_images(count: int, held_out: int, batch_size: int) -> str:
    """Why ``count`` images are not enough for what ``schedule`` asks, and what to do; "" if they are."""
    if held_out >= count:
        return (
            f"schedule.held_out ({held_out:,}) leaves none of the {counted(count, 'image')} to train on; "
            f"give at most {max(1, count // 8):,}, an eighth of them"
        )
    left = count - max(1, min(held_out, count // 8))
    if batch_size > left:
        return (
            f"schedule.batch_size ({batch_size:,}) is more than the {counted(left, 'image')} to train on; "
            f"give at most {left:,}"
        )
    return ""


def too_few_for_components(count: int, held_out: int, components: int) -> str:
    """Why ``count`` images have not as many principal components, and what to do; "" if they have."""
    left = count - max(1, min(held_out, count // 8))
    if components < left:
        return ""
    return (
        f"model.components ({components:,}) needs more images than that, and {left:,} are left to train on; "
        f"give at most {max(1, left - 1):,}"
    )


class Batches:
    """Training batches and held-out images of a source, as functions of the seed and the step alone.

    Every epoch is a fresh permutation; a batch may run over its end into the next one. ``settings`` says
    whether images or folders are held out, and how the images of a batch are varied. Where several processes
    train together, each has its share of every batch. Of a folder too large to be kept on the device the next
    batch is gathered and copied while the last one is trained on.

    Attributes:
        source: the images.
        batch_size: images of a whole batch.
        train: indices of those that are trained on.
        held_out: of those that are not; where folders are, in an order that mixes them.
        notes: what a person should know of the choice.
        wanted: (held out, in a batch), as they were asked for; there may be fewer.

    Raises:
        ValueError: the source is too small for one batch beside the held-out images, or a batch cannot be
            dealt out evenly to the processes that train.
    """

    def __init__(
        self,
        source: ImageSource,
        batch_size: int,
        held_out: int,
        seed: int,
        device: str,
        watch: Watch,
        settings: ImagesConfig = AS_THEY_ARE,
    ) -> None:
        # A folder may be far smaller than the procedural set: keep out at most an eighth of it.
        wanted, held_out = held_out, max(1, min(held_out, len(source) // 8))
        if len(source) - held_out < 1:
            raise ValueError(f"{source.name} has {counted(len(source), 'image')}; training needs at least 2")
        self.source = source
        self.wanted = (wanted, batch_size)
        self._source, self._device, self._seed, self._settings = source, device, seed, settings
        self.notes: tuple[str, ...] = ()
        if settings.apart == "folders":
            parts = hold_out(source, held_out / len(source), seed)
            self.train = np.array(parts.rest)
            self.held_out = np.random.default_rng(seed).permutation(parts.images)
            self.notes = (f"Held out: {parts.words}.",)
        else:
            order = np.random.default_rng(seed).permutation(len(source))
            self.held_out, self.train = np.sort(order[:held_out]), order[held_out:]
        self.batch_size = min(batch_size, len(self.train))
        self._share = process_share()
        self._rows = self._share.rows(self.batch_size)
        self._epoch = (-1, self.train)
        self._resident: Tensor | None = None
        self._ahead: Ahead | None = None
        if len(source) * int(np.prod(source.image_shape)) <= self._resident_bytes():
            self._resident = self._load(watch)
        elif isinstance(source, FolderSource):
            self._ahead = Ahead(self._gathered, device)

    def batch(self, step: int) -> Tensor:
        """float32 images (batch, channels, height, width) of ``step`` on the device: this process's share."""
        images = self._gathered(step) if self._ahead is None else self._ahead.get(step)
        random = np.random.default_rng((self._seed, _VARIED, step))
        settings, share = self._settings, self._share
        if not settings.mix:
            return augmented(images, settings, random, share)
        images, others = (augmented(part, settings, random, share) for part in images.chunk(2))
        return mixed(images, others, settings.mix, random, share)

    def images(self, indices: Sequence[int]) -> Tensor:
        """float32 images at ``indices`` of the source, on the device."""
        if self._resident is None:
            return self._source.images(indices, self._device)
        return self._resident[torch.as_tensor(indices, device=self._device)].float() / 255

    def _gathered(self, step: int) -> Tensor:
        """The images of ``step`` as they are in the source; then as many others, where those are mixed in."""
        start = step * self.batch_size
        count = len(self.train)
        positions = range(start, start + self.batch_size)[self._rows]
        chosen = [int(self._permutation(p // count)[p % count]) for p in positions]
        if self._settings.mix:
            random = np.random.default_rng((self._seed, _OTHERS, step))
            chosen += self.train[random.integers(count, size=self.batch_size)[self._rows]].tolist()
        return self.images(chosen)

    def _resident_bytes(self) -> int:
        """How large a source may be to be kept on the device.

        Processes on a CPU share the map of a folder's decoded images: a copy in each would be one too many.
        """
        shared = isinstance(self._source, FolderSource) and self._device == "cpu" and self._share.of > 1
        return 0 if shared else RESIDENT_BYTES

    def _permutation(self, epoch: int) -> np.ndarray:
        if self._epoch[0] != epoch:
            self._epoch = (epoch, np.random.default_rng((self._seed, epoch)).permutation(self.train))
        return self._epoch[1]

    def _load(self, watch: Watch) -> Tensor:
        count = len(self._source)
        resident = torch.empty((count, *self._source.image_shape), dtype=torch.uint8, device=self._device)
        for start in range(0, count, 256):
            watch.step(start, count, "Preparing images")
            indices = range(start, min(start + 256, count))
            images = self._source.images(indices, self._device)
            resident[start : start + len(indices)] = images.mul(255).round_().clamp_(0, 255).to(torch.uint8)
        watch.step(count, count, "Preparing images")
        return resident
