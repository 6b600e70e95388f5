"""Networks with attention: transformers, and generators with attention at their bottom."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


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
