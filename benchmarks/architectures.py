"""Whole networks in the manner of public architectures, tiny and at torch's own first weights.

Each is the part of its network that one would penalise: an encoder, a generator, a block with its skips.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

Maker = Callable[[], nn.Module]


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


class Attention(nn.Module):
    """Multi-head attention from a fused projection, as in ViT and GPT."""

    def __init__(self, width: int, heads: int = 2, causal: bool = False) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal
        self.project, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, tokens, width) → the same."""
        q, k, v = self.project(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.out(y.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, width: int, causal: bool = False) -> None:
        super().__init__()
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, causal=causal)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, tokens, width) → the same."""
        x = x + self.attention(self.before(x))
        return x + self.mlp(self.after(x))


class VisionTransformer(nn.Module):
    """Dosovitskiy et al. 2021: patches, a class token, positions."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, 8, 2, stride=2)
        self.token, self.position = nn.Parameter(torch.randn(1, 1, 8)), nn.Parameter(torch.randn(1, 5, 8))
        self.blocks = nn.Sequential(Block(8), Block(8))
        self.head = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        x = self.patches(x).flatten(2).mT
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.position
        return self.head(self.blocks(x)[:, 0])


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


class SpatialVAE(nn.Module):
    """The encoder of a latent-diffusion autoencoder: group norm, SiLU, attention at the bottom."""

    def __init__(self, drawn: bool) -> None:
        super().__init__()
        self.drawn = drawn
        self.head = nn.Conv2d(1, 4, 3, padding=1)
        self.norm, self.down = nn.GroupNorm(2, 4), nn.Conv2d(4, 4, 3, stride=2, padding=1)
        self.middle, self.out = Attention(4, 1), nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The latent's mean, or one draw."""
        x = self.down(F.silu(self.norm(self.head(x))))
        x = x + self.middle(x.flatten(2).mT).mT.reshape(x.shape)
        mean, log_variance = self.out(x).chunk(2, 1)
        return mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean) if self.drawn else mean


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


class TransformerAutoencoder(nn.Module):
    """torch's own encoder and decoder layers around a bottleneck."""

    def __init__(self) -> None:
        super().__init__()
        arguments = {"d_model": 4, "nhead": 2, "dim_feedforward": 8, "dropout": 0.0, "batch_first": True}
        self.encoder = nn.TransformerEncoderLayer(**arguments)  # type: ignore[arg-type]
        self.decoder = nn.TransformerDecoderLayer(**arguments)  # type: ignore[arg-type]
        self.query = nn.Parameter(torch.randn(1, 4, 4))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 4, 4) → the same."""
        return self.decoder(self.query.expand(len(x), -1, -1), self.encoder(x))


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


class WindowAttention(nn.Module):
    """Attention within windows that are shifted by a roll, as in Swin (Liu et al. 2021)."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.attention = nn.LayerNorm(2), Attention(2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 4, 4, 2) → the same; the windows of one image share the batch axis on the way."""
        y = torch.roll(self.norm(x), (-1, -1), (1, 2)).unflatten(1, (2, 2)).unflatten(3, (2, 2))
        y = self.attention(y.transpose(2, 3).reshape(-1, 4, 2)).reshape(-1, 2, 2, 2, 2, 2)
        return x + torch.roll(y.transpose(2, 3).reshape(x.shape), (1, 1), (1, 2))


class SpatialTransformer(nn.Module):
    """Jaderberg et al. 2015."""

    def __init__(self) -> None:
        super().__init__()
        self.where = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 6))

    def forward(self, x: Tensor) -> Tensor:
        """The image, looked at from elsewhere."""
        grid = F.affine_grid(self.where(x).view(-1, 2, 3), list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)


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


class Perceiver(nn.Module):
    """Jaegle et al. 2021: learned latents look at the input."""

    def __init__(self) -> None:
        super().__init__()
        self.latents = nn.Parameter(torch.randn(1, 3, 4))
        self.look = nn.MultiheadAttention(4, 2, batch_first=True)
        self.norm = nn.RMSNorm(4)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 5, 4) → (batch, 3, 4)."""
        latents = self.latents.expand(len(x), -1, -1)
        return self.norm(latents + self.look(latents, x, x)[0])


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


class DiffusionUNet(nn.Module):
    """Ho et al. 2020: residual blocks with group norm, an embedded time, attention."""

    embedded: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.head, self.tail = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 1, 3, padding=1)
        self.norm, self.middle = nn.GroupNorm(2, 4), Attention(4, 1)
        self.time = nn.Sequential(nn.Linear(4, 8), nn.SiLU(), nn.Linear(8, 4))
        self.register_buffer("embedded", torch.randn(1, 4))

    def forward(self, x: Tensor) -> Tensor:
        """The noise in an image."""
        y = F.silu(self.norm(self.head(x)) + self.time(self.embedded)[..., None, None])
        return self.tail(y + self.middle(y.flatten(2).mT).mT.reshape(y.shape))


IMAGE = (1, 4, 4)
ARCHITECTURES: dict[str, tuple[Maker, tuple[int, ...]]] = {
    "U-Net, contracting half": (UNetEncoder, IMAGE),
    "U-Net": (UNet, IMAGE),
    "ResNet block": (lambda: ResidualBlock(2), (2, 3, 3)),
    "ViT": (VisionTransformer, IMAGE),
    "GPT block, causal": (lambda: Block(4, causal=True), (4, 4)),
    "MLP-Mixer": (Mixer, (6, 4)),
    "ConvNeXt block": (ConvNeXtBlock, (4, 3, 3)),
    "Swin window attention": (WindowAttention, (4, 4, 2)),
    "VAE, spatial latent": (lambda: SpatialVAE(drawn=False), IMAGE),
    "VAE, latent drawn": (lambda: SpatialVAE(drawn=True), IMAGE),
    "VQ-VAE encoder, straight-through": (StraightThrough, (10,)),
    "LSTM autoencoder, encoder": (RecurrentEncoder, (4, 3)),
    "GRU autoencoder, decoder": (RecurrentDecoder, (10,)),
    "Transformer autoencoder": (TransformerAutoencoder, (4, 4)),
    "MobileNetV3 block": (lambda: InvertedResidual(nn.Hardswish(), nn.Hardsigmoid()), (2, 3, 3)),
    "EfficientNet block": (lambda: InvertedResidual(nn.SiLU(), nn.Sigmoid()), (2, 3, 3)),
    "DenseNet block": (DenseBlock, IMAGE),
    "Spatial transformer": (SpatialTransformer, IMAGE),
    "SIREN on Fourier features": (Siren, (9,)),
    "RealNVP coupling": (Coupling, (10,)),
    "Neural ODE": (EulerSteps, (9,)),
    "Graph convolution": (GraphConvolution, (5, 3)),
    "PixelCNN masked convolution": (MaskedConvolution, IMAGE),
    "StyleGAN2 modulated convolution": (ModulatedConvolution, (10,)),
    "WaveNet block, weight-normed": (GatedTemporal, (2, 6)),
    "Perceiver": (Perceiver, (5, 4)),
    "Diffusion U-Net": (DiffusionUNet, IMAGE),
}
"""Makers and the shape of one input, by name."""
