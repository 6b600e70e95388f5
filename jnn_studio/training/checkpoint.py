"""Everything a run needs to go on as if it had not been interrupted, as one file of tensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from jnn_studio.base.errors import StudioError
from jnn_studio.models.weights import write_tensors

SCHEMA_VERSION = 1


class CheckpointError(StudioError):
    """A checkpoint that cannot be read; the message says which and why."""


@dataclass(frozen=True)
class Trained:
    """A model with its optimiser: what a checkpoint keeps of each member of a run."""

    model: nn.Module
    optimiser: torch.optim.Optimizer


@dataclass(frozen=True)
class Progress:
    """Where a run is: steps taken, seconds of training, and the terms of the block not yet logged."""

    step: int
    elapsed: float
    pending: Mapping[str, Tensor]


def save_checkpoint(path: Path, members: Mapping[str, Trained], progress: Progress) -> None:
    """Write weights, optimiser state and progress to ``path``, atomically.

    Randomness needs no state here: batches and noise are functions of the seed and the step.
    """
    tensors: dict[str, Tensor] = {}
    for key, member in members.items():
        for name, value in member.model.state_dict().items():
            tensors[f"{key}/model/{name}"] = value
        for index, state in member.optimiser.state_dict()["state"].items():
            for name, value in state.items():
                tensors[f"{key}/optimiser/{index}/{name}"] = value
        if key in progress.pending:
            tensors[f"{key}/pending"] = progress.pending[key]
    metadata = {
        "schema_version": str(SCHEMA_VERSION),
        "step": str(progress.step),
        "elapsed": repr(progress.elapsed),
        "members": json.dumps(sorted(members)),
    }
    write_tensors(path, tensors, metadata)


def load_checkpoint(path: Path, members: Mapping[str, Trained]) -> Progress:
    """Put the state in ``path`` into ``members`` and say where the run was.

    Raises:
        CheckpointError: the file is missing, damaged, newer than this program, or of another run.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            version = int(metadata.get("schema_version", "0"))
            if not 1 <= version <= SCHEMA_VERSION:
                raise CheckpointError(
                    f"{path} has checkpoint format {version}, this program reads 1 to {SCHEMA_VERSION}; "
                    "go on with the JNN Studio that wrote it, or a newer one"
                )
            if json.loads(metadata["members"]) != sorted(members):
                raise CheckpointError(f"{path} holds the models {metadata['members']}, not {sorted(members)}")
            # Copied: a view would keep the file in use, which is soon to be deleted.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
            step, elapsed = int(metadata["step"]), float(metadata["elapsed"])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise CheckpointError(
            f"cannot read the checkpoint {path}: {error}. Remove that file to go on from the one before it."
        ) from error
    pending = {}
    try:
        for key, member in members.items():
            member.model.load_state_dict(_under(tensors, f"{key}/model/"))
            _load_optimiser(member.optimiser, _under(tensors, f"{key}/optimiser/"))
            if f"{key}/pending" in tensors:
                pending[key] = tensors[f"{key}/pending"]
    except (RuntimeError, ValueError) as error:
        raise CheckpointError(f"{path} does not fit the run's configuration: {error}") from error
    return Progress(step, elapsed, pending)


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _load_optimiser(optimiser: torch.optim.Optimizer, flat: Mapping[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in flat.items():
        index, key = name.split("/")
        state.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    for parameter, values in optimiser.state.items():
        for key, value in values.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                # Fused optimisers go through memory in order: a moment must lie as its parameter does.
                values[key] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
