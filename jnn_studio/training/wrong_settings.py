"""What is wrong with a configuration, setting by setting, named as they stand in ``config.toml``."""

from __future__ import annotations

import reprlib
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from jnn_studio.base.settings import models_in


def wrong_settings(config: type[BaseModel], error: ValidationError) -> list[str]:
    """One line for each setting of ``config`` that ``error`` found wrong: its name, why, and its value."""
    problems: dict[str, list[Any]] = {}
    kinds: dict[str, tuple[str, ...]] = {}
    for problem in error.errors():
        name, allowed = _setting(config, problem)
        problems.setdefault(name, []).append(problem)
        kinds[name] = allowed
    return [f"{name and f'{name}: '}{_reason(found, kinds[name])}" for name, found in problems.items()]


def _setting(config: type[BaseModel], problem: Any) -> tuple[str, tuple[str, ...]]:
    """The dotted name, empty where it is several settings together, and the kinds that the setting may be of.

    Pydantic's location holds more than names: the kind of a table that may be of several, the alternatives
    of one value's type, and places within it.
    """
    names: list[str] = []
    models: dict[str, type[BaseModel]] = {config.__name__: config}
    for part in problem["loc"]:
        fields = {name: field for model in models.values() for name, field in model.model_fields.items()}
        if part in fields:
            names.append(part)
            models = _by_kind(fields[part].annotation)
        elif part in models:
            models = {part: models[part]}
        else:
            if problem["type"] == "extra_forbidden":
                names.append(str(part))
            break
    return ".".join(names), tuple(models)


def _by_kind(annotation: Any) -> dict[str, type[BaseModel]]:
    """The models that a setting may be, each by its ``kind`` if it says one."""

    def kind(model: type[BaseModel]) -> str:
        field = model.model_fields.get("kind")
        said = () if field is None else get_args(field.annotation)
        return str(said[0]) if said else model.__name__

    return {kind(model): model for model in models_in(annotation)}


def _reason(problems: list[Any], kinds: tuple[str, ...]) -> str:
    first = problems[0]
    match first["type"]:
        case "extra_forbidden":
            reason = "there is no such setting"
        case "missing":
            return "is missing"
        case "union_tag_not_found":
            *others, last = map(repr, kinds)
            return f"its kind is missing; give {', '.join(others)} or {last}"
        case "union_tag_invalid":
            return f"kind must be one of {first['ctx']['expected_tags']} (got {first['ctx']['tag']!r})"
        case "value_error":
            return str(first["ctx"]["error"])
        case _:
            reason = ", or ".join(problem["msg"] for problem in problems)
    return f"{reason} (got {reprlib.repr(first['input'])})"
