"""Kinds of model, found by name: a module of this room that says ``MODEL`` is all it takes to add one.

An installed package brings one by an entry point of the group ``jnn_studio.models``. A file only ever names a
kind; what it names is looked for among these.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from jnn_studio import models
from jnn_studio.base import plugins
from jnn_studio.models.config import ModelConfig

C = TypeVar("C", bound=ModelConfig)
M = TypeVar("M", bound=nn.Module)


def _as_it_is(model: nn.Module) -> None:
    pass


@dataclass(frozen=True)
class ModelKind(Generic[C, M]):
    """One kind of model.

    Attributes:
        name: its ``kind`` in the description that travels with its weights.
        config: that description.
        words: what people call one, with its article.
        network: from a description to a network whose weights nobody will see; its ``config`` is that
            description. What it can do is for it to say: see `latent_model` and `denoising_model`.
        build: (description, seed) → a freshly initialised network, the same for the same seed.
        finish: what is to be done once it has its weights, such as another memory layout; in place.
    """

    name: str
    config: type[C]
    words: str
    network: Callable[[C], M]
    build: Callable[[C, int], M]
    finish: Callable[[M], object] = _as_it_is

    def from_tensors(self, config: C, tensors: Mapping[str, Tensor]) -> M:
        """The network with exactly these weights (not copied), in evaluation mode, without gradients.

        Tensors without numbers, on the device "meta", tell whether names and shapes would do.

        Raises:
            RuntimeError: names or shapes are not the network's, or one of its buffers has no values.
        """
        # Built without storage: initialising weights only to replace them takes longer than reading them.
        with torch.device("meta"):
            model = self.network(config)
        model.load_state_dict(dict(tensors), assign=True)
        tensors_of_it = (*model.named_parameters(), *model.named_buffers())
        if empty := [name for name, tensor in tensors_of_it if tensor.is_meta and name not in tensors]:
            raise RuntimeError(f"{', '.join(empty)} has no values: a buffer that is kept in no file")
        self.finish(model)
        return model.eval().requires_grad_(False)


def _own() -> dict[str, str]:
    places = plugins.modules_of(models, "MODEL").items()
    return {name: place for name, place in places if _says(*place.split(":"))}


def _says(module: str, attribute: str) -> bool:
    return hasattr(importlib.import_module(module), attribute)


plugins.provide(plugins.MODELS, _own)


def model_kind_names() -> tuple[str, ...]:
    """Names of all kinds of model there are."""
    return plugins.names(plugins.MODELS)


def find_model_kind(name: str) -> ModelKind[Any, Any]:
    """The kind called ``name``.

    Raises:
        KeyError: there is none.
        PluginError: it is an installed package's, and cannot be loaded.
    """
    return plugins.find(plugins.MODELS, name, ModelKind)
