"""The settings of a β-VAE's run, as a person writes them in ``config.toml``."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from jnn_studio.base.settings import Frozen, NonNegative
from jnn_studio.models.config import BetaVAEConfig
from jnn_studio.training.config import DecayingOptimiserConfig
from jnn_studio.training.image_config import ImageRunConfig


class DivergenceConfig(Frozen):
    """The β-VAE's second term: the KL divergence of the latent's distribution from a standard normal one."""

    beta: NonNegative = Field(10.0, description="β; 1 is a plain VAE, more of it disentangles and blurs.")
    weight: NonNegative = Field(
        0.00025,
        description="What β's unit is worth beside the mean squared error of a colour value in [-1, 1].",
    )


class BetaVAERunConfig(ImageRunConfig):
    """One β-VAE, trained as the paper's."""

    kind: Literal["beta-vae"] = "beta-vae"
    model: BetaVAEConfig = BetaVAEConfig()
    divergence: DivergenceConfig = DivergenceConfig()
    optimiser: DecayingOptimiserConfig = DecayingOptimiserConfig()

    large: ClassVar[tuple[str, ...]] = ("schedule.batch_size", "model.size")
