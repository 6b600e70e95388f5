"""Which images each network trains on at which step, a function of the seed and the step alone."""

from __future__ import annotations

import numpy as np

_SET, _EPOCH = 17, 18
"""Streams of the random choices."""


def training_set(train: np.ndarray, labels: np.ndarray, size: int, seed: int) -> np.ndarray:
    """``size`` of the images ``train``, classes as even as they can be; all of them if there are no more.

    The sets of one seed are nested: a larger one holds a smaller one.
    """
    order = np.random.default_rng((seed, _SET)).permutation(train)
    place = np.zeros(len(order), int)
    seen: dict[int, int] = {}
    for at, index in enumerate(order):
        label = int(labels[index])
        place[at] = seen[label] = seen.get(label, -1) + 1
    return order[np.argsort(place, kind="stable")][:size]


def batch_of(images: np.ndarray, batch_size: int, step: int, seed: int) -> np.ndarray:
    """The batch of ``step``: every epoch a fresh permutation, a batch may run over its end into the next."""
    count = len(images)
    places = np.arange(step * batch_size, (step + 1) * batch_size)
    batch = np.empty(batch_size, np.int64)
    for epoch in np.unique(places // count):
        order = np.random.default_rng((seed, _EPOCH, int(epoch))).permutation(count)
        mine = places // count == epoch
        batch[mine] = images[order[places[mine] % count]]
    return batch
