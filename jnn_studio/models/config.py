"""What a person writes to describe a network, and what travels with its weights."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from jnn_studio.base.settings import Frozen, Positive

Width = Annotated[int, Field(ge=1, le=100_000)]


class ModelConfig(Frozen):
    """What describes any network of images; each kind has a subclass."""

    kind: str
    channels: Literal[1, 3] = Field(3, description="Colour channels: 3 for colour, 1 for grey.")


class LatentModelConfig(ModelConfig):
    """What describes any network of square images with a latent, whose size is ``latent``."""

    size: int


class OblongModelConfig(LatentModelConfig):
    """What describes a network with a latent whose images need not be square: ``size`` is their width."""

    size: int = Field(64, ge=1, le=1024, description="Width of the images, in pixels.")
    height: int | None = Field(
        None, ge=1, le=1024, description="Their height, in pixels, where it is another than the width."
    )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        return self.channels, self.height or self.size, self.size


class AutoencoderConfig(LatentModelConfig):
    """Sizes of the paper's autoencoder (Scarvelis & Solomon, NeurIPS 2024, §5 and B.3)."""

    kind: Literal["autoencoder"] = "autoencoder"
    size: int = Field(64, ge=8, le=1024, description="Side of the square images, in pixels.")
    dct: int = Field(32, ge=1, description="DCT coefficients kept per side and channel.")
    hidden: int = Field(1024, ge=1, le=1_000_000, description="Width of the hidden layers.")
    latent: int = Field(64, ge=1, le=1_000_000, description="Dimensions of the latent.")
    refinement: int = Field(
        0,
        ge=0,
        le=1024,
        description="Channels of the convolutional refinement after the inverse DCT; 0 for none.",
    )

    decoder: Literal["mirrored", "convolutional"] = Field(
        "mirrored",
        description="mirrored: the encoder's layers the other way round, to DCT coefficients; convolutional: "
        "upsampling convolutions, to pixels.",
    )
    decoder_hidden: int = Field(
        256, ge=1, le=1_000_000, description="Width of a convolutional decoder's first hidden layer."
    )
    decoder_channels: Width = Field(
        48,
        description="Channels of a convolutional decoder at 1/4 of the image size; 4/3 as many at 1/8 and "
        "8/3 as many at 1/16.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.dct > self.size:
            raise ValueError(f"dct ({self.dct}) cannot exceed the image size ({self.size})")
        if self.refinement and self.size % 8:
            raise ValueError(f"refinement needs an image size divisible by 8, got {self.size}")
        if self.decoder == "convolutional" and self.size % 16:
            raise ValueError(f"a convolutional decoder needs an image size divisible by 16, got {self.size}")
        return self

    @property
    def decoder_widths(self) -> tuple[int, int, int]:
        """Channels of a convolutional decoder at 1/16, 1/8 and 1/4 of the image size."""
        fine = self.decoder_channels
        return round(8 * fine / 3), round(4 * fine / 3), fine

    @property
    def features(self) -> int:
        """Length of the DCT coefficient vector the encoder sees."""
        return self.channels * self.dct**2


class CorrectedPCAConfig(LatentModelConfig):
    """Sizes of a principal component analysis with a correction (see `models.corrected_pca`)."""

    kind: Literal["corrected-pca"] = "corrected-pca"
    size: int = Field(64, ge=8, le=1024, description="Side of the square images, in pixels.")
    components: int = Field(
        256, ge=1, le=100_000, description="Principal components of an image that are seen, and drawn."
    )
    latent: int = Field(
        64, ge=1, le=100_000, description="Dimensions of the latent; it starts as that many first components."
    )
    hidden: int = Field(512, ge=1, le=100_000, description="Units of each layer of the correction.")
    layers: int = Field(2, ge=1, le=8, description="Hidden layers of the correction, in encoder and decoder.")
    squares: int = Field(
        2,
        ge=1,
        le=16,
        description="Square matrices at the latent, in encoder and decoder, each penalised as a factor: the "
        "more, the less the penalty shrinks and straightens the directions it keeps.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.components > self.values:
            raise ValueError(f"images of {self.values} values have no {self.components} components")
        if self.latent > self.components:
            raise ValueError(f"latent ({self.latent}) cannot exceed the components ({self.components})")
        return self

    @property
    def values(self) -> int:
        """Colour values of one image."""
        return self.channels * self.size**2


class BetaVAEConfig(LatentModelConfig):
    """Sizes of the β-VAE (Scarvelis & Solomon, NeurIPS 2024, §5 and B.3)."""

    kind: Literal["beta-vae"] = "beta-vae"
    size: int = Field(
        64, ge=32, le=1024, multiple_of=32, description="Side of the square images, a multiple of 32 pixels."
    )
    latent: int = Field(32, ge=1, le=1_000_000, description="Dimensions of the latent.")
    widths: tuple[Width, Width, Width, Width, Width] = Field(
        (32, 64, 128, 256, 512),
        description="Channels after each halving of the image; the decoder has them in reverse.",
    )

    @property
    def coarse(self) -> int:
        """Side of the smallest grid of features."""
        return self.size // 32


class DenoiserConfig(ModelConfig):
    """Sizes of the denoising network (Scarvelis & Solomon, NeurIPS 2024, §5 and B.2)."""

    kind: Literal["denoiser"] = "denoiser"
    widths: tuple[Width, Width, Width, Width] = Field(
        (8, 32, 64, 80),
        description="Channels at the image's own size, 1/2, 1/4 and 1/8 of it; the paper's are 64, 128, 256, "
        "512.",
    )


class ConditionedDenoiserConfig(ModelConfig):
    """Sizes of the denoising network that is told σ."""

    kind: Literal["conditioned-denoiser"] = "conditioned-denoiser"
    widths: tuple[Width, ...] = Field(
        (32, 48, 64),
        min_length=1,
        max_length=3,
        description="Channels at 1/2 of the image's size, at 1/4 and at 1/8, in each of its two halves.",
    )
    blocks: int = Field(
        1, ge=1, le=16, description="Residual blocks of each half, at each of these sizes, down and up."
    )
    activation: Literal["elu", "relu"] = Field(
        "elu",
        description="Between the layers. relu bends at a point: a penalty's gradient then misses what moving "
        "that point does, and little more than a linear denoiser is learnt from noisy images alone.",
    )
    sigmas: tuple[Positive, Positive] = Field(
        (0.02, 2.0),
        description="The least and the largest σ it is made for, of Gaussian noise on images in [-1, 1]; "
        "while it trains, each image's is drawn between them, its logarithm uniformly.",
    )

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        least, largest = self.sigmas
        if least >= largest:
            raise ValueError(f"sigmas must ascend, got {least:g} and {largest:g}")
        return self
