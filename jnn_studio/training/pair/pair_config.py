"""The settings of a paired run, as a person writes them in ``config.toml``."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from jnn_studio.base.settings import Frozen, NonNegative, Positive
from jnn_studio.models.config import AutoencoderConfig, CorrectedPCAConfig
from jnn_studio.training.config import HALVES, OptimiserConfig, eta_as_number
from jnn_studio.training.image_config import ImageRunConfig
from jnn_studio.training.pair.eta_search import ADJUSTMENTS, FORESEEN, RANGE, SearchPlan

SETTLING_SHARE = 0.4
"""Of a run, at most, that η stays where its search starts."""
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
    target_rank: Annotated[float, Field(gt=1, allow_inf_nan=False)] | None = Field(
        None,
        description="In how many directions the regularised encoder is to be sensitive: its effective rank. "
        "η is then found while the model trains, from the typed one on, and stays as it is for the last "
        "fifth of the steps; η of the decoder keeps its ratio to it. Empty: η is as typed.",
    )
    give_up: Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)] | None = Field(
        None,
        description="How many dB of the PSNR on held-out images the regularised model may end below the "
        "other: η is then found while they train, as for a target rank. Empty: that is not asked for.",
    )
    adjust_every: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="Steps between measurements of the effective rank, or of what is given up, at which η "
        "may change. Empty: a hundredth of the steps.",
    )

    def encoder_eta(self, size: int) -> float:
        """η in orthonormal coordinates for images of side ``size``.

        The paper's code penalises the Jacobian with respect to unnormalised DCT coefficients, 2·size times
        the orthonormal ones, so its η is 2·size times smaller here.
        """
        if isinstance(self.eta, str):
            return PAPER_ETA[self.eta] / (2 * size)
        return self.eta

    def search_plan(
        self, size: int, steps: int, start: float | None = None, release: float = 0.0, settling: int = 0
    ) -> SearchPlan | None:
        """How η is found in a run of so many steps on images of side ``size``; None: it is as typed.

        ``start``: another η to start from than the typed one; ``release``: see `SearchPlan`, for a rank;
        ``settling``: steps that a rank needs to follow η from there, waited for where there is time.
        """
        every = self.adjust_every or max(1, steps // ADJUSTMENTS)
        begin = self.encoder_eta(size) if start is None else start
        if self.target_rank is not None:
            wait = max(self.warmup_steps, min(settling, int(SETTLING_SHARE * steps)))
            most = RANGE if start is None else FORESEEN
            return SearchPlan(self.target_rank, begin, steps, every, wait, release, most=most)
        if self.give_up is not None:
            return SearchPlan(self.give_up, begin, steps, every, self.warmup_steps, aim="loss")
        return None


class PairConfig(ImageRunConfig):
    """A paired run: a regularised and an unregularised autoencoder trained as one controlled experiment."""

    kind: Literal["autoencoder-pair"] = "autoencoder-pair"
    model: AutoencoderConfig | CorrectedPCAConfig = Field(AutoencoderConfig(), discriminator="kind")
    penalty: PenaltyConfig = PenaltyConfig()
    optimiser: OptimiserConfig = OptimiserConfig()
    only: Literal["unregularised", "regularised"] | None = Field(
        None,
        description="Which of the two models is trained, where the other is trained in a run of its own, as "
        "in a sweep. Empty: both, side by side.",
    )

    remedy: ClassVar[str] = "Lower the learning rate or η."
    large_before: ClassVar[tuple[str, ...]] = ("model.hidden", "model.size")
    large: ClassVar[tuple[str, ...]] = ("schedule.batch_size", "model.hidden")

    @model_validator(mode="before")
    @classmethod
    def _says_its_model(cls, data: Any) -> Any:
        """The first runs were all of one kind of model, and do not say it."""
        if isinstance(data, dict) and isinstance(data.get("model"), dict) and "kind" not in data["model"]:
            return {
                **data,
                "model": {"kind": AutoencoderConfig.model_fields["kind"].default, **data["model"]},
            }
        return data

    @model_validator(mode="after")
    def _precise_enough(self) -> Self:
        if self.penalty.estimator == "finite_difference" and self.schedule.precision in HALVES:
            raise ValueError(
                "schedule.precision must be float32 where penalty.estimator is finite_difference: its small "
                f"differences drown in {self.schedule.precision}'s rounding"
            )
        return self

    @model_validator(mode="after")
    def _rank_can_be_reached(self) -> Self:
        target, give_up = self.penalty.target_rank, self.penalty.give_up
        if self.only == "unregularised":
            return self  # nothing is penalised
        if self.only == "regularised" and give_up is not None:
            raise ValueError(
                f"penalty.give_up ({give_up:g}) is measured against the unregularised model: leave it empty "
                "where only the regularised one is trained"
            )
        if target is not None and give_up is not None:
            raise ValueError(
                f"penalty.give_up ({give_up:g}) and penalty.target_rank ({target:g}) cannot both be aimed "
                "at; leave one of them empty"
            )
        if target is None and give_up is None:
            return self
        if target is not None and target >= self.model.latent:
            raise ValueError(
                f"penalty.target_rank ({target:g}) must be less than model.latent ({self.model.latent}): "
                "the effective rank can be no larger than that"
            )
        if self.penalty.eta == 0:
            aim = "give_up" if target is None else "target_rank"
            raise ValueError(
                f"penalty.eta must be more than 0 where penalty.{aim} is given: the search starts there"
            )
        return self

    def _change_eta(self, changed: dict[str, Any], eta: str) -> None:
        changed["penalty"]["eta"] = eta if eta in PAPER_ETA else eta_as_number(eta, *PAPER_ETA)

    def _change_target_rank(self, changed: dict[str, Any], target_rank: float) -> None:
        changed["penalty"] |= {"target_rank": target_rank, "give_up": None}

    def _change_give_up(self, changed: dict[str, Any], give_up: float) -> None:
        changed["penalty"] |= {"give_up": give_up, "target_rank": None}
