"""A run folder from a loop of your own: open it in Train while it is being written, or find it in Runs."""

import sys
from pathlib import Path

import torch
from torch import nn

from jnn_studio import Composition, NuclearNormPenalty, RunWriter, jacobian_svd

torch.manual_seed(0)
images = torch.rand(64, 1, 8, 8)
encoder = Composition(nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.Tanh()), nn.Linear(32, 8))
decoder = nn.Sequential(nn.Linear(8, 64), nn.Unflatten(1, (1, 8, 8)))
penalty, eta, steps = NuclearNormPenalty(), 0.05, 40
optimiser = torch.optim.AdamW([*encoder.parameters(), *decoder.parameters()], 3e-3)

path = Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "my-run"
settings = {"width": 32, "optimiser": "AdamW"}
with RunWriter(
    path, "my run", steps=steps, models="Mine", eta=eta, settings=settings, material="noise"
) as run:
    for step in range(1, steps + 1):
        trace = encoder.trace(images)
        error = 0.5 * (decoder(trace.output) - images).square().flatten(1).sum(1).mean()
        value = penalty(encoder, trace)
        optimiser.zero_grad()
        (error + eta * value).backward()
        optimiser.step()
        if step % 10 == 0:
            total = float((error + eta * value).detach())
            terms = {"total": total, "reconstruction": error.detach(), "penalty": value.detach()}
            run.log(
                step, {**terms, "largest weight": max(p.abs().max().item() for p in encoder.parameters())}
            )
            run.spectrum(step, jacobian_svd(encoder, images[:4]).sigma.mean(0))
            run.preview(step, images[:8], {"model": decoder(encoder(images[:8]))})

print(f"{path}: {run.folder.state().state}; jnn-studio runs show {path}")
