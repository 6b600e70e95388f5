"""Random numbers of a batch that several processes share, or that is computed in parts."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


class BatchRows(torch.Generator):
    """A generator that draws for a whole batch and hands out the rows from ``start`` on.

    A process that holds some rows of a batch then sees the probes that one process with all of them would:
    what an element is asked with belongs to its place in the batch, not to how the batch is dealt out.

    Args:
        device: where the numbers are drawn, as for `torch.Generator`.
        start: place in the whole batch of the first row at hand.
        whole: rows of the whole batch.

    Example:
        >>> both = torch.randn(4, generator=torch.Generator().manual_seed(0))
        >>> second = BatchRows("cpu", start=2, whole=4).manual_seed(0)
        >>> torch.equal(for_rows(lambda rows: torch.randn(rows, generator=second), 2, second), both[2:])
        True
    """

    def __new__(cls, device: torch.device | str, start: int, whole: int) -> BatchRows:
        return super().__new__(cls, device)  # type: ignore[call-arg]  # as torch is annotated

    def __init__(self, device: torch.device | str, start: int, whole: int) -> None:
        self.start, self.whole = start, whole


def for_rows(
    draw: Callable[[int], Tensor], rows: int, generator: torch.Generator | None, axis: int = 0
) -> Tensor:
    """What ``draw`` gives for so many rows along ``axis``; with `BatchRows` those of the whole batch's.

    Raises:
        ValueError: the whole batch has no such rows.
    """
    if not isinstance(generator, BatchRows):
        return draw(rows)
    if generator.start + rows > generator.whole:
        raise ValueError(
            f"rows {generator.start} to {generator.start + rows - 1} were asked for, of a batch of "
            f"{generator.whole}"
        )
    return draw(generator.whole).narrow(axis, generator.start, rows)
