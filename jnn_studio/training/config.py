"""Everything needed to repeat a run, as a person writes it in ``config.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from jnn_studio.data.config import DataConfig, FacesConfig
from jnn_studio.data.faces import MIN_SIZE
from jnn_studio.models.config import AutoencoderConfig

SCHEMA_VERSION = 1

NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

PAPER_ETA = {"paper-text": 0.5, "paper-code": 0.25}


class ConfigError(Exception):
    """A configuration that cannot be used; the message names the setting, its value and the reason."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PenaltyConfig(_Section):
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


class OptimiserConfig(_Section):
    """AdamW."""

    learning_rate: Positive = Field(1e-3, description="AdamW's learning rate.")
    weight_decay: NonNegative = Field(0.0, description="AdamW's decoupled weight decay.")
    schedule: Literal["cosine", "constant"] = Field(
        "cosine", description="Learning rate over the run: falling to zero along a cosine, or constant."
    )


class ScheduleConfig(_Section):
    """How long, in what portions, and on what."""

    steps: int = Field(2500, ge=1, le=9_999_999, description="Optimiser steps of each model.")
    batch_size: int = Field(64, ge=1, le=1_000_000, description="Images per step.")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="Seed of weights, batches and noise.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where to train.")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="auto: bfloat16 autocast on GPUs that have it, float32 elsewhere."
    )
    held_out: int = Field(256, ge=1, description="Images kept out of training, to measure on.")


class LoggingConfig(_Section):
    """How often to look, in steps."""

    metrics_every: int = Field(10, ge=1, description="Steps averaged into one logged loss.")
    spectrum_every: int = Field(50, ge=1, description="Steps between spectra.")
    preview_every: int = Field(50, ge=1, description="Steps between previews and held-out PSNR.")
    checkpoint_every: int = Field(500, ge=1, description="Steps between checkpoints.")
    keep_checkpoints: int = Field(2, ge=1, description="Newest checkpoints kept.")


class RunConfig(_Section):
    """A paired run: a regularised and an unregularised autoencoder trained as one controlled experiment."""

    schema_version: Literal[1] = 1
    kind: Literal["autoencoder-pair"] = "autoencoder-pair"
    name: str = Field("run", min_length=1, max_length=80, description="What to call the run.")
    data: DataConfig = FacesConfig()
    model: AutoencoderConfig = AutoencoderConfig()
    penalty: PenaltyConfig = PenaltyConfig()
    optimiser: OptimiserConfig = OptimiserConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    logging: LoggingConfig = LoggingConfig()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if isinstance(self.data, FacesConfig):
            if self.model.channels != 3:
                raise ValueError(
                    f"the procedural faces are in colour: model.channels must be 3, not {self.model.channels}"
                )
            if self.model.size < MIN_SIZE:
                raise ValueError(
                    f"model.size ({self.model.size}) is too small for the procedural faces, which need "
                    f"{MIN_SIZE} pixels"
                )
            if self.schedule.held_out + self.schedule.batch_size > self.data.count:
                raise ValueError(
                    f"schedule.held_out ({self.schedule.held_out}) leaves fewer than one batch "
                    f"({self.schedule.batch_size}) of data.count ({self.data.count}) images"
                )
        if self.penalty.estimator == "finite_difference" and self.schedule.precision == "bfloat16":
            raise ValueError(
                "schedule.precision must be float32 where penalty.estimator is finite_difference: its small "
                "differences drown in bfloat16's rounding"
            )
        return self

    def with_changes(
        self,
        data: Path | None = None,
        eta: str | None = None,
        steps: int | None = None,
        device: str | None = None,
    ) -> RunConfig:
        """The same run with what is given changed; ``data`` is a folder or zip of images.

        Raises:
            ConfigError: a value is out of range.
        """
        changed = self.model_dump(mode="json")
        if data is not None:
            changed["data"] = {"kind": "folder", "path": str(data)}
        if eta is not None:
            changed["penalty"]["eta"] = eta if eta in PAPER_ETA else _number("--eta", eta)
        if steps is not None:
            changed["schedule"]["steps"] = steps
        if device is not None:
            changed["schedule"]["device"] = device
        return validate_config(changed, "settings")

    def to_toml(self) -> str:
        """The text of ``config.toml``."""
        return tomli_w.dumps(self.model_dump(mode="json"))


def parse_config(text: str, where: str) -> RunConfig:
    """The configuration in TOML ``text``; ``where`` names the file in error messages.

    Raises:
        ConfigError: not TOML, written by a newer version, or a setting is unknown or out of range.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not valid TOML: {error}") from error
    version = data.get("schema_version", SCHEMA_VERSION)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise ConfigError(
            f"{where} was written by a newer JNN Studio (format {version}, this one reads up to "
            f"{SCHEMA_VERSION}); update the program"
        )
    return validate_config(data, where)


def validate_config(data: dict[str, Any], where: str) -> RunConfig:
    """``data`` as a `RunConfig`.

    Raises:
        ConfigError: with one line per wrong setting.
    """
    try:
        return RunConfig.model_validate(data)
    except ValidationError as error:
        problems: dict[str, list[Any]] = {}
        for problem in error.errors():
            problems.setdefault(_setting(problem), []).append(problem)
        lines = [f"{where}: {setting}{_reason(found)}" for setting, found in problems.items()]
        raise ConfigError("\n".join(lines)) from error


def read_config(path: Path) -> RunConfig:
    """The configuration in the file at ``path``.

    Raises:
        ConfigError: as `parse_config`, and if the file cannot be read.
    """
    try:
        return parse_config(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the configuration {path}: {error}") from error


def _setting(problem: Any) -> str:
    """``"section.setting: "``, or nothing where the problem is one of several settings together."""
    parts = [str(part) for part in problem["loc"]]
    if parts[:1] == ["data"] and len(parts) > 2:
        del parts[1]  # the kind of data, not a setting
    # Settings are two levels deep; what follows names alternatives of one setting's type.
    return ".".join(parts[:2]) + ": " if parts else ""


def _reason(problems: list[Any]) -> str:
    first = problems[0]
    match first["type"]:
        case "extra_forbidden":
            reason = "there is no such setting"
        case "missing":
            return "is missing"
        case "union_tag_not_found":
            return "its kind is missing; give 'faces' or 'folder'"
        case "union_tag_invalid":
            return f"kind must be one of {first['ctx']['expected_tags']} (got {first['ctx']['tag']!r})"
        case "value_error":
            return str(first["ctx"]["error"])
        case _:
            reason = ", or ".join(problem["msg"] for problem in problems)
    return f"{reason} (got {first['input']!r})"


def _number(where: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigError(
            f"{where}: expected a number or one of {', '.join(PAPER_ETA)}, got {text!r}"
        ) from None
