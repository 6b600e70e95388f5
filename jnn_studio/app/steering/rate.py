"""How fast a run goes and how long it will take. Free of Qt."""

from __future__ import annotations

from collections import deque

WINDOW_SECONDS = 15.0


class RateMeter:
    """Steps per second of training time, over the last seconds."""

    def __init__(self) -> None:
        self._points: deque[tuple[int, float]] = deque()

    def add(self, step: int, seconds: float) -> None:
        """The run had taken ``step`` steps after ``seconds`` of training."""
        points = self._points
        if points and step == points[-1][0]:
            return
        if points and (step < points[-1][0] or seconds < points[-1][1]):
            points.clear()  # the run went back to a checkpoint
        points.append((step, seconds))
        while len(points) > 2 and points[-1][1] - points[1][1] > WINDOW_SECONDS:
            points.popleft()

    @property
    def seconds(self) -> float:
        """Training time so far."""
        return self._points[-1][1] if self._points else 0.0

    @property
    def per_second(self) -> float | None:
        """Steps per second, or None while that is unknown."""
        if len(self._points) < 2:
            return None
        (first, since), (last, until) = self._points[0], self._points[-1]
        return (last - first) / (until - since) if until > since else None
