"""Everything a run needs to go on as if it had not been interrupted, as one file of tensors.

The file carries SHA-256 sums: one of its header, and one of the tensors of each part, such as a member's
model. They are taken when it is written and compared when it is read; files written before have none.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from jnn_studio.base.errors import StudioError
from jnn_studio.base.reading import MalformedError, parse_json
from jnn_studio.base.system_errors import advice_for, reason_of
from jnn_studio.models.tensor_file import TensorFile, TensorFileError, checksum, open_tensors
from jnn_studio.models.weights import CHECKSUM, write_tensors

SCHEMA_VERSION = 1
AVERAGE = "average/"
"""What the names in a member's state begin with that are of its averaged weights."""
_MODULE = f"{AVERAGE}module."
_HEADER = ""
"""What the header is called among the parts that have a sum."""
_MOST_PENDING = 10**8

Shape = tuple[int, ...]


class CheckpointError(StudioError):
    """A checkpoint that cannot be read; the message says which and why."""


class DamagedCheckpointError(CheckpointError):
    """It is not as it was written; the one before it may be."""


@dataclass(frozen=True)
class Trained:
    """What a checkpoint keeps of a member: model, optimiser, and what else its training remembers."""

    model: nn.Module
    optimiser: torch.optim.Optimizer
    state: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class RunProgress:
    """Where a run is: steps taken, seconds of training, and the terms of the block not yet logged.

    ``logged``: bytes that were in each of the run's logs, by their names.
    """

    step: int
    elapsed: float
    pending: Mapping[str, Tensor]
    logged: Mapping[str, int] = field(default_factory=dict)


def save_checkpoint(path: Path, members: Mapping[str, Trained], progress: RunProgress) -> None:
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
        for name, value in member.state.items():
            tensors[f"{key}/state/{name}"] = value
        if key in progress.pending:
            tensors[f"{key}/pending"] = progress.pending[key]
    tensors = {name: value.detach().to("cpu").contiguous() for name, value in tensors.items()}
    metadata = {
        "schema_version": str(SCHEMA_VERSION),
        "step": str(progress.step),
        "elapsed": repr(progress.elapsed),
        "members": json.dumps(sorted(members)),
        "logged": json.dumps(dict(progress.logged)),
    }
    sums = {part: checksum(_of(part, tensors)) for part in _parts(tensors)}
    sums[_HEADER] = _header_sum(metadata, {name: tuple(value.shape) for name, value in tensors.items()})
    write_tensors(path, tensors, metadata | {CHECKSUM: json.dumps(sums)}, through_links=False)


def load_checkpoint(path: Path, members: Mapping[str, Trained]) -> RunProgress:
    """Put the state in ``path`` into ``members`` and say where the run was.

    Raises:
        DamagedCheckpointError: the file is not as it was written; ``members`` are as they were.
        CheckpointError: it is missing, newer than this program, or of another run.
    """
    try:
        with open_tensors(path) as file:
            header = _Header(path, file)
            if parse_json(file.metadata["members"]) != sorted(members):
                raise header.error(
                    f"{path} holds the models {file.metadata['members']}, not {sorted(members)}"
                )
            step, elapsed = int(parse_json(file.metadata["step"])), float(file.metadata["elapsed"])
            if step < 0 or not math.isfinite(elapsed):
                raise MalformedError(f"it is of step {step} after {elapsed} seconds")
            logged = {
                str(name): int(size) for name, size in _table(file.metadata.get("logged", "{}")).items()
            }
            if misfit := _misfit(file, members):
                raise header.error(f"{path} does not fit the run's configuration: {misfit}")
            tensors = header.read(_parts(file.layout))
    except (TensorFileError, KeyError, ValueError, TypeError, OverflowError) as error:
        raise _damaged(path, error) from error
    except OSError as error:
        raise _refused(path, error) from error
    pending = {}
    try:
        for key, member in members.items():
            member.model.load_state_dict(_under(tensors, f"{key}/model/"))
            _load_optimiser(member.optimiser, _under(tensors, f"{key}/optimiser/"))
            for name, value in member.state.items():
                value.copy_(tensors[f"{key}/state/{name}"])
            if f"{key}/pending" in tensors:
                pending[key] = tensors[f"{key}/pending"]
    except (RuntimeError, ValueError) as error:
        raise CheckpointError(f"{path} does not fit the run's configuration: {error}") from error
    return RunProgress(step, elapsed, pending, logged)


def load_weights(
    path: Path, members: Sequence[str], fit: Callable[[str, Mapping[str, Tensor]], object]
) -> tuple[str, dict[str, dict[str, Tensor]], dict[str, dict[str, Tensor]]]:
    """The step of the checkpoint at ``path``, and the weights and states of these ``members``.

    Where weights were averaged, their average is what is given.

    ``fit`` is given each of them, and tensors of its weights' names and shapes without numbers, before any
    are read; what it raises is raised.

    Raises:
        DamagedCheckpointError, CheckpointError: as `load_checkpoint`.
    """
    try:
        with open_tensors(path) as file:
            header, described = _Header(path, file), file.described()
            for key in members:
                fit(key, _under(described, f"{key}/model/"))
            remembered = {f"{key}/state" for key in members} & set(_parts(file.layout))
            tensors = header.read([*(f"{key}/model" for key in members), *sorted(remembered)])
            step = file.metadata.get("step", "")
    except (TensorFileError, KeyError, ValueError, TypeError, OverflowError) as error:
        raise _damaged(path, error) from error
    except OSError as error:
        raise _refused(path, error) from error
    weights, states = (
        {key: _under(tensors, f"{key}/{part}/") for key in members} for part in ("model", "state")
    )
    for key in members:
        weights[key] = _under(states[key], _MODULE) or weights[key]
        states[key] = {name: value for name, value in states[key].items() if not name.startswith(AVERAGE)}
    return step, weights, states


class _Header:
    """What a checkpoint says of itself, and whether that is what was written.

    Raises:
        CheckpointError: this program does not read its format.
        ValueError: it has none.
    """

    def __init__(self, path: Path, file: TensorFile) -> None:
        self._file = file
        self._sums: Mapping[str, Any] | None = None
        self._sound = True
        if CHECKSUM in file.metadata:
            told = {key: value for key, value in file.metadata.items() if key != CHECKSUM}
            expected = _header_sum(told, {name: shape for name, (_, shape) in file.layout.items()})
            self._sums = _table(file.metadata[CHECKSUM])
            self._sound = self._sums.get(_HEADER) == expected
        version = int(parse_json(file.metadata.get("schema_version", "0")))
        if not 1 <= version <= SCHEMA_VERSION:
            raise self.error(
                f"{path} has checkpoint format {version}, this program reads 1 to {SCHEMA_VERSION}; "
                "go on with the JNN Studio that wrote it, or a newer one"
            )

    def error(self, message: str) -> CheckpointError:
        """What to raise for something the header says: it may be damage that says it."""
        return CheckpointError(message) if self._sound else DamagedCheckpointError(message)

    def read(self, parts: Iterable[str]) -> dict[str, Tensor]:
        """The tensors of these parts, if all of it is what was written, as far as that is known."""
        if not self._sound:
            raise MalformedError("its header is not the one that was written")
        tensors: dict[str, Tensor] = {}
        for part in parts:
            found = {name: self._file.read(name) for name in self._file.layout if _part(name) == part}
            if self._sums is not None and self._sums.get(part) != checksum(found):
                raise MalformedError(f"the numbers of {part} are not those that were written")
            tensors |= found
        return tensors


def _misfit(file: TensorFile, members: Mapping[str, Trained]) -> str:
    """Why the tensors cannot be those of ``members``, by their names and shapes alone, or ""."""
    left = {name: shape for name, (_, shape) in file.layout.items()}
    for key, member in members.items():
        for part, values in (("model", member.model.state_dict()), ("state", member.state)):
            for name, value in values.items():
                shape = left.pop(f"{key}/{part}/{name}", None)
                if shape != tuple(value.shape):
                    found = "missing" if shape is None else shape
                    return f"{key}/{part}/{name} is {found}, not {tuple(value.shape)}"
        parameters = [value for group in member.optimiser.param_groups for value in group["params"]]
        for name in _under(left, f"{key}/optimiser/"):
            shape = left.pop(f"{key}/optimiser/{name}")
            index = name.partition("/")[0]
            if not index.isdecimal() or int(index) >= len(parameters):
                return f"there is no parameter for {key}/optimiser/{name}"
            if shape not in ((), (1,), tuple(parameters[int(index)].shape)):
                return f"{key}/optimiser/{name} is {shape}, not {tuple(parameters[int(index)].shape)}"
        rows = left.pop(f"{key}/pending", (0, 0))
        if len(rows) != 2 or rows[0] * rows[1] > _MOST_PENDING:
            return f"{key}/pending is {rows}"
    return f"{next(iter(left))} belongs to none of its models" if left else ""


def _damaged(path: Path, error: Exception) -> DamagedCheckpointError:
    reason = f"it does not say its {error}" if isinstance(error, KeyError) else error
    return DamagedCheckpointError(
        f"cannot read the checkpoint {path}: {reason}. Remove that file to go on from the one before it."
    )


def _refused(path: Path, error: OSError) -> CheckpointError:
    return CheckpointError(
        f"cannot read the checkpoint {path}: {reason_of(error)}. {advice_for(error)}, then resume."
    )


def _header_sum(metadata: Mapping[str, str], shapes: Mapping[str, Shape]) -> str:
    told = [sorted(metadata.items()), sorted((name, list(shape)) for name, shape in shapes.items())]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _table(text: str) -> dict[str, Any]:
    table = parse_json(text)
    if not isinstance(table, dict):
        raise MalformedError("its header is not the one that was written")
    return table


def _part(name: str) -> str:
    """What of the run a tensor belongs to: ``"regularised/optimiser"``."""
    return "/".join(name.split("/")[:2])


def _parts(names: Iterable[str]) -> list[str]:
    return sorted({_part(name) for name in names})


def _of(part: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in tensors.items() if _part(name) == part}


def _under(tensors: Mapping[str, Any], prefix: str) -> dict[str, Any]:
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
