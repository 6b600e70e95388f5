"""The newest weights of a run, read from its folder at any moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from jnn_studio.training.checkpoint import CheckpointError
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import MemberInfo
from jnn_studio.training.kind import run_members
from jnn_studio.training.run_folder import RunFolder, RunFolderError, is_run


@dataclass(frozen=True)
class RunWeights:
    """A run's configuration, and its models' weights as they were at ``step``."""

    config: RunConfig
    step: str
    members: tuple[tuple[MemberInfo, Mapping[str, Tensor]], ...]


def read_run_weights(path: Path) -> RunWeights:
    """The weights of the newest checkpoint of the run in ``path``.

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
    members = []
    try:
        with safe_open(checkpoint, framework="pt") as file:
            step = (file.metadata() or {}).get("step", "")
            for member in run_members(config):
                prefix = f"{member.key}/model/"
                names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
                # Copied: the file is deleted, or written over, while its weights are used.
                tensors = {name.removeprefix(prefix): file.get_tensor(name).clone() for name in names}
                members.append((member, tensors))
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"cannot read the checkpoint {checkpoint}: {error}") from error
    return RunWeights(config, step, tuple(members))
