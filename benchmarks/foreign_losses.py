"""Losses beside those of an installed deepinv: ``python -m benchmarks.foreign_losses`` prints JSON.

deepinv 0.5 (BSD-3) is no dependency: it is tried in an environment of its own, with torchvision installed
without what it depends on where torch is a CPU build. For the same untrained network, noisy images and random
numbers: what a run's loss is, what deepinv's is in the same unit (half a sum over an image; SURE's up to its
constant), and the ratio. deepinv takes the trace by a difference of τ = 0.001, here it is exact.
"""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import torch
from torch import Tensor, nn

from jnn_studio.base.watch import Watch
from jnn_studio.data.dead_leaves import DeadLeavesSource
from jnn_studio.labs.denoise.config import DenoiseConfig
from jnn_studio.labs.denoise.denoisers.methods import NEIGHBOURS, RECORRUPTED, SURE, UNSURE
from jnn_studio.labs.denoise.learning.experiment import PROBES, DenoiseExperiment
from jnn_studio.labs.denoise.learning.relatives import ALPHA, GAMMA
from jnn_studio.labs.denoise.learning.unsure import START
from jnn_studio.training.config import validate_as
from jnn_studio.training.device import choose_device

COUNT, SIDE, SIGMA, TAU = 40, 32, 0.5, 1e-3
CONFIG = {
    "kind": "denoise",
    "name": "compared",
    "data": {"kind": "dead-leaves", "count": COUNT},
    "model": {"widths": [8, 12, 16, 16]},
    "noise": {"sigma": SIGMA},
    "methods": [SURE, UNSURE, RECORRUPTED, NEIGHBOURS],
    "schedule": {"batch_size": 8, "held_out": 8, "crop": SIDE, "device": "cpu"},
}


class _Asked(nn.Module):
    """A network as deepinv calls one."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor, _: Any = None) -> Tensor:
        found: Tensor = self.network(images)
        return found


def main() -> None:
    """Compute and print."""
    # A torchvision of another build than torch lacks these operators, and ends where it describes them.
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", "(Tensor a, Tensor b, float c) -> Tensor")
    try:
        import deepinv  # type: ignore[import-not-found]  # no dependency
    except ImportError as error:
        sys.exit(f"deepinv cannot be imported here: {error}")
    config = validate_as(DenoiseConfig, CONFIG, "compared")
    made = DenoiseExperiment(config, DeadLeavesSource(COUNT, SIDE), choose_device("cpu"), Watch())
    batch = made.batch(0)
    noisy, _, _ = made._noise(batch, 0)
    values, seed = noisy[0].numel(), config.schedule.seed_at(0, PROBES)
    physics = deepinv.physics.Denoising(deepinv.physics.GaussianNoise(SIGMA))
    found = {}
    for member in made.members:
        ours = float(made.losses(member, batch, 0)[0].detach())
        network = _Asked(member.model).train()
        torch.manual_seed(seed)
        theirs = float(_theirs(deepinv, member.key, noisy, physics, network, seed).detach()) * values / 2
        found[member.key] = {"ours": ours, "deepinv": theirs, "ratio": ours / theirs}
    print(json.dumps({"deepinv": deepinv.__version__, "losses": found}, indent=2))


def _theirs(deepinv: Any, key: str, noisy: Tensor, physics: Any, network: nn.Module, seed: int) -> Tensor:
    """deepinv's loss of a method, a mean over values; SURE's without its constant."""
    if key in (SURE, UNSURE):
        start = SIGMA if key == SURE else math.sqrt(START)
        loss = deepinv.loss.SureGaussianLoss(
            start, tau=TAU, unsure=key == UNSURE, rng=torch.Generator().manual_seed(seed)
        )
        found: Tensor = loss(y=noisy, x_net=network(noisy), physics=physics, model=network).mean() + start**2
        return found
    if key == RECORRUPTED:
        loss = deepinv.loss.R2RLoss(alpha=ALPHA**2 / (1 + ALPHA**2))
        adapted = loss.adapt_model(network).train()
        given = adapted(noisy, physics, update_parameters=True)
        result: Tensor = loss(x_net=given, y=noisy, physics=physics, model=adapted)
        return result
    compared: Tensor = deepinv.loss.Neighbor2Neighbor(gamma=GAMMA)(noisy, physics, network)
    return compared


if __name__ == "__main__":
    main()
