"""What ``config.toml`` holds of a run that other code trains and writes."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from jnn_studio.base.settings import Finite, Frozen
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import MemberInfo

Word = Annotated[str, Field(min_length=1, max_length=80)]


class WrittenModel(Frozen):
    """One model of such a run. ``eta``: what weighs its penalty, where that is known."""

    key: str = Field(pattern=r"^[\w.-]{1,40}$")
    label: Word
    eta: Finite | None = None


_KNOWN = ("schema_version", "kind", "name", "material", "models", "settings", "schedule")


class WrittenConfig(RunConfig):
    """What the program knows of a run that it does not train: models, steps, settings as they were told."""

    kind: Literal["written"] = "written"
    material: str = Field("", max_length=200, description="What it learns from, in a few words.")
    models: tuple[WrittenModel, ...] = Field(
        (WrittenModel(key="model", label="Model"),), min_length=1, max_length=16
    )
    settings: dict[Word, bool | int | Finite | Annotated[str, Field(max_length=1000)]] = Field(
        default_factory=dict, max_length=200, description="As its author names them."
    )

    @model_serializer(mode="wrap")
    def _what_is_known(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Nothing is said of settings that its author has under other names: they are not these."""
        found = {name: value for name, value in written(self).items() if name in _KNOWN}
        return {**found, "schedule": {"steps": self.schedule.steps}}

    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        keys = [model.key for model in self.models]
        if len(set(keys)) < len(keys):
            raise ValueError(f"the keys of models must differ, got {keys}")
        return self

    def members(self) -> tuple[MemberInfo, ...]:
        """Its models, in the order they are shown."""
        return tuple(
            MemberInfo(model.key, model.label, math.nan if model.eta is None else model.eta)
            for model in self.models
        )
