"""Weights as one ``.safetensors`` file whose metadata rebuilds the network. Nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from jnn_studio.base.atomic import replacing
from jnn_studio.models import autoencoder, beta_vae, denoiser
from jnn_studio.models.autoencoder import Autoencoder
from jnn_studio.models.beta_vae import BetaVAE
from jnn_studio.models.config import AutoencoderConfig, BetaVAEConfig, DenoiserConfig
from jnn_studio.models.denoiser import Denoiser

SCHEMA_VERSION = 1

Model = Autoencoder | BetaVAE
"""Any network of images with a latent."""

Network = Model | Denoiser
"""Any network whose weights are kept in files."""

_KINDS: Mapping[str, tuple[type[AutoencoderConfig | BetaVAEConfig | DenoiserConfig], str]] = {
    "autoencoder": (AutoencoderConfig, "an autoencoder"),
    "beta-vae": (BetaVAEConfig, "a β-VAE"),
    "denoiser": (DenoiserConfig, "a denoiser"),
}
"""What describes each kind of network in its file, and what people call it."""


class WeightsError(Exception):
    """A weights file that cannot be used; the message says which file, why, and what to do."""


N = TypeVar("N", bound=Network, covariant=True)


@dataclass(frozen=True)
class Loaded(Generic[N]):
    """A network with what its file says of it."""

    model: N
    name: str
    info: Mapping[str, str]
    """Free-form facts such as η and the training step."""


LoadedModel = Loaded[Model]
LoadedDenoiser = Loaded[Denoiser]


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a ``.safetensors`` file, atomically, with no second copy of the tensors in memory.

    Raises:
        OSError: the folder cannot be written or the disk is full; ``path`` is then as it was.
    """
    host = {name: value.detach().to("cpu").contiguous() for name, value in tensors.items()}
    with replacing(path) as temporary:
        try:
            save_file(host, temporary, dict(metadata))
        except SafetensorError as error:
            raise OSError(f"{path}: {error}") from error


def save_model(
    path: Path, model: Network, name: str, info: Mapping[str, str] | None = None, half: bool = False
) -> None:
    """Write ``model`` to ``path``, atomically; ``half`` stores float16 (loading gives float32 again).

    Whole numbers, such as how many batches a normalisation has seen, stay whole.
    """
    dtype = torch.float16 if half else torch.float32
    tensors = {name: _to(value, dtype) for name, value in model.state_dict().items()}
    metadata = {
        "schema_version": str(SCHEMA_VERSION),
        "config": model.config.model_dump_json(),
        "name": name,
        "info": json.dumps(dict(info or {})),
    }
    write_tensors(path, tensors, metadata)


def load_model(path: Path) -> LoadedModel:
    """Read a network with a latent written by `save_model`, in evaluation mode, float32, on the CPU.

    Raises:
        WeightsError: the file is missing, damaged, from a newer version, or of another kind.
    """
    loaded = _load(path)
    if isinstance(loaded.model, Denoiser):
        raise WeightsError(f"{path} is a denoiser, which has no latent to walk; open it in Denoise")
    return Loaded(loaded.model, loaded.name, loaded.info)


def load_denoiser(path: Path) -> LoadedDenoiser:
    """Read a denoiser written by `save_model`; as `load_model` otherwise."""
    loaded = _load(path)
    if not isinstance(loaded.model, Denoiser):
        kind = _KINDS[loaded.model.config.kind][1]
        raise WeightsError(f"{path} is {kind}, not a denoiser; open it in Explore")
    return Loaded(loaded.model, loaded.name, loaded.info)


def _load(path: Path) -> Loaded[Network]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if "config" not in metadata:
                raise WeightsError(f"{path} holds tensors but no JNN Studio model; open a file saved by it")
            version = int(metadata.get("schema_version", "0"))
            if version > SCHEMA_VERSION:
                raise WeightsError(
                    f"{path} was written by a newer JNN Studio (format {version}, this one reads up to "
                    f"{SCHEMA_VERSION}); update the program"
                )
            config = _config(metadata["config"])
            info = _info(metadata.get("info", "{}"))
            # Copied: a view of the file would die with it, and the process too, if it is written over.
            state = {key: _to(file.get_tensor(key), torch.float32, copy=True) for key in file.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise WeightsError(f"there is no weights file at {path}") from error
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path} is not a readable .safetensors file ({error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        setting = ".".join(str(part) for part in first["loc"]) or "config"
        reason = f"{setting}: {first['msg']}"
        raise WeightsError(f"{path} describes no network this version knows: {reason}") from error
    except ValueError as error:
        raise WeightsError(f"{path} describes no network this version knows: {error}") from error
    try:
        model = _from_tensors(config, state)
    except RuntimeError as error:
        raise WeightsError(f"{path} does not match its own description: {error}") from error
    return Loaded(model, metadata.get("name", path.stem), info)


def fingerprint(model: nn.Module) -> str:
    """SHA-256 over names, shapes and values of all weights: alike only for models that compute the same."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        host = value.detach().to("cpu").contiguous()
        digest.update(f"{name} {host.dtype} {tuple(host.shape)}\n".encode())
        digest.update(host.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _config(text: str) -> AutoencoderConfig | BetaVAEConfig | DenoiserConfig:
    data = json.loads(text)
    # The first files were all of one kind; some do not say it.
    kind = str(data.get("kind", "autoencoder")) if isinstance(data, dict) else ""
    if kind not in _KINDS:
        raise ValueError(f"its kind is {kind!r}, not one of {', '.join(map(repr, _KINDS))}")
    return _KINDS[kind][0].model_validate(data)


def _from_tensors(
    config: AutoencoderConfig | BetaVAEConfig | DenoiserConfig, tensors: Mapping[str, Tensor]
) -> Network:
    match config:
        case BetaVAEConfig():
            return beta_vae.from_tensors(config, tensors)
        case DenoiserConfig():
            return denoiser.from_tensors(config, tensors)
    return autoencoder.from_tensors(config, tensors)


def _to(value: Tensor, dtype: torch.dtype, copy: bool = False) -> Tensor:
    return value.to(dtype if value.is_floating_point() else value.dtype, copy=copy)


def _info(text: str) -> dict[str, str]:
    info = json.loads(text)
    if not isinstance(info, dict):
        raise ValueError("its info is not a table")
    return {str(key): str(value) for key, value in info.items()}
