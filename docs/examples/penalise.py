"""Three lines in a training loop: the penalty makes a network locally low rank."""

import torch
from torch import nn

from jnn_studio import (
    Composition,
    NuclearNormPenalty,
    effective_rank,
    exact_nuclear_norm,
    jacobian_svd,
    tightness_gap,
)

torch.manual_seed(0)
data = torch.randn(256, 4) @ torch.randn(4, 48)  # four degrees of freedom in 48 numbers


def train(eta: float) -> Composition:
    """An autoencoder; its encoder is penalised at weight ``eta``."""
    torch.manual_seed(1)
    encoder = Composition(nn.Sequential(nn.Linear(48, 64), nn.ELU()), nn.Linear(64, 12))
    decoder = nn.Sequential(nn.Linear(12, 64), nn.ELU(), nn.Linear(64, 48))
    penalty = NuclearNormPenalty()
    optimiser = torch.optim.AdamW([*encoder.parameters(), *decoder.parameters()], lr=1e-2)
    for _ in range(150):
        x = data[torch.randint(0, 256, (64,))]
        trace = encoder.trace(x)
        loss = 0.5 * (decoder(trace.output) - x).square().sum(1).mean()
        optimiser.zero_grad()
        (loss + eta * penalty(encoder, trace)).backward()
        optimiser.step()
    if eta:
        print(penalty)
    return encoder


ranks = {}
for eta in (0.0, 0.5):
    encoder = train(eta)
    ranks[eta] = float(effective_rank(jacobian_svd(encoder, data[:16]).sigma).mean())
    print(f"η = {eta}: effective rank {ranks[eta]:.1f}")

# The penalty is an upper bound of the nuclear norm; training closes the gap.
gap = tightness_gap(encoder, data[:16])
print(f"bound {gap.bound.mean():.2f}, nuclear norm {exact_nuclear_norm(encoder, data[:16]).mean():.2f}")
assert ranks[0.5] < 0.7 * ranks[0.0]
