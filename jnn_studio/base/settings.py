"""What a person writes, or a file keeps, as values that are checked and do not change."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Finite = Annotated[float, Field(allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

AbsolutePath = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
"""What is kept in a file is read again later, from another working folder."""


class Frozen(BaseModel):
    """One table of settings, or part of a file; a field it does not have is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The tables that a setting of this type may be: itself, or every such member of a union."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [model for member in get_args(annotation) for model in models_in(member)]
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []
