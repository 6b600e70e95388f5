"""Singular values and vectors of the Jacobian of any map, and directions followed from point to point."""

import torch
from torch import nn

from jnn_studio import SingularTracker, effective_rank, jacobian_svd, nuclear_norm, stable_rank

torch.manual_seed(0)
layer = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.0, batch_first=True)
f = nn.Sequential(nn.Unflatten(1, (4, 16)), layer, nn.Flatten(), nn.Linear(64, 10))
x = torch.randn(3, 64)

svd = jacobian_svd(f, x, k=4)  # at every x of the batch
print(svd.sigma)
print(f"{svd.method}, residual {float(svd.residuals.max()):.1e}")

sigma = jacobian_svd(f, x).sigma  # all of them
print("nuclear norm", nuclear_norm(sigma), "effective", effective_rank(sigma), "stable", stable_rank(sigma))

# Singular vectors change places and signs from point to point; a tracker keeps both.
tracker = SingularTracker(keep=3)
tracker.update(jacobian_svd(f, x[:1], k=6))
for step in range(1, 6):
    svd = tracker.update(jacobian_svd(f, x[:1] + 0.02 * step, k=6))
    print(f"σ followed to {0.02 * step:.2f}:", [round(s, 3) for s in svd.sigma[0].tolist()])
