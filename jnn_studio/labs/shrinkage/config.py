"""Which data to make and how to denoise them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from jnn_studio.base.settings import Frozen, NonNegative, Positive
from jnn_studio.base.text import capitalised
from jnn_studio.training.config import ConfigError

SpectrumShape = Literal["flat", "linear", "geometric", "explicit"]
Reading = Literal["frobenius", "nuclear"]


class ShrinkageConfig(Frozen):
    """A denoising problem Y = X + σ·Z, Y of shape (D, N), and the depth of the factorisation of A.

    Singular values of X are given in units of √N, so that they compare with σ: a direction of X stands out
    of the noise from about σ·(D/N)^¼ on.
    """

    rows: int = Field(50, ge=2, le=300, description="D: numbers in one sample, rows of Y.")
    samples: int = Field(1000, ge=2, le=20_000, description="N: how many samples, columns of Y.")
    rank: int = Field(5, ge=1, description="Rank of the clean data X.")
    spectrum: SpectrumShape = Field(
        "linear", description="How the singular values of X fall from the largest to the smallest."
    )
    largest: Positive = Field(3.0, description="The largest singular value of X, in units of √N.")
    smallest: Positive = Field(0.75, description="The smallest of X's nonzero ones, in units of √N.")
    values: tuple[Positive, ...] = Field(
        (), description="All singular values of X in units of √N, separated by commas; rank says how many."
    )
    sigma: Positive = Field(1.0, description="σ_ε: standard deviation of the noise in each entry of Y.")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="Seed of the data and of the factors' start.")
    eta: NonNegative | None = Field(
        None, description="η: weight of the penalty; empty is σ_ε², the paper's choice."
    )
    depth: int = Field(
        2, ge=2, le=6, description="L: how many factors A is the product of; 2 is the paper's."
    )
    reading: Reading = Field(
        "frobenius",
        description=(
            "What each factor is penalised by: its squared Frobenius norm (together the Schatten-2/L "
            "quasi-norm of A) or the L-th power of its Schatten-L norm (together A's nuclear norm). "
            "For L > 2 either is proven for linear maps only, not for networks."
        ),
    )

    @field_validator("values", mode="before")
    @classmethod
    def _split(cls, values: Any) -> Any:
        if isinstance(values, str):
            return [part for part in values.replace(";", ",").replace(" ", ",").split(",") if part]
        return values

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.rank > min(self.rows, self.samples):
            side = "D" if self.rows <= self.samples else "N"
            raise ValueError(
                f"rank: at most {side} = {min(self.rows, self.samples)}, the smaller side of the data"
            )
        if self.spectrum == "explicit" and len(self.values) != self.rank:
            raise ValueError(f"values: give {self.rank}, one for each rank, not {len(self.values)}")
        if self.spectrum in ("linear", "geometric") and self.smallest > self.largest:
            raise ValueError(f"smallest: at most the largest, {self.largest:g}")
        return self

    @property
    def weight(self) -> float:
        """η itself: as given, or σ_ε²."""
        return self.sigma**2 if self.eta is None else self.eta


def reasons(error: ValidationError) -> dict[str, str]:
    """What is wrong, by the name of the setting that has to be mended."""
    found: dict[str, str] = {}
    for problem in error.errors():
        place, text = [str(part) for part in problem["loc"]], str(problem["msg"])
        text = text.removeprefix("Value error, ")
        if not place:
            name, _, text = text.partition(": ")
            place = [name]
        found.setdefault(place[0], capitalised(text))
    return found


def checked(values: Mapping[str, Any]) -> ShrinkageConfig:
    """A configuration from plain values.

    Raises:
        ConfigError: a value will not do; the message names every setting that has to be mended.
    """
    try:
        return ShrinkageConfig.model_validate(dict(values))
    except ValidationError as error:
        raise ConfigError("; ".join(f"{name}: {why}" for name, why in reasons(error).items())) from error
