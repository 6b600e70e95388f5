"""What a sweep varies, as a person writes it in ``sweep.toml``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import numpy as np
import tomli_w
from pydantic import Field, ValidationError, model_validator

from jnn_studio.base.reading import MalformedError, parse_toml
from jnn_studio.base.settings import Finite, Frozen
from jnn_studio.training.config import ConfigError
from jnn_studio.training.configuration.config_file import read_config_text
from jnn_studio.training.wrong_settings import wrong_settings

SCHEMA_VERSION = 1
MOST_RUNS = 1_000
"""Of one sweep; more are rather a mistake in ``sweep.toml``."""

Value = bool | int | float | str
"""Of a setting, as it stands in TOML."""
Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$", max_length=100)]


class Axis(Frozen):
    """One setting of the runs, and its values."""

    setting: Name = Field(description="What varies, named as in config.toml: penalty.eta.")
    values: tuple[Value, ...] | None = Field(None, min_length=1, description="These values.")
    low: Whole | Finite | None = Field(None, description="Or values from here,")
    high: Whole | Finite | None = Field(None, description="to here,")
    count: int | None = Field(None, ge=1, le=MOST_RUNS, description="so many of them; a search needs none.")
    spacing: Literal["log", "linear"] = Field(
        "log", description="log: neighbours have the same ratio; linear: the same difference."
    )
    along: Mapping[Name, Finite] = Field(
        default_factory=dict, description="Further settings, each so many times the value."
    )

    @model_validator(mode="after")
    def _says_its_values(self) -> Self:
        ends = (self.low, self.high)
        if (self.values is None) == (ends == (None, None)):
            raise ValueError(f"{self.setting}: give either values, or low and high")
        if self.values is not None:
            if self.count is not None:
                raise ValueError(f"{self.setting}: count belongs to low and high, not to values")
            if len(set(map(repr, self.values))) < len(self.values):
                raise ValueError(f"{self.setting}: each of its values is to stand there once")
        elif self.low is None or self.high is None:
            raise ValueError(f"{self.setting}: give both low and high")
        elif self.low >= self.high:
            raise ValueError(f"{self.setting}: low ({self.low:g}) must be less than high ({self.high:g})")
        elif self.spacing == "log" and self.low <= 0:
            raise ValueError(
                f"{self.setting}: low must be more than 0 for values with the same ratio; or give "
                'spacing = "linear"'
            )
        if self.along and not all(isinstance(value, int | float) for value in self.values or ()):
            raise ValueError(f"{self.setting}: what goes along with it needs numbers")
        return self

    @property
    def whole(self) -> bool:
        """Whether the values between its ends are whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def grid(self) -> tuple[Value, ...]:
        """Its values, smallest first where they lie between two ends."""
        if self.values is not None:
            return self.values
        assert self.low is not None
        assert self.high is not None
        count = self.count or 1
        spread = np.geomspace if self.spacing == "log" else np.linspace
        values = spread(self.low, self.high, count).tolist()
        if self.whole:
            return tuple(dict.fromkeys(round(value) for value in values))
        # Digits beyond these say nothing of η, and make long names.
        return tuple(dict.fromkeys(float(f"{value:.4g}") for value in values))

    def settings(self, value: Value) -> dict[str, Value]:
        """By dotted name, what a value of this axis makes of a configuration."""
        found: dict[str, Value] = {self.setting: value}
        for name, factor in self.along.items():
            assert not isinstance(value, str)
            found[name] = float(f"{factor * value:.12g}")
        return found


class SearchConfig(Frozen):
    """Values are searched for between the ends of each axis, by Optuna's TPE, instead of all being tried."""

    trials: int = Field(24, ge=1, le=MOST_RUNS, description="Runs that are tried.")
    objective: Literal["psnr", "front"] = Field(
        "psnr",
        description="psnr: as many dB on held-out images as can be had; front: those, and a small effective "
        "rank, none of which can be had without giving up the other.",
    )
    largest_rank: Annotated[float, Field(gt=1, allow_inf_nan=False)] | None = Field(
        None, description="Only models of this effective rank or less count. Empty: all do."
    )
    prune: bool = Field(
        True,
        description="Whether a run is stopped whose held-out PSNR stays below the median of the others' at "
        "the same step; not for the front, of which either end is as good as the other.",
    )
    warmup_trials: int = Field(5, ge=1, description="Runs that are never stopped, to have a median.")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="Seed of the search.")


class SweepConfig(Frozen):
    """A sweep: what its runs have in common, and what varies.

    ``run`` is a ``config.toml``, or what differs from the preset.
    """

    schema_version: Literal[1] = 1
    name: str = Field("sweep", min_length=1, max_length=60)
    preset: str = Field("", max_length=100)
    workers: int | None = Field(
        None, ge=1, le=1_024, description="Runs at a time. Empty: one per core or GPU."
    )
    attributes: str = Field(
        "",
        max_length=4_096,
        description="A table of attributes of the images, CSV or CelebA's, by which models are judged. "
        "Empty: the names of their folders.",
    )
    vary: tuple[Axis, ...] = Field(min_length=1, max_length=8)
    search: SearchConfig | None = None
    run: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _axes_fit(self) -> Self:
        names = [name for axis in self.vary for name in (axis.setting, *axis.along)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"vary: {twice} varies twice")
        for axis in self.vary:
            if axis.setting in ("name", "schema_version", "kind", "only"):
                raise ValueError(f"vary: {axis.setting} cannot vary within a sweep")
            if self.search is None and axis.values is None and axis.count is None:
                raise ValueError(f"vary: {axis.setting}: give count, how many values between low and high")
            if self.search is not None and axis.count is not None:
                raise ValueError(
                    f"vary: {axis.setting}: a search takes any value between low and high; leave out count"
                )
        count = math.prod(len(axis.grid) for axis in self.vary) if self.search is None else 0
        if count > MOST_RUNS:
            raise ValueError(f"vary: these are {count:,} runs; at most {MOST_RUNS:,} can be one sweep")
        return self

    def to_toml(self) -> str:
        """The text of ``sweep.toml``."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True, exclude_unset=True))


def sweep_from(table: Mapping[str, Any], where: str) -> SweepConfig:
    """What a person wrote; ``where`` names the file in messages.

    Raises:
        ConfigError: with one line per wrong setting.
    """
    version = table.get("schema_version", SCHEMA_VERSION)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise ConfigError(
            f"{where} was written by a newer JNN Studio (format {version}, this one reads up to "
            f"{SCHEMA_VERSION}); update the program"
        )
    try:
        return SweepConfig.model_validate(table)
    except ValidationError as error:
        raise ConfigError(
            "\n".join(f"{where}: {line}" for line in wrong_settings(SweepConfig, error))
        ) from error


def read_table(path: Any) -> dict[str, Any]:
    """The table in the TOML file at ``path``; raises `ConfigError`."""
    try:
        return parse_toml(read_config_text(path))
    except MalformedError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
