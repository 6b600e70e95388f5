"""From what was typed to a pydantic model's reasons at each field, and back. Free of Qt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from jnn_studio.base.flat_settings import as_typed, flat_texts
from jnn_studio.base.setting_words import alternatives, fields_at, tables_by_kind
from jnn_studio.base.text import capitalised, counted
from jnn_studio.base.typed_numbers import UnclearNumberError, one_number, several_numbers


def typed_with_defaults(config: BaseModel) -> dict[str, str]:
    """The same, and the defaults of every table that may be chosen in place of one that was."""
    found: dict[str, str] = {}
    for place, tables in tables_by_kind(type(config)).items():
        for table in tables.values():
            for name, text in defaults(table).items():
                found.setdefault(f"{place}.{name}", text)
    return found | flat_texts(config)


def defaults(table: type[BaseModel]) -> dict[str, str]:
    """What stands in the fields of a table at first; "" where something has to be typed."""
    return {
        name: "" if field.is_required() else as_typed(field.get_default())
        for name, field in table.model_fields.items()
    }


def put_typed(values: dict[str, Any], typed: Mapping[str, str], model: type[BaseModel]) -> dict[str, str]:
    """Put what was typed, by dotted name, into the values of a ``model``; why what is unclear was left out.

    A ``kind`` that was typed begins its table anew.
    """
    unclear: dict[str, str] = {}
    for name in typed:
        if name.endswith(".kind"):
            table(values, name).clear()
    for name, text in typed.items():
        try:
            table(values, name)[name.rpartition(".")[2]] = _value(model, name, text.strip())
        except UnclearNumberError as error:
            unclear[name] = str(error)
    return unclear


def table(values: dict[str, Any], name: str) -> dict[str, Any]:
    """The table that a dotted name belongs to; made where there is none."""
    for section in name.split(".")[:-1]:
        values = values.setdefault(section, {})
    return values


def _value(model: type[BaseModel], name: str, text: str) -> Any:
    """What the text stands for where pydantic would not see it: a number among choices, a series, nothing."""
    for field in fields_at(model, name):
        for kind in alternatives(field.annotation):
            if get_origin(kind) is Literal:
                for value in get_args(kind):
                    if str(value) == text:
                        return value
            elif get_origin(kind) in (tuple, list):
                return _series(kind, text)
            elif kind is type(None) and not text:
                return None
        kinds = alternatives(field.annotation)
        if str not in kinds and (int in kinds or float in kinds):
            return one_number(text, whole=float not in kinds)
    return text


def _series(annotation: Any, text: str) -> list[str]:
    kinds = [kind for member in get_args(annotation) for kind in alternatives(member)]
    if str not in kinds and (int in kinds or float in kinds):
        return several_numbers(text, whole=float not in kinds)
    return [word for word in re.split(r"[,\s]+", text) if word]


def reasons(error: ValidationError, typed: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by the dotted name of the setting that has to be mended."""
    found: dict[str, list[Any]] = {}
    for problem in error.errors():
        found.setdefault(_setting(problem, typed), []).append(problem)
    return {name: _reason(problems) for name, problems in found.items()}


def _setting(problem: Any, typed: Mapping[str, str]) -> str:
    """The setting a problem belongs to; one about several belongs to the first that it names."""
    parts = [str(part) for part in problem["loc"]]
    if len(parts) > 1 and typed.get(f"{parts[0]}.kind") == parts[1]:
        del parts[1]  # the union's tag
    for length in range(len(parts), 0, -1):
        if ".".join(parts[:length]) in typed:
            return ".".join(parts[:length])
    for place in range(len(parts) - 1):  # the tag of another union
        if ".".join(parts[:place] + parts[place + 1 :]) in typed:
            return ".".join(parts[:place] + parts[place + 1 :])
    section = ".".join(parts)
    named = []
    for name in typed:
        if name.startswith(section):
            leaf = name.rpartition(".")[2]
            match = re.search(
                rf"{re.escape(name)}\b|(?<![\w.]){re.escape(leaf)}(?![\w]|\.\w)", problem["msg"]
            )
            if match:
                named.append((match.start(), name))
    return min(named)[1] if named else section


def _reason(problems: list[Any]) -> str:
    """One sentence that says what to enter."""
    kinds = [problem["type"] for problem in problems]
    named = next((p["ctx"]["expected"] for p in problems if p["type"] == "literal_error"), "").replace(
        "'", ""
    )
    first = problems[0]
    limits = first.get("ctx") or {}
    match kinds[0]:
        case "int_parsing" | "int_from_float":
            return "Enter a whole number."
        case "float_parsing":
            return f"Enter a number, {named.replace(' or ', ', or ')}." if named else "Enter a number."
        case "finite_number":
            return "Enter a finite number."
        case "greater_than":
            return f"Must be more than {limits['gt']:g}."
        case "greater_than_equal":
            return f"Must be {limits['ge']:g} or more."
        case "less_than_equal":
            return f"Must be {limits['le']:,} or less."
        case "string_too_short":
            return "Enter a name."
        case "string_too_long":
            return f"Must be {counted(limits['max_length'], 'character')} or fewer."
    message = str(first["msg"]).removeprefix("Value error, ")
    return capitalised(message).rstrip(".") + "."
