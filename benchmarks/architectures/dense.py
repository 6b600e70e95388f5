"""Networks of linear layers and cells: recurrent, on graphs, fields, flows, codes."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Mixer(nn.Module):
    """Tolstikhin et al. 2021."""

    def __init__(self) -> None:
        super().__init__()
        self.norm_one, self.norm_two = nn.LayerNorm(4), nn.LayerNorm(4)
        self.tokens = nn.Sequential(nn.Linear(6, 8), nn.GELU(), nn.Linear(8, 6))
        self.channels = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 4))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 6, 4) → the same."""
        x = x + self.tokens(self.norm_one(x).mT).mT
        return x + self.channels(self.norm_two(x))


class RecurrentEncoder(nn.Module):
    """The last state of an LSTM autoencoder's encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.recurrence = nn.LSTM(3, 6, num_layers=2, batch_first=True, bidirectional=True)
        self.latent = nn.Linear(12, 6)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, steps, 3) → (batch, 6)."""
        return self.latent(self.recurrence(x)[0][:, -1])


class RecurrentDecoder(nn.Module):
    """A GRU cell unrolled from a latent."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.out = nn.GRUCell(2, 10), nn.Linear(10, 2)

    def forward(self, z: Tensor) -> Tensor:
        """(batch, 10) → (batch, 5, 2)."""
        steps, y = [], z[:, :2]
        for _ in range(5):
            z = self.cell(y, z)
            y = self.out(z)
            steps.append(y)
        return torch.stack(steps, 1)


class Siren(nn.Module):
    """Sitzmann et al. 2020, on Fourier features."""

    frequencies: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("frequencies", torch.randn(9, 8))
        self.layers = nn.ModuleList([nn.Linear(16, 16), nn.Linear(16, 4)])

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 9) → (batch, 4)."""
        phase = x @ self.frequencies
        x = torch.cat([phase.sin(), phase.cos()], 1)
        return self.layers[1](torch.sin(3 * self.layers[0](x)))


class Coupling(nn.Module):
    """Dinh et al. 2017: one coupling of a normalising flow."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Linear(16, 10))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 10) → the same."""
        kept, moved = x.chunk(2, 1)
        log_scale, shift = self.net(kept).chunk(2, 1)
        return torch.cat([moved * log_scale.tanh().exp() + shift, kept], 1)


class EulerSteps(nn.Module):
    """A neural ODE by four steps of Heun's method."""

    def __init__(self) -> None:
        super().__init__()
        self.field = nn.Sequential(nn.Linear(9, 12), nn.Tanh(), nn.Linear(12, 9))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 9) → the same."""
        for _ in range(4):
            slope = self.field(x)
            x = x + 0.125 * (slope + self.field(x + 0.25 * slope))
        return x


class GraphConvolution(nn.Module):
    """Kipf & Welling 2017, on a ring."""

    adjacency: Tensor

    def __init__(self) -> None:
        super().__init__()
        ring = torch.eye(5) + torch.eye(5).roll(1, 0) + torch.eye(5).roll(-1, 0)
        self.register_buffer("adjacency", ring / 3)
        self.layers = nn.ModuleList([nn.Linear(3, 6), nn.Linear(6, 3)])

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 5, 3) → the same."""
        return self.layers[1](self.adjacency @ F.elu(self.layers[0](self.adjacency @ x)))


class StraightThrough(nn.Module):
    """The encoder of a VQ-VAE: the nearest code, with the gradient of what it was nearest to."""

    def __init__(self) -> None:
        super().__init__()
        self.encode, self.codes = nn.Linear(10, 4), nn.Parameter(torch.randn(6, 4))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 10) → (batch, 4)."""
        z = self.encode(x).tanh()
        nearest = self.codes[(z.detach().unsqueeze(1) - self.codes.detach()).square().sum(-1).argmin(1)]
        return z + (nearest - z).detach()
