"""Kinds of run, found by name: a module that says ``KIND`` is all it takes to add one.

A kind called ``my-kind`` is ``jnn_studio/training/kinds/my_kind.py`` or, where a lab brings its own problem,
``jnn_studio/labs/my_kind/run.py``; an installed package brings one by an entry point of the group
``jnn_studio.kinds``. Nothing here knows of any: ``jnn_studio/__init__.py``, above all rooms, tells where they
are, and none is imported before a run of its kind is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from torch import Tensor

from jnn_studio.base import plugins
from jnn_studio.base.watch import Watch
from jnn_studio.data.config import in_words
from jnn_studio.models.latent_model import LatentModel
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import Arrays, MemberInfo
from jnn_studio.training.experiment import Experiment
from jnn_studio.training.words import ETA, RunWords

C = TypeVar("C", bound=RunConfig)


def _any_arrays(config: RunConfig, arrays: Arrays) -> str:
    return ""


def _no_facts(config: RunConfig, key: str) -> Mapping[str, str]:
    return {}


def _images(config: RunConfig) -> str:
    data = getattr(config, "data", None)
    return in_words(data) if data is not None else ""


def _no_halves(config: RunConfig) -> None:
    return None


def _nothing_found(config: RunConfig, key: str, state: Mapping[str, Any]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class RunKind(Generic[C]):
    """One kind of run.

    Attributes:
        name: its ``kind`` in ``config.toml``.
        config: what ``config.toml`` holds.
        members: the models of a run, in the order they are shown; their keys name them in the run folder.
        prepare: from a configuration to an experiment; may raise `StudioError`, `ValueError`, `OSError`. The
            watch hears what is done, and asks for it to be given up when the run is to end.
        network: a member of this key with these tensors (not copied), ready to be explored; raises
            `RuntimeError` if they do not fit. None where the models have no latent to walk.
        facts: what to say of a member of this key beside its name, such as its η.
        found: which of them training has found itself, given the `Member.state` of a member of this key:
            names to numbers, as tensors or arrays.
        halves: of a run of two models that do not need each other, the same as two runs of one each; the
            first is that of the model which others are compared with. None where there is nothing to part.
        misfit: why arrays read from a folder cannot be those of such a run, or "".
        material: what a run learns from, in a few words.
        words: for a window; where there are none it makes do with what the configuration says of itself.
        presets: a folder of further ``*.toml`` to begin with, beside those that ship with the program.
        trainable: this program can train such a run; others it only shows.
    """

    name: str
    config: type[C]
    members: Callable[[C], tuple[MemberInfo, ...]]
    prepare: Callable[[C, Watch], Experiment]
    network: Callable[[C, str, Mapping[str, Tensor]], LatentModel] | None = None
    facts: Callable[[C, str], Mapping[str, str]] = _no_facts
    found: Callable[[C, str, Mapping[str, Any]], Mapping[str, str]] = _nothing_found
    halves: Callable[[C], tuple[C, C] | None] = _no_halves
    misfit: Callable[[C, Arrays], str] = _any_arrays
    material: Callable[[C], str] = _images
    words: RunWords | None = None
    presets: Path | None = None
    trainable: bool = True

    def eta_symbol(self, config: C, key: str) -> str:
        """A member's η as its facts have it where that is no number, such as "σ²"; else ""."""
        said = self.facts(config, key).get(ETA, "")
        try:
            float(said)
        except ValueError:
            return said
        return ""


def kind_names() -> tuple[str, ...]:
    """Names of all kinds of run there are."""
    return plugins.names(plugins.KINDS)


def find_kind(name: str) -> RunKind[Any]:
    """The kind called ``name``.

    Raises:
        KeyError: there is none.
        PluginError: it is an installed package's, and cannot be loaded.
    """
    return plugins.find(plugins.KINDS, name, RunKind)


def run_members(config: RunConfig) -> tuple[MemberInfo, ...]:
    """The models of a run, in the order they are shown."""
    return find_kind(config.kind).members(config)
