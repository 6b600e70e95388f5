"""What is found by its name: what the program's own rooms provide, and what installed packages bring.

A group is called as its entry points are. Nothing is imported before it is asked for by name, and packages
are looked through only for a name that the program itself does not have.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from jnn_studio.base.errors import StudioError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

KINDS = "jnn_studio.kinds"
"""Kinds of run: `training.kind.Kind`."""
MODELS = "jnn_studio.models"
"""Kinds of model: `models.model_kind.ModelKind`."""

T = TypeVar("T")
Places = Mapping[str, str]
"""``"module:attribute"`` by name."""

_PROVIDERS: dict[str, list[Callable[[], Places]]] = {}


class PluginError(StudioError):
    """What an installed package brings cannot be used; the message says which package, what, and why."""


def provide(group: str, places: Callable[[], Places]) -> None:
    """Let ``places()`` say what there is in ``group``; it is called whenever something is looked for."""
    _PROVIDERS.setdefault(group, []).append(places)


def modules_of(package: ModuleType, attribute: str) -> dict[str, str]:
    """A place in every module of ``package``; what ``my_kind`` holds is called ``my-kind``."""
    return {
        name.replace("_", "-"): f"{package.__name__}.{name}:{attribute}"
        for name in module_names(package.__path__)
    }


def module_names(paths: Iterable[str]) -> tuple[str, ...]:
    """Names of the modules and packages in folders, which are looked into once."""
    return _module_names(tuple(paths))


@cache
def _module_names(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(module.name for module in pkgutil.iter_modules(paths))


def names(group: str) -> tuple[str, ...]:
    """All names there are in ``group``, sorted."""
    return tuple(sorted({*_own(group), *_entry_points(group).names}))


def find(group: str, name: str, kind: type[T]) -> T:
    """What is called ``name`` in ``group``; the program's own comes before a package's.

    Raises:
        KeyError: there is none.
        PluginError: it is an installed package's, and cannot be loaded or is no ``kind``.
    """
    place = _own(group).get(name)
    if place is not None:
        module, _, attribute = place.partition(":")
        own: T = getattr(importlib.import_module(module), attribute)
        return own
    for entry in _entry_points(group).select(name=name):
        package = entry.dist.name if entry.dist is not None else entry.value
        where = f"the installed package {package!r} brings {name!r} ({group}: {entry.value}), which"
        try:
            found = entry.load()
        except Exception as error:  # it is somebody else's code: anything can happen
            reason = f"{type(error).__name__}: {error}"
            raise PluginError(f"{where} cannot be loaded: {reason}; update or uninstall it") from error
        if not isinstance(found, kind) or getattr(found, "name", name) != name:
            raise PluginError(f"{where} is no {kind.__name__} of that name; update or uninstall it")
        return found
    raise KeyError(name)


def _own(group: str) -> dict[str, str]:
    return {name: place for places in _PROVIDERS.get(group, ()) for name, place in places().items()}


def _entry_points(group: str) -> EntryPoints:
    return _installed(group, tuple(sys.path))


@lru_cache(maxsize=4)
def _installed(group: str, path: tuple[str, ...]) -> EntryPoints:
    """Of the packages on the path, which are looked through once: a page asks for names a dozen times."""
    from importlib.metadata import entry_points  # late: seldom needed, and slow to import

    return entry_points(group=group)
