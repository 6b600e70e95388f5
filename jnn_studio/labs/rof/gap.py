"""The gap between a ball and the nearest wall of its box: whether it spoils `solution`'s closed form."""

from __future__ import annotations

import math

import numpy as np

from jnn_studio.labs.rof.targets import ball_volume


def gap_lets_through(n: int, radius: float, half_width: float) -> bool:
    """Whether the flow into the gap between a ball and the nearest wall of its box can leave it.

    Checked are all parts of the gap that a cylinder around the axis through the wall's middle cuts out: what
    enters through its cap of the sphere must not exceed the area of its side plus what is absorbed inside.
    """
    if n == 1:
        return True
    sphere = (n - 1) * ball_volume(n - 1)  # of the (n−2)-sphere
    angle = np.linspace(0.0, math.pi / 2, 2001)[1:]
    step = angle[0]
    rho = radius * np.sin(angle)
    height = half_width - radius * np.cos(angle)
    cap = sphere * np.cumsum(np.sin(angle) ** (n - 2)) * step * radius ** (n - 1)
    side = sphere * rho ** (n - 2) * height
    volume = sphere * np.cumsum(rho ** (n - 2) * height * radius * np.cos(angle)) * step
    rate = n * ball_volume(n, radius) / radius / ((2 * half_width) ** n - ball_volume(n, radius))
    return bool((cap <= (side + rate * volume) * (1 + 1e-6)).all())
