"""The models of a run that learnt from images, written the way the rest of the program opens them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import BaseModel

from jnn_studio.models.weights import Network, save_model
from jnn_studio.training.experiment import Member


class _LearnsFromImages(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def data(self) -> BaseModel: ...


C = TypeVar("C", bound=_LearnsFromImages)


def save_members(
    folder: Path,
    members: Iterable[Member],
    config: C,
    facts: Callable[[C, str], Mapping[str, str]],
    step: int,
) -> None:
    """Write each model as ``<key>.safetensors`` with its run, step, images and ``facts`` of its key.

    Raises:
        OSError: the folder cannot be written or the disk is full.
    """
    for member in members:
        assert isinstance(member.model, Network)
        info = {
            "run": config.name,
            "step": str(step),
            "data": config.data.model_dump_json(),
            **facts(config, member.key),
        }
        save_model(folder / f"{member.key}.safetensors", member.model, member.label, info)
