"""The newest weights of a run, read from its folder at any moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import MemberInfo
from jnn_studio.training.folder.checkpoint import load_weights
from jnn_studio.training.folder.run_folder import RunFolder, RunFolderError, is_run
from jnn_studio.training.kind import run_members


@dataclass(frozen=True)
class RunWeights:
    """A run's configuration, and its models' weights as they were at ``step``.

    ``states``: what else the training of each member remembers, such as the η found so far.
    """

    config: RunConfig
    step: str
    members: tuple[tuple[MemberInfo, Mapping[str, Tensor]], ...]
    states: Mapping[str, Mapping[str, Tensor]]


def read_run_weights(
    path: Path, build: Callable[[RunConfig, MemberInfo, Mapping[str, Tensor]], object]
) -> RunWeights:
    """The weights of the newest checkpoint of the run in ``path``.

    ``build`` makes a network of a member's weights; it is tried on their shapes alone before they are read,
    and what it raises is raised.

    Raises:
        RunFolderError: there is no run, or it has no checkpoint yet.
        CheckpointError: its newest one cannot be read.
        ConfigError: its configuration cannot be read.
    """
    if not is_run(path):
        raise RunFolderError(f"{path} is a folder but holds no run: there is no config.toml in it")
    folder = RunFolder.open(path)
    config = folder.config()
    checkpoint = folder.latest_checkpoint()
    if checkpoint is None:
        raise RunFolderError(f"the run in {path} has no checkpoint yet; wait for its first one")
    known = {member.key: member for member in run_members(config)}
    # Never others than the newest without a word: what is damaged is an error here.
    step, weights, states = load_weights(
        checkpoint, list(known), lambda key, shapes: build(config, known[key], shapes)
    )
    return RunWeights(config, step, tuple((member, weights[key]) for key, member in known.items()), states)
