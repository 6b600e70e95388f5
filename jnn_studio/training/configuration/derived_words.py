"""Words for every kind of run: its own, and what its configuration itself says where it has none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from jnn_studio.base.setting_words import Setting, SettingGroup, alternatives, tables_by_kind
from jnn_studio.base.settings import models_in
from jnn_studio.base.text import capitalised, counted
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.common_settings import COMMON
from jnn_studio.training.kind import find_kind
from jnn_studio.training.words import RunWords

_LAST = ("schedule", "optimiser", "logging")
"""What every run has comes after what only this one has."""
_FOLDED = ("optimiser", "logging")
_TITLES = {"schedule": "Training"}


def words_for(config: RunConfig) -> RunWords:
    """The words of a run's kind."""
    words = find_kind(config.kind).words or RunWords()
    return words if words.groups else replace(words, groups=derived_groups(config))


def derived_groups(config: RunConfig) -> tuple[SettingGroup, ...]:
    """Every setting of a configuration: one group a table, with what the fields say of themselves.

    Which tables a union stands for is read from this configuration, unless a ``kind`` chooses among them.
    """
    by_kind = set(tables_by_kind(type(config)))
    plain: list[Setting] = []
    groups: list[SettingGroup] = []
    for name, field in type(config).model_fields.items():
        settings = tuple(_settings(name, field, getattr(config, name), by_kind))
        if models_in(field.annotation):
            title = field.title or _TITLES.get(name, _words(name))
            groups.append(SettingGroup(name, title, settings, name in _FOLDED))
        else:
            plain += settings
    groups.sort(key=lambda group: _LAST.index(group.key) if group.key in _LAST else -1)
    return (SettingGroup("run", "", tuple(plain)), *(group for group in groups if group.settings))


def _settings(name: str, field: FieldInfo, value: Any, by_kind: set[str]) -> Iterator[Setting]:
    """The settings at ``name``: of all tables that can be chosen, else of the one that stands there."""
    if name == "schema_version":
        return
    if isinstance(value, BaseModel):
        tables = models_in(field.annotation) if name in by_kind else [type(value)]
        if name in by_kind:
            yield _chooser(f"{name}.kind", tables)
        seen: set[str] = set()
        for table in tables:
            for inner, part in table.model_fields.items():
                if inner not in seen and not (name in by_kind and inner == "kind"):
                    seen.add(inner)
                    begin = getattr(value, inner, None if part.is_required() else part.get_default())
                    yield from _settings(f"{name}.{inner}", part, begin, by_kind)
        return
    setting = _setting(name, field)
    if setting is not None:
        yield setting


def _setting(name: str, field: FieldInfo) -> Setting | None:
    """None where there is nothing to choose, or what no single line can hold."""
    kinds = [kind for kind in alternatives(field.annotation) if kind is not type(None)]
    optional = len(kinds) < len(alternatives(field.annotation))
    values = [str(value) for kind in kinds if get_origin(kind) is Literal for value in get_args(kind)]
    if len(values) == len(kinds) == 1 and not optional:
        return None
    known = COMMON.get(name)
    if known is not None and {value for value, _ in known.choices} <= set(values):
        return known
    label = field.title or _words(name.rpartition(".")[2])
    if bool in kinds:
        return Setting(name, label, choices=(("True", "Yes"), ("False", "No")))
    if values and all(get_origin(kind) is Literal for kind in kinds):
        nothing = (("", "None"),) if optional else ()
        return Setting(name, label, choices=(*nothing, *((value, _words(value)) for value in values)))
    if values:
        return Setting(name, label, suggestions=tuple(values))
    if any(get_origin(kind) in (tuple, list) for kind in kinds):
        return _series(name, label, next(k for k in kinds if get_origin(k) in (tuple, list)))
    numeric = not optional and all(kind in (int, float) for kind in kinds)
    single = all(isinstance(kind, type) and not issubclass(kind, dict | BaseModel) for kind in kinds)
    return Setting(name, label, text=not numeric) if single else None


def _series(name: str, label: str, annotation: Any) -> Setting | None:
    """Values with commas between them; None if they are more than words or numbers."""
    members = [member for member in get_args(annotation) if member is not Ellipsis]
    for member in members:
        for kind in alternatives(member):
            if get_origin(kind) is not Literal and kind not in (int, float, str):
                return None
    fixed = get_origin(annotation) is tuple and Ellipsis not in get_args(annotation)
    wrong = f"Enter {counted(len(members), 'value')} with commas between them." if fixed else ""
    return Setting(name, label, text=True, wrong=wrong)


def _chooser(name: str, tables: list[type[BaseModel]]) -> Setting:
    """Which table stands at a place."""
    kinds = [str(table.model_fields["kind"].default) for table in tables]
    known = COMMON.get(name)
    if known is not None and [value for value, _ in known.choices] == kinds:
        return known
    place = _words(name.split(".")[-2])
    choices = tuple((kind, _words(kind)) for kind in kinds)
    return Setting(name, place, choices=choices, about=f"{place}: which kind it is of.")


def _words(name: str) -> str:
    """``"learning_rate"`` as ``"Learning rate"``."""
    return capitalised(name.replace("_", " ").replace("-", " "))
