"""Everything needed to repeat a run, as a person writes it in ``config.toml``; what all kinds share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

import tomli_w
from pydantic import Field, ValidationError

from jnn_studio.base.errors import StudioError
from jnn_studio.base.settings import Frozen, NonNegative, Positive
from jnn_studio.base.text import printable
from jnn_studio.training.wrong_settings import wrong_settings

SCHEMA_VERSION = 1
DEFAULT_KIND = "autoencoder-pair"
"""The kind of a configuration that does not say."""


HALVES = ("bfloat16", "float16")
"""Precisions whose rounding small differences drown in."""


class ConfigError(StudioError):
    """A configuration that cannot be used; the message names the setting, its value and the reason."""


def warmup(step: int, warmup_steps: int) -> float:
    """The share that holds at ``step`` (from 0) of what rises linearly over ``warmup_steps``."""
    return min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0


WarmupSteps = Annotated[
    int, Field(ge=0, description="Steps over which the learning rate rises linearly from 0.")
]
Clip = Annotated[
    NonNegative,
    Field(
        description="Largest norm of a step's gradient, that of the loss with its penalty; a longer one is "
        "shortened to it. 0: gradients stay as they are."
    ),
]
Accumulate = Annotated[
    int,
    Field(
        ge=1,
        le=4096,
        description="In how many parts, one after the other, a batch is computed: less memory, the same step "
        "with the same probes. schedule.batch_size must be a multiple of it.",
    ),
]
Ema = Annotated[
    float,
    Field(
        ge=0,
        lt=1,
        description="Decay of a moving average of the weights, such as 0.999. The average is measured, shown "
        "and exported, while the penalty acts on the weights under training. 0: there is none.",
    ),
]


class OptimiserConfig(Frozen):
    """AdamW."""

    learning_rate: Positive = Field(1e-3, description="AdamW's learning rate.")
    weight_decay: NonNegative = Field(0.0, description="AdamW's decoupled weight decay.")
    schedule: Literal["cosine", "constant", "drop"] = Field(
        "cosine",
        description="Learning rate over the run: falling to zero along a cosine, constant, or dropping to a "
        "tenth for the last third of the steps.",
    )
    warmup_steps: WarmupSteps = 0
    clip: Clip = 0.0
    accumulate: Accumulate = 1
    ema: Ema = 0.0

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of ``step`` (from 0) in a run of ``steps``."""
        rate = self.learning_rate * warmup(step, self.warmup_steps)
        if self.schedule == "constant":
            return rate
        if self.schedule == "drop":
            return rate * (0.1 if 3 * step >= 2 * steps else 1.0)
        return rate * 0.5 * (1 + math.cos(math.pi * step / steps))


class DecayingOptimiserConfig(Frozen):
    """Adam with a learning rate that falls in steps: PyTorch's ExponentialLR, told after every epoch."""

    learning_rate: Positive = Field(5e-3, description="Adam's learning rate at the start.")
    decay: float = Field(
        0.95, gt=0, le=1, description="What the learning rate is multiplied by, again and again."
    )
    decay_every: int = Field(512, ge=1, description="Steps between two such multiplications: an epoch.")
    warmup_steps: WarmupSteps = 0
    clip: Clip = 0.0
    accumulate: Accumulate = 1
    ema: ClassVar[float] = 0.0
    """None: what batch normalisation remembers is of the weights under training."""

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of ``step`` (from 0)."""
        rate = self.learning_rate * warmup(step, self.warmup_steps)
        return rate * self.decay ** (step // self.decay_every)


class ScheduleConfig(Frozen):
    """How long and where."""

    steps: int = Field(2500, ge=1, le=9_999_999, description="Optimiser steps of each model.")
    batch_size: int = Field(64, ge=1, le=1_000_000, description="Images per step.")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="Seed of weights, batches and noise.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where to train.")
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto",
        description="auto: bfloat16 autocast on GPUs that have it, float32 elsewhere. A penalty in closed "
        "form is found in float32 whatever this is; probes and differences are evaluated in it.",
    )

    def seed_at(self, step: int, stream: int = 0) -> int:
        """The seed of what is random at ``step``, so that a run repeats from any step on.

        What must be independent at one step takes another ``stream``: probes drawn from the seed of the noise
        *are* the noise, and a penalty along the noise alone is one that a network learns to evade.
        """
        # Far apart in the low 32 bits, which are all that the CPU's generator looks at.
        return self.seed * 1_000_003 + step + stream * 0x9E3779B9


class LoggingConfig(Frozen):
    """How often to look, in steps."""

    metrics_every: int = Field(10, ge=1, description="Steps averaged into one logged loss.")
    checkpoint_every: int = Field(500, ge=1, description="Steps between checkpoints.")
    keep_checkpoints: int = Field(2, ge=1, description="Newest checkpoints kept.")


class RunConfig(Frozen):
    """What every run has. A kind of run is a subclass with a ``kind`` of its own and further sections."""

    schema_version: Literal[1] = 1
    kind: str
    name: str = Field("run", min_length=1, max_length=80, description="What to call the run.")
    optimiser: OptimiserConfig | DecayingOptimiserConfig = OptimiserConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    logging: LoggingConfig = LoggingConfig()

    @property
    def shown_name(self) -> str:
        """Its name, fit to be shown."""
        return printable(self.name)

    @property
    def asks_for_images(self) -> bool:
        """Whether images have to be chosen before it can be trained: a preset may leave that to a person."""
        return False

    # What to tell a person whose run failed; the settings are named as in ``config.toml``.
    remedy: ClassVar[str] = "Lower the learning rate."
    """Against losses and weights that are no longer finite."""
    large_before: ClassVar[tuple[str, ...]] = ("schedule.batch_size",)
    """Settings to reduce when memory runs out before the first step."""
    large: ClassVar[tuple[str, ...]] = ("schedule.batch_size",)
    """Settings to reduce when memory runs out at a step."""

    def with_changes(
        self,
        data: Path | None = None,
        eta: str | None = None,
        target_rank: float | None = None,
        give_up: float | None = None,
        steps: int | None = None,
        device: str | None = None,
    ) -> Self:
        """The same run with what is given changed; ``data`` is a folder or zip of images.

        Raises:
            ConfigError: a value is out of range, or this kind of run has no such setting.
        """
        changed = self.model_dump(mode="json")
        if data is not None:
            self._change_data(changed, data)
        if eta is not None:
            self._change_eta(changed, eta)
        if target_rank is not None:
            self._change_target_rank(changed, target_rank)
        if give_up is not None:
            self._change_give_up(changed, give_up)
        if steps is not None:
            changed["schedule"]["steps"] = steps
        if device is not None:
            changed["schedule"]["device"] = device
        return validate_as(type(self), changed, "settings")

    def to_toml(self) -> str:
        """The text of ``config.toml``; what is None is left out."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))

    def reduce(self, settings: tuple[str, ...]) -> str:
        """Advice against too little memory: ``settings`` by dotted name, with what they are now."""
        words = []
        for name in settings:
            value: Any = self
            for part in name.split("."):
                value = getattr(value, part)
            words.append(f"{name} (now {value})")
        return f"Reduce {' or '.join(words)}."

    def _change_data(self, changed: dict[str, Any], data: Path) -> None:
        raise ConfigError(f"--data: a run of kind {self.kind!r} does not train on images of one's own")

    def _change_eta(self, changed: dict[str, Any], eta: str) -> None:
        raise ConfigError(f"--eta: a run of kind {self.kind!r} has no η to choose")

    def _change_give_up(self, changed: dict[str, Any], give_up: float) -> None:
        raise ConfigError(f"--give-up: a run of kind {self.kind!r} has no other model to end below")

    def _change_target_rank(self, changed: dict[str, Any], target_rank: float) -> None:
        raise ConfigError(f"--target-rank: a run of kind {self.kind!r} has no effective rank to aim at")


def eta_as_number(eta: str, *names: str) -> float:
    """What was given for η on the command line, where the kind of run also takes ``names`` for it.

    Raises:
        ConfigError: it is no number.
    """
    try:
        return float(eta)
    except ValueError:
        wanted = "a number or one of " + ", ".join(names) if names else "a number"
        raise ConfigError(f"--eta: expected {wanted}, got {eta!r}") from None


C = TypeVar("C", bound=RunConfig)


def validate_as(config: type[C], data: dict[str, Any], where: str) -> C:
    """``data`` as a configuration of one kind.

    Raises:
        ConfigError: with one line per wrong setting.
    """
    try:
        return config.model_validate(data)
    except ValidationError as error:
        lines = [f"{where}: {line}" for line in wrong_settings(config, error)]
        raise ConfigError("\n".join(lines)) from error
