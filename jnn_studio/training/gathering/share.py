"""Which part of a batch is computed here: several processes share it, and each may take its share in parts.

What a run comes to does not depend on that. Batches and noise are drawn for the whole batch, and of them a
process takes the rows it computes, so that a random number belongs to a place in the batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
from torch import distributed

from jnn_studio.penalty.batch_rows import BatchRows


@dataclass(frozen=True)
class Share:
    """One of ``of`` equal parts of every batch, the one of this ``index``."""

    index: int = 0
    of: int = 1

    def rows(self, whole: int) -> slice:
        """Which rows of a batch of ``whole`` it is.

        Raises:
            ValueError: such a batch has no equal parts.
        """
        if whole % self.of:
            raise ValueError(uneven(whole, self.of, "processes"))
        size = whole // self.of
        return slice(self.index * size, (self.index + 1) * size)

    def part(self, index: int, of: int) -> Share:
        """One of ``of`` equal parts of this share."""
        return Share(self.index * of + index, self.of * of)


WHOLE = Share()
_AT_WORK: ContextVar[Share | None] = ContextVar("share_at_work", default=None)


def uneven(whole: int, parts: int, of: str) -> str:
    """That a batch cannot be dealt out evenly, and what to do."""
    fits = whole // parts * parts
    advice = f"set schedule.batch_size to {fits:,}, a multiple of {parts}" if fits else f"take fewer {of}"
    return f"a batch of {whole:,} cannot be dealt out evenly to {parts} {of}; {advice}"


def process_share() -> Share:
    """What of every batch is this process's: all of it, unless it is one of several that train together."""
    if distributed.is_available() and distributed.is_initialized():
        return Share(distributed.get_rank(), distributed.get_world_size())
    return WHOLE


@contextmanager
def computing(share: Share) -> Iterator[None]:
    """While the loss of this part of the batch is computed; `random_at` then draws for it."""
    token = _AT_WORK.set(share)
    try:
        yield
    finally:
        _AT_WORK.reset(token)


def random_at(device: torch.device | str, seed: int, rows: int) -> torch.Generator:
    """Random numbers of this seed for the ``rows`` of a batch that are computed at the moment."""
    share = _AT_WORK.get() or process_share()
    if share.of == 1:
        return torch.Generator(device).manual_seed(seed)
    return BatchRows(device, share.index * rows, share.of * rows).manual_seed(seed)
