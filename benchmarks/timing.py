"""Times of several contestants that take turns, so that whatever else the machine does hits all of them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from statistics import median

import torch


def interleaved(
    contestants: Mapping[str, Callable[[], object]], seconds: float, device: str = "cpu"
) -> dict[str, list[float]]:
    """Milliseconds of every run of every contestant, in rounds, for about ``seconds`` (at least 5 rounds).

    Every round has an order of its own: what one leaves in the caches falls to all the others. On a CPU this
    is the process's own CPU time, which other programs disturb least; meant for one thread.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for run in contestants.values():
        run()
    end = time.perf_counter() + seconds
    rounds, order = 0, random.Random(0)
    while rounds < 5 or time.perf_counter() < end:
        for name in order.sample(list(contestants), len(contestants)):
            start = _now(device)
            contestants[name]()
            times[name].append(1000 * (_now(device) - start))
        rounds += 1
    return times


def ratio(times: Mapping[str, list[float]], name: str, reference: str) -> float:
    """Median over rounds of one contestant's time to another's in the same round."""
    return median(a / b for a, b in zip(times[name], times[reference], strict=True))


def _now(device: str) -> float:
    if device == "cpu":
        return time.process_time()
    torch.get_device_module(device).synchronize()
    return time.perf_counter()
