"""What a person writes, or a file keeps, as values that are checked and do not change."""

from __future__ import annotations

import json
import os
import types
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticSerializationError

from jnn_studio.base.reading import MalformedError, parse_json

M = TypeVar("M", bound=BaseModel)

Finite = Annotated[float, Field(allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def from_elsewhere(path: str, windows: bool = os.name == "nt") -> bool:
    r"""Whether ``path`` is a whole path of the other kind of system: of Windows, or here, of all others.

    >>> from_elsewhere("C:\\photos", windows=False), from_elsewhere("/photos", windows=False)
    (True, False)
    >>> from_elsewhere("C:\\photos", windows=True), from_elsewhere("/photos", windows=True)
    (False, True)
    """
    here, there = (PureWindowsPath, PurePosixPath) if windows else (PurePosixPath, PureWindowsPath)
    if windows and path.startswith("\\"):
        path = path.replace("\\", "/")  # as `Path` there writes what begins with "/"
    return there(path).is_absolute() and not here(path).is_absolute()


def _absolute(path: Path) -> Path:
    return path if from_elsewhere(str(path)) else path.expanduser().absolute()


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
"""What is kept in a file is read again later, from another working folder; a path of another kind of system,
of which nothing can be found here as it stands, stays as it is."""


class Frozen(BaseModel):
    """One table of settings, or part of a file; a field it does not have is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def to_json(values: BaseModel, indent: int | None = None) -> str:
    """The values as JSON; bytes of a path that are no text stand as Python writes them, escaped."""
    try:
        return values.model_dump_json(indent=indent)
    except (PydanticSerializationError, UnicodeEncodeError):
        # Pydantic would replace such bytes where they stand in a key.
        return json.dumps(values.model_dump(), indent=indent, default=str)


def from_json(kind: type[M], text: str) -> M:
    """What `to_json` gave; raises pydantic's ValidationError if ``text`` is no such thing."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        if error.errors()[0]["type"] != "json_invalid":
            raise
        # Half a pair of UTF-16, as which such bytes are escaped, is no JSON to pydantic.
        try:
            return kind.model_validate(parse_json(text))
        except MalformedError:
            raise error from None


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The tables that a setting of this type may be: itself, or every such member of a union."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [model for member in get_args(annotation) for model in models_in(member)]
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []
