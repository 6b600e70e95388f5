"""The settings of a Rudin–Osher–Fatemi validation run, as a person writes them in ``config.toml``."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from jnn_studio.base.settings import Frozen, Positive
from jnn_studio.labs.rof.gap import gap_lets_through
from jnn_studio.labs.rof.targets import Ball, Drawn, Target
from jnn_studio.training.config import (
    LoggingConfig,
    OptimiserConfig,
    RunConfig,
    ScheduleConfig,
    eta_as_number,
)

GRID_DIMENSIONS = 2
"""Up to here a grid holds the box, to look at and to solve on."""


class RofProblemConfig(Frozen):
    """Minimise the mean over the box of ½(f − τ)² + η|∇f|, τ the indicator of the target.

    Fields are checked in their order, each against those before it.
    """

    n: int = Field(2, ge=1, le=64, description="Dimensions of space.")
    target: Target = Field(Ball(), description="What τ is the indicator of.")
    half_width: Positive = Field(2.0, description="L of the box [-L, L]ⁿ that points are drawn from.")
    eta: Positive = Field(0.1, description="η, weight of the total variation; below 1/n for the unit ball.")

    @field_validator("target")
    @classmethod
    def _has_a_solution(cls, target: Target, info: ValidationInfo) -> Target:
        n = info.data.get("n")
        if n is None:
            return target
        if isinstance(target, Drawn) and n != 2:
            raise ValueError(f"a drawn shape lies in the plane: n must be 2, not {n}")
        if n > GRID_DIMENSIONS and not isinstance(target, Ball):
            raise ValueError(
                f"the right solution for a target of kind {target.kind!r} is found on a grid, up to "
                f"n = {GRID_DIMENSIONS}; with n = {n} use a ball"
            )
        return target

    @field_validator("half_width")
    @classmethod
    def _holds_the_target(cls, half_width: float, info: ValidationInfo) -> float:
        n, target = info.data.get("n"), info.data.get("target")
        if n is None or target is None:
            return half_width
        extent = target.extent(n)
        if half_width <= extent:
            raise ValueError(
                f"the box [-{half_width:g}, {half_width:g}] must be larger than the target, which reaches to "
                f"{extent:g}"
            )
        if n > GRID_DIMENSIONS and not gap_lets_through(n, extent, half_width):
            raise ValueError(
                f"the box [-{half_width:g}, {half_width:g}] is so close to the target, which reaches to "
                f"{extent:g}, that no closed solution is known; make it larger than {1.2 * extent:g}"
            )
        return half_width

    @field_validator("eta")
    @classmethod
    def _leaves_something(cls, eta: float, info: ValidationInfo) -> float:
        n, target, half_width = (info.data.get(name) for name in ("n", "target", "half_width"))
        if n is None or target is None or half_width is None:
            return eta
        if not isinstance(target, Ball):
            # What the nuclear norm leaves of other sets is not told by volume and perimeter: it may fill a
            # hole, or round corners off, and keep something far beyond. A constant solution is one, too.
            return eta
        volume, perimeter = target.volume(n), target.perimeter(n)
        limit = volume / perimeter
        if eta >= limit:
            why = f"1/n = 1/{n}" if target == Ball() else "the target's volume over its perimeter"
            raise ValueError(
                f"η must be below {limit:.4g} ({why}): from there on flattening the target costs less than "
                "its edge, and nothing of it is left"
            )
        on_the_box = 1 / (perimeter / volume + perimeter / ((2 * half_width) ** n - volume))
        if eta >= on_the_box:
            raise ValueError(
                f"η must be below {on_the_box:.4g} on this box: from there on inside and outside meet, "
                "and the solution is constant"
            )
        return eta


Share = Annotated[float, Field(ge=0, le=0.9, allow_inf_nan=False)]


class RofSamplingConfig(Frozen):
    """Where the points of a step are drawn; each counts so much that means stay those over the box.

    All from the box, unless the target is a ball: then a share may be from the ball itself, and one from the
    layer at its surface, by distances whose logarithms are uniform.
    """

    ball: Share = Field(0.0, description="Share of the points that are drawn from the ball.")
    edge: Share = Field(0.0, description="Share of the points that are drawn at its surface.")
    nearest: Positive = Field(1e-3, description="Of these, the nearest to the surface, in its radius.")
    farthest: float = Field(0.3, gt=0, lt=1, description="And the farthest.")

    @model_validator(mode="after")
    def _leaves_the_box_something(self) -> Self:
        if self.ball + self.edge > 0.95:
            raise ValueError(
                "sampling.ball and sampling.edge must leave a twentieth of the points to the box"
            )
        if self.nearest >= self.farthest:
            raise ValueError(
                f"sampling.nearest ({self.nearest:g}) must be less than farthest ({self.farthest:g})"
            )
        return self


class RofPenaltyConfig(Frozen):
    """How η rises, and the paper's stochastic estimator."""

    start: Positive = Field(0.05, description="η at the first step, if every is not 0.")
    increment: Positive = Field(0.05, description="What η is raised by, until it is the problem's.")
    every: int = Field(0, ge=0, description="Steps between two raises; 0: η is the problem's from the start.")
    draws: int = Field(10, ge=1, le=1000, description="Noise draws per step of the paper's estimator.")
    sigma: Positive = Field(1e-3, description="σ of those draws.")

    def eta(self, step: int, final: float) -> float:
        """η at ``step`` (from 0) of a run that ends at ``final``."""
        if not self.every:
            return final
        return min(final, self.start + self.increment * (step // self.every))


class NetworkConfig(Frozen):
    """f = g∘h: Fourier features, Linear, ELU, Linear; then Linear, ELU, Linear."""

    frequencies: int = Field(
        500, ge=1, le=100_000, description="Random frequencies, each a sine and a cosine."
    )
    hidden: int = Field(100, ge=1, le=100_000, description="Width of all hidden layers.")


class MeasuringConfig(Frozen):
    """What solutions are looked at on."""

    grid: int = Field(128, ge=8, le=1024, description="Points per axis to measure on, for n = 1 and 2.")
    sample: int = Field(16_384, ge=64, le=1_000_000, description="Fixed Sobol points for the objectives.")
    shells: int = Field(41, ge=2, le=1000, description="Radii of the profile, for n > 2.")


class RofScheduleConfig(ScheduleConfig):
    """How long and where; differences and derivatives need float32."""

    batch_size: int = Field(10_000, ge=1, le=1_000_000, description="Random points of the box per step.")
    precision: Literal["float32"] = Field("float32", description="Differences drown in anything coarser.")


class RofLoggingConfig(LoggingConfig):
    """How often to look, in steps."""

    measure_every: int = Field(100, ge=1, description="Steps between comparisons with the right solution.")


class RofConfig(RunConfig):
    """Three solvers of one problem on the same batches: (8), (9) exactly, and (9) by the paper's draws."""

    kind: Literal["rof"] = "rof"
    problem: RofProblemConfig = RofProblemConfig()
    sampling: RofSamplingConfig = RofSamplingConfig()
    penalty: RofPenaltyConfig = RofPenaltyConfig()
    network: NetworkConfig = NetworkConfig()
    measuring: MeasuringConfig = MeasuringConfig()
    optimiser: OptimiserConfig = OptimiserConfig()
    schedule: RofScheduleConfig = RofScheduleConfig()
    logging: RofLoggingConfig = RofLoggingConfig()

    large_before: ClassVar[tuple[str, ...]] = ("measuring.sample", "network.frequencies")
    large: ClassVar[tuple[str, ...]] = ("schedule.batch_size", "network.frequencies")

    @model_validator(mode="after")
    def _samples_a_ball(self) -> Self:
        target, sampling = self.problem.target, self.sampling
        if not (sampling.ball or sampling.edge):
            return self
        if not isinstance(target, Ball):
            raise ValueError("sampling.ball and sampling.edge need a ball for a target; leave them 0")
        if target.radius * (1 + sampling.farthest) > self.problem.half_width:
            raise ValueError(
                f"sampling.farthest ({sampling.farthest:g}) leads out of the box; the ball's surface is "
                f"{self.problem.half_width - target.radius:g} from its walls"
            )
        return self

    def _change_eta(self, changed: dict[str, Any], eta: str) -> None:
        changed["problem"]["eta"] = eta_as_number(eta)
