"""Kinds of run, found by name: a module that says ``KIND`` is all it takes to add one.

A kind called ``my-kind`` is ``jnn_studio/training/kinds/my_kind.py`` or, where a lab brings its own problem,
``jnn_studio/labs/my_kind/run.py``. Nothing here imports a lab before a run of its kind is read.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from torch import Tensor

from jnn_studio.data.opening import Report
from jnn_studio.training.events import MemberInfo

if TYPE_CHECKING:  # they read configurations, and configurations are read by kind
    from jnn_studio.models.weights import Model
    from jnn_studio.training.config import RunConfig
    from jnn_studio.training.experiment import Experiment

C = TypeVar("C", bound="RunConfig")


@dataclass(frozen=True)
class Preparation:
    """What a kind is given, beside its configuration, to prepare a run.

    ``report`` hears what is being done, how much is done and how much there is. ``check`` is to be called
    now and then in long work; it raises `LoadCancelled` when somebody asked the run to end. ``cancelled``
    says the same as a bool.
    """

    report: Report
    check: Callable[[], None]
    cancelled: Callable[[], bool]


def _no_facts(config: RunConfig, key: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Kind(Generic[C]):
    """One kind of run.

    Attributes:
        name: its ``kind`` in ``config.toml``.
        config: what ``config.toml`` holds.
        members: the models of a run, in the order they are shown; their keys name them in the run folder.
        prepare: from a configuration to an experiment; may raise `DataError`, `ValueError`, `OSError`.
        network: a member of this key with these tensors (not copied), ready to be explored; raises
            `RuntimeError` if they do not fit. None where the models have no latent to walk.
        facts: what to say of a member of this key beside its name, such as its η.
    """

    name: str
    config: type[C]
    members: Callable[[C], tuple[MemberInfo, ...]]
    prepare: Callable[[C, Preparation], Experiment]
    network: Callable[[C, str, Mapping[str, Tensor]], Model] | None = None
    facts: Callable[[C, str], Mapping[str, str]] = _no_facts


@cache
def _modules() -> Mapping[str, str]:
    """Modules that define a kind, by its name."""
    found = {}
    kinds = importlib.import_module("jnn_studio.training.kinds")
    for module in pkgutil.iter_modules(kinds.__path__):
        found[module.name.replace("_", "-")] = f"{kinds.__name__}.{module.name}"
    # By name, not by import: training is below the labs, and works without them.
    labs = importlib.import_module("jnn_studio.labs")
    for lab in pkgutil.iter_modules(labs.__path__):
        folders = [f"{path}/{lab.name}" for path in labs.__path__]
        if lab.ispkg and any(module.name == "run" for module in pkgutil.iter_modules(folders)):
            found[lab.name.replace("_", "-")] = f"{labs.__name__}.{lab.name}.run"
    return found


def kind_names() -> tuple[str, ...]:
    """Names of all kinds of run there are."""
    return tuple(sorted(_modules()))


def find_kind(name: str) -> Kind[Any]:
    """The kind called ``name``.

    Raises:
        KeyError: there is none.
    """
    kind: Kind[Any] = importlib.import_module(_modules()[name]).KIND
    return kind


def run_members(config: RunConfig) -> tuple[MemberInfo, ...]:
    """The models of a run, in the order they are shown."""
    return find_kind(config.kind).members(config)
