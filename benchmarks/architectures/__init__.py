"""Whole networks in the manner of public architectures, tiny and at torch's own first weights.

Each is the part of its network that one would penalise: an encoder, a generator, a block with its skips.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from benchmarks.architectures.attention import (
    Block,
    DiffusionUNet,
    Perceiver,
    SpatialVAE,
    TransformerAutoencoder,
    VisionTransformer,
    WindowAttention,
)
from benchmarks.architectures.convolutions import (
    ConvNeXtBlock,
    DenseBlock,
    GatedTemporal,
    InvertedResidual,
    MaskedConvolution,
    ModulatedConvolution,
    ResidualBlock,
    SpatialTransformer,
    UNet,
    UNetEncoder,
)
from benchmarks.architectures.dense import (
    Coupling,
    EulerSteps,
    GraphConvolution,
    Mixer,
    RecurrentDecoder,
    RecurrentEncoder,
    Siren,
    StraightThrough,
)

Maker = Callable[[], nn.Module]

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
