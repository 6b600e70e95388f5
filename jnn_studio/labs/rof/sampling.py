"""Where the points of a step are drawn: all over the box, or more of them where little of it lies.

In many dimensions a ball is a vanishing part of its box, and the layer at its surface, where all of the
variation lives, a vanishing part of that. Points of one step come from up to three sources in fixed numbers:
the box, the ball, and a layer at its surface that grows denser towards it. Each then counts by
p/q, p the uniform density on the box and q the mixture's (the balance heuristic: E. Veach and L. J. Guibas,
SIGGRAPH 1995), so that every mean is, in expectation, the one over the box.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from jnn_studio.labs.rof.config import RofProblemConfig, RofSamplingConfig
from jnn_studio.labs.rof.targets import Ball, ball_volume


class PointSampler:
    """Points of one problem, and what each counts."""

    def __init__(self, problem: RofProblemConfig, config: RofSamplingConfig, count: int) -> None:
        self._n, self._half_width = problem.n, problem.half_width
        self._radius = problem.target.radius if isinstance(problem.target, Ball) else 0.0
        self._layer = math.log(config.nearest), math.log(config.farthest)
        ball, edge = round(config.ball * count), round(config.edge * count)
        self._counts = count - ball - edge, ball, edge

    @property
    def uniform(self) -> bool:
        """Whether all points are from the box, and count 1."""
        return not any(self._counts[1:])

    def points(self, generator: torch.Generator) -> Tensor:
        """(count, n), on the CPU."""
        n, (box, ball, edge) = self._n, self._counts
        parts = [(2 * torch.rand(box, n, generator=generator) - 1).mul(self._half_width)]
        if ball:
            radii = torch.rand(ball, 1, generator=generator).pow(1 / n)
            parts.append(_directions(ball, n, generator) * radii * self._radius)
        if edge:
            near, far = self._layer
            distance = torch.exp(near + (far - near) * torch.rand(edge, 1, generator=generator))
            side = torch.where(torch.rand(edge, 1, generator=generator) < 0.5, -1.0, 1.0)
            parts.append(_directions(edge, n, generator) * (1 + side * distance) * self._radius)
        return torch.cat(parts) if len(parts) > 1 else parts[0]

    def weights(self, points: Tensor) -> Tensor:
        """What points (points, n) count, (points,): the means of weighted values are those over the box."""
        if self.uniform:
            return torch.ones(len(points), device=points.device)
        shares = [count / sum(self._counts) for count in self._counts]
        radii = points.norm(dim=1) / self._radius
        within = (points.abs().amax(1) <= self._half_width).float() / (2 * self._half_width) ** self._n
        volume = ball_volume(self._n, self._radius)
        near, far = self._layer
        distance = (radii - 1).abs()
        in_layer = (distance >= math.exp(near)) & (distance <= math.exp(far))
        # Of the radius, over that of a sphere: n |B| rⁿ⁻¹ in units of the ball's own radius.
        along = 0.5 / (distance.clamp(min=math.exp(near)) * (far - near))
        layer = torch.where(in_layer, along / (self._n * volume * radii.pow(self._n - 1)), 0.0)
        mixture = shares[0] * within + shares[1] * (radii <= 1).float() / volume + shares[2] * layer
        return within / mixture


def _directions(count: int, n: int, generator: torch.Generator) -> Tensor:
    drawn = torch.randn(count, n, generator=generator)
    return drawn / drawn.norm(dim=1, keepdim=True)
