"""Weights as one ``.safetensors`` file whose metadata rebuilds the network. Nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from jnn_studio.base import embedded_pictures
from jnn_studio.base.atomic import replacing
from jnn_studio.base.errors import StudioError
from jnn_studio.base.plugins import PluginError
from jnn_studio.base.reading import parse_json
from jnn_studio.base.system_errors import reason_of
from jnn_studio.base.text import printable
from jnn_studio.models.classifier import Classifier
from jnn_studio.models.config import ModelConfig
from jnn_studio.models.denoising_model import DenoisingModel, denoises
from jnn_studio.models.latent_model import LatentModel, has_latent
from jnn_studio.models.model_kind import ModelKind, find_model_kind, model_kind_names
from jnn_studio.models.tensor_file import TensorFileError, checksum, open_tensors

SCHEMA_VERSION = 1
PORTABLE = embedded_pictures.ENDING
"""The ending of a file that holds what its network computes as well."""
SUFFIXES = (".safetensors", PORTABLE)
CHECKSUM = "sha256"
"""Of the tensors, in a file's metadata; files written before have none."""
CONFIG_CHECKSUM = "config_sha256"
"""Of the text that describes the network; files written before have none."""


class Weighted(Protocol):
    """Anything with weights, such as a module."""

    def state_dict(self) -> Mapping[str, Any]:
        """The weights by name."""


@runtime_checkable
class Network(Weighted, Protocol):
    """Any network whose weights are kept in files."""

    @property
    def config(self) -> ModelConfig:
        """What rebuilds it."""


class WeightsError(StudioError):
    """A weights file that cannot be used; the message says which file, why, and what to do."""


N = TypeVar("N", covariant=True)


@dataclass(frozen=True)
class Loaded(Generic[N]):
    """A network with what its file says of it."""

    model: N
    name: str
    info: Mapping[str, str]
    """Free-form facts such as η and the training step."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", printable(self.name))  # a file may call itself anything


LoadedModel = Loaded[LatentModel]
LoadedDenoiser = Loaded[DenoisingModel]
LoadedClassifier = Loaded[Classifier]


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str], through_links: bool = True
) -> None:
    """Write a ``.safetensors`` file, as `replacing`, with no second copy of the tensors in memory.

    Raises:
        OSError: the folder cannot be written or the disk is full; ``path`` is then as it was.
    """
    host = {name: value.detach().to("cpu").contiguous() for name, value in tensors.items()}
    with replacing(path, through_links) as temporary:
        try:
            save_file(host, temporary, dict(metadata))
        except SafetensorError as error:
            # It only says in words which of the system's errors it met.
            number = re.search(r"os error (\d+)", str(error))
            if number:
                raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from error
            raise OSError(f"{path}: {error}") from error


def save_model(
    path: Path,
    model: Network,
    name: str,
    info: Mapping[str, str] | None = None,
    half: bool = False,
    pictures: Sequence[bytes] = (),
) -> None:
    """Write ``model`` to ``path``, atomically; ``half`` stores float16 (loading gives float32 again).

    Whole numbers, such as how many batches a normalisation has seen, stay whole. ``pictures`` are PNGs that
    go with a portable model.
    """
    dtype = torch.float16 if half else torch.float32
    tensors = {name: _to(value, dtype) for name, value in model.state_dict().items()}
    config = model.config.model_dump_json()
    metadata = {
        "schema_version": str(SCHEMA_VERSION),
        "config": config,
        "name": name,
        "info": json.dumps(dict(info or {})),
        CHECKSUM: checksum(tensors),
        CONFIG_CHECKSUM: _digest(config),
    }
    if pictures:
        metadata[embedded_pictures.KEY] = embedded_pictures.written(pictures)
    write_tensors(path, tensors, metadata)


def load_model(path: Path) -> LoadedModel:
    """Read a network with a latent written by `save_model`, in evaluation mode, float32, on the CPU.

    Raises:
        WeightsError: the file is missing, damaged, from a newer version, or of another kind.
    """
    loaded, words = _load(path)
    if not has_latent(loaded.model):
        remedy = "; open it in Denoise" if denoises(loaded.model) else ""
        raise WeightsError(f"{path} is {words}, which has no latent to walk{remedy}")
    return loaded


def load_denoiser(path: Path) -> LoadedDenoiser:
    """Read a denoiser written by `save_model`; as `load_model` otherwise."""
    loaded, words = _load(path)
    if not denoises(loaded.model):
        remedy = "; open it in Explore" if has_latent(loaded.model) else ""
        raise WeightsError(f"{path} is {words}, not a denoiser{remedy}")
    return loaded


def load_classifier(path: Path) -> LoadedClassifier:
    """Read a classifier written by `save_model`; as `load_model` otherwise."""
    loaded, words = _load(path)
    if not isinstance(loaded.model, Classifier):
        raise WeightsError(f"{path} is {words}, not a classifier; give weights that the robustness lab wrote")
    return loaded


def _load(path: Path) -> tuple[Loaded[Any], str]:
    """What a file holds, and what people call it."""
    try:
        with open_tensors(path) as file:
            metadata = file.metadata
            if "config" not in metadata:
                raise WeightsError(f"{path} holds tensors but no JNN Studio model; open a file saved by it")
            version = parse_json(metadata.get("schema_version", "0"))
            if not isinstance(version, int):
                raise ValueError("its format is no number")
            if version > SCHEMA_VERSION:
                raise WeightsError(
                    f"{path} was written by a newer JNN Studio (format {version}, this one reads up to "
                    f"{SCHEMA_VERSION}); update the program"
                )
            kind, config = _described(metadata["config"])
            info = _info(metadata.get("info", "{}"))
            # Names and shapes before numbers: a file of a few bytes can say that gigabytes are in it.
            _fitting(path, kind, config, file.described())
            if metadata.get(CONFIG_CHECKSUM, _digest(metadata["config"])) != _digest(metadata["config"]):
                raise WeightsError(
                    f"{path} is damaged: it describes another network than was written. Copy it again"
                )
            stored = {name: file.read(name) for name in file.layout}
            if CHECKSUM in metadata and checksum(stored) != metadata[CHECKSUM]:
                raise WeightsError(
                    f"{path} is damaged: its weights are not those that were written. Copy it again"
                )
            state = {name: _to(value, torch.float32) for name, value in stored.items()}
    except FileNotFoundError as error:
        raise WeightsError(f"there is no weights file at {path}") from error
    except (TensorFileError, OSError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else error
        raise WeightsError(f"{path} is not a readable .safetensors file ({reason})") from error
    except ValidationError as error:
        first = error.errors()[0]
        setting = ".".join(str(part) for part in first["loc"]) or "config"
        reason = f"{setting}: {first['msg']}"
        raise WeightsError(f"{path} describes no network this version knows: {reason}") from error
    except ValueError as error:
        raise WeightsError(f"{path} describes no network this version knows: {error}") from error
    except PluginError as error:
        raise WeightsError(f"{path} cannot be opened: {error}") from error
    model = _fitting(path, kind, config, state)
    return Loaded(model, metadata.get("name", path.stem), info), kind.words


def fingerprint(model: Weighted) -> str:
    """SHA-256 over names, shapes and values of all weights: alike only for models that compute the same."""
    return checksum(model.state_dict())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _fitting(
    path: Path, kind: ModelKind[Any, Any], config: ModelConfig, tensors: Mapping[str, Tensor]
) -> Any:
    try:
        return kind.from_tensors(config, tensors)
    except RuntimeError as error:
        raise WeightsError(f"{path} does not match its own description: {error}") from error


def _described(text: str) -> tuple[ModelKind[Any, Any], ModelConfig]:
    data = parse_json(text)
    # The first files were all of one kind; some do not say it.
    name = str(data.get("kind", "autoencoder")) if isinstance(data, dict) else ""
    try:
        kind = find_model_kind(name)
    except KeyError:
        known = ", ".join(map(repr, model_kind_names()))
        raise ValueError(f"its kind is {name!r}, not one of {known}") from None
    return kind, kind.config.model_validate(data)


def _to(value: Tensor, dtype: torch.dtype, copy: bool = False) -> Tensor:
    return value.to(dtype if value.is_floating_point() else value.dtype, copy=copy)


def _info(text: str) -> dict[str, str]:
    info = parse_json(text)
    if not isinstance(info, dict):
        raise ValueError("its info is not a table")
    return {str(key): str(value) for key, value in info.items()}
