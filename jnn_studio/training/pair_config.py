"""The settings of a paired run, as a person writes them in ``config.toml``."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from jnn_studio.base.settings import Frozen, NonNegative, Positive
from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.training.config import OptimiserConfig, eta_as_number
from jnn_studio.training.image_config import ImageRunConfig

PAPER_ETA = {"paper-text": 0.5, "paper-code": 0.25}


class PenaltyConfig(Frozen):
    """The regularised model's penalty; the unregularised one differs from it in nothing else."""

    eta: NonNegative | Literal["paper-text", "paper-code"] = Field(
        0.5,
        description="η, weight of the encoder's penalty in orthonormal coordinates; or the paper's, by name: "
        "0.5 (text) or 0.25 (code), in the units of its unnormalised DCT.",
    )
    eta_decoder: NonNegative = Field(0.0, description="η of the decoder's own penalty; the paper has none.")
    warmup_steps: int = Field(0, ge=0, description="Steps over which η rises linearly from 0.")
    estimator: Literal["auto", "closed_form", "finite_difference"] = Field(
        "auto", description="How ‖J‖_F² is found; auto takes the exact closed form where there is one."
    )
    sigma: Positive = Field(1e-3, description="σ, noise scale of the finite-difference estimator.")

    def encoder_eta(self, size: int) -> float:
        """η in orthonormal coordinates for images of side ``size``.

        The paper's code penalises the Jacobian with respect to unnormalised DCT coefficients, 2·size times
        the orthonormal ones, so its η is 2·size times smaller here.
        """
        if isinstance(self.eta, str):
            return PAPER_ETA[self.eta] / (2 * size)
        return self.eta


class PairConfig(ImageRunConfig):
    """A paired run: a regularised and an unregularised autoencoder trained as one controlled experiment."""

    kind: Literal["autoencoder-pair"] = "autoencoder-pair"
    model: AutoencoderConfig = AutoencoderConfig()
    penalty: PenaltyConfig = PenaltyConfig()
    optimiser: OptimiserConfig = OptimiserConfig()

    remedy: ClassVar[str] = "Lower the learning rate or η."
    large_before: ClassVar[tuple[str, ...]] = ("model.hidden", "model.size")
    large: ClassVar[tuple[str, ...]] = ("schedule.batch_size", "model.hidden")

    @model_validator(mode="after")
    def _precise_enough(self) -> Self:
        if self.penalty.estimator == "finite_difference" and self.schedule.precision == "bfloat16":
            raise ValueError(
                "schedule.precision must be float32 where penalty.estimator is finite_difference: its small "
                "differences drown in bfloat16's rounding"
            )
        return self

    def _change_eta(self, changed: dict[str, Any], eta: str) -> None:
        changed["penalty"]["eta"] = eta if eta in PAPER_ETA else eta_as_number(eta, *PAPER_ETA)
