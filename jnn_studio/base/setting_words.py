"""What a form asks for: a setting of a pydantic model that a person may change, and its words."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from jnn_studio.base.settings import models_in


@dataclass(frozen=True)
class Setting:
    """One setting. ``name`` is its place in ``config.toml``; with ``choices`` (value, words), one of them.

    ``about`` says what it does where ``model``, the configuration, has no words for it. ``text``: it is
    typed, but not as a number. ``holds``: it is the path of a folder or zip, and what is in there. ``wrong``:
    what to say of a value that will not do, where pydantic's reason would say less.
    """

    name: str
    label: str
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    suggestions: tuple[str, ...] = ()
    about: str = ""
    model: type[BaseModel] | None = None
    text: bool = False
    holds: str = ""
    wrong: str = ""

    @property
    def words(self) -> str:
        """The label without its mnemonic."""
        return self.label.replace("&", "")

    @property
    def numeric(self) -> bool:
        """It is typed as a number."""
        return not self.choices and not self.suggestions and not self.text and not self.holds

    @property
    def description(self) -> str:
        """What it does, from the configuration itself."""
        if self.about or self.model is None:
            return self.about
        return next(
            (field.description for field in fields_at(self.model, self.name) if field.description), ""
        )


@dataclass(frozen=True)
class SettingGroup:
    """Settings under one heading, which can be folded away; without a title they stand at the very top."""

    key: str
    title: str
    settings: tuple[Setting, ...]
    folded: bool = False


def fields_at(model: type[BaseModel], name: str) -> list[FieldInfo]:
    """The fields at a dotted name: several where members of a union have one each."""
    first, _, rest = name.partition(".")
    field = model.model_fields.get(first)
    if field is None:
        return []
    if not rest:
        return [field]
    return [found for inner in models_in(field.annotation) for found in fields_at(inner, rest)]


def alternatives(annotation: Any) -> list[Any]:
    """The members of a union, or the one type that it is, without what pydantic wants to know of them."""
    if hasattr(annotation, "__metadata__"):
        return alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [found for member in get_args(annotation) for found in alternatives(member)]
    return [annotation]


def tables_by_kind(model: type[BaseModel], place: str = "") -> dict[str, dict[str, type[BaseModel]]]:
    """By dotted place, the tables that may stand there, by the ``kind`` which says which one it is."""
    found: dict[str, dict[str, type[BaseModel]]] = {}
    for name, field in model.model_fields.items():
        inner = models_in(field.annotation)
        if field.discriminator == "kind":
            found[place + name] = {table.model_fields["kind"].default: table for table in inner}
        for table in inner:
            found |= tables_by_kind(table, f"{place}{name}.")
    return found


def belonging(model: type[BaseModel], typed: Mapping[str, str]) -> set[str]:
    """The names among those typed that the tables have whose kinds were chosen."""
    gone = set()
    for place, tables in tables_by_kind(model).items():
        chosen = tables.get(typed.get(f"{place}.kind", ""))
        for name in typed if chosen is not None else ():
            inner = name.removeprefix(f"{place}.").partition(".")[0]
            if name.startswith(f"{place}.") and chosen is not None and inner not in chosen.model_fields:
                gone.add(name)
    return set(typed) - gone
