"""Networks of convolutions: blocks with skips and gates, U-Nets, masked and modulated kernels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations


class UNetEncoder(nn.Module):
    """Contracting half of a U-Net; all levels go to the other half."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU())
        self.second = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(bottom, skip)."""
        skip = self.first(x)
        return self.second(skip), skip


class UNet(nn.Module):
    """Both halves, joined by a concatenation."""

    def __init__(self) -> None:
        super().__init__()
        self.down = UNetEncoder()
        self.up = nn.ConvTranspose2d(4, 3, 2, stride=2)
        self.tail = nn.Conv2d(6, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """An image of the same size."""
        bottom, skip = self.down(x)
        return self.tail(torch.cat([self.up(bottom), skip], 1))


class ResidualBlock(nn.Module):
    """He et al. 2016, with batch norm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.one, self.two = (nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(2))
        self.norm_one, self.norm_two = nn.BatchNorm2d(width), nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """x plus what two convolutions add."""
        return F.relu(x + self.norm_two(self.two(F.relu(self.norm_one(self.one(x))))))


class ConvNeXtBlock(nn.Module):
    """Liu et al. 2022."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.norm, self.scale = nn.LayerNorm(4), nn.Parameter(torch.full((4,), 0.5))
        self.mlp = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 4))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 4, height, width) → the same."""
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        return x + (self.scale * self.mlp(y)).permute(0, 3, 1, 2)


class SqueezeExcite(nn.Module):
    """Hu et al. 2018, with the hard gate of MobileNetV3."""

    def __init__(self, width: int, gate: nn.Module) -> None:
        super().__init__()
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, 2, 1), nn.ReLU())
        self.gate.extend([nn.Conv2d(2, width, 1), gate])

    def forward(self, x: Tensor) -> Tensor:
        """x, each channel scaled."""
        return x * self.gate(x)


class InvertedResidual(nn.Module):
    """Sandler et al. 2018; Howard et al. 2019."""

    def __init__(self, phi: nn.Module, gate: nn.Module) -> None:
        super().__init__()
        wide = nn.Conv2d(2, 6, 1, bias=False), nn.BatchNorm2d(6), phi
        deep = nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False), nn.BatchNorm2d(6), phi
        self.body = nn.Sequential(*wide, *deep, SqueezeExcite(6, gate), nn.Conv2d(6, 2, 1), nn.BatchNorm2d(2))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 2, height, width) → the same."""
        return x + self.body(x)


class DenseBlock(nn.Module):
    """Huang et al. 2017."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, 1, 3, padding=1)) for c in (1, 2, 3)
        )

    def forward(self, x: Tensor) -> Tensor:
        """All channels so far."""
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return x


class SpatialTransformer(nn.Module):
    """Jaderberg et al. 2015."""

    def __init__(self) -> None:
        super().__init__()
        self.where = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 6))

    def forward(self, x: Tensor) -> Tensor:
        """The image, looked at from elsewhere."""
        grid = F.affine_grid(self.where(x).view(-1, 2, 3), list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)


class MaskedConvolution(nn.Conv2d):
    """van den Oord et al. 2016: a kernel that does not look ahead."""

    mask: Tensor

    def __init__(self) -> None:
        super().__init__(1, 2, 3, padding=1)
        mask = torch.ones(3, 3)
        mask[1, 1:] = mask[2] = 0
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        """As a convolution, past pixels alone."""
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=1)


class ModulatedConvolution(nn.Module):
    """Karras et al. 2020: every image has weights of its own, by a grouped convolution over the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.style = nn.Parameter(torch.randn(3, 2, 3, 3)), nn.Linear(10, 2)
        self.constant = nn.Parameter(torch.randn(1, 2, 4, 4))

    def forward(self, z: Tensor) -> Tensor:
        """(batch, 10) → (batch, 3, 4, 4)."""
        w = self.weight * (1 + self.style(z))[:, None, :, None, None]
        w = w * torch.rsqrt(w.square().sum((2, 3, 4), keepdim=True) + 1e-8)
        x = self.constant.expand(len(z), -1, -1, -1).reshape(1, -1, 4, 4)
        return F.conv2d(x, w.flatten(0, 1), padding=1, groups=len(z)).reshape(-1, 3, 4, 4)


class GatedTemporal(nn.Module):
    """A WaveNet block (van den Oord et al. 2016): weight-normed dilated convolutions and gates."""

    def __init__(self) -> None:
        super().__init__()
        self.gates = parametrizations.weight_norm(nn.Conv1d(2, 4, 2, dilation=2))
        self.out = nn.Conv1d(2, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 2, steps) → the same."""
        values, gates = self.gates(F.pad(x, (2, 0))).chunk(2, 1)
        return x + self.out(torch.tanh(values) * torch.sigmoid(gates))
