"""Models that are trained by AdamW."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from jnn_studio.training.config import OptimiserConfig
from jnn_studio.training.device import Device
from jnn_studio.training.events import MemberInfo
from jnn_studio.training.experiment import Member


@runtime_checkable
class SparesWeights(Protocol):
    """A model some of whose weights no decay should touch."""

    def undecayed(self) -> Sequence[Tensor]:
        """Those weights."""


def adamw_member(
    info: MemberInfo,
    model: nn.Module,
    settings: OptimiserConfig,
    device: Device,
    state: Mapping[str, Tensor] | None = None,
) -> Member:
    """A member whose ``model``, on ``device``, is trained by AdamW as a whole; fused where it can be.

    Weights that the model itself names as ``undecayed()`` are not decayed.
    """
    spared = list(model.undecayed()) if isinstance(model, SparesWeights) else []
    known = {id(weight) for weight in spared}
    groups: list[dict[str, Any]] = [{"params": [w for w in model.parameters() if id(w) not in known]}]
    if spared:
        groups.append({"params": spared, "weight_decay": 0.0})
    optimiser = torch.optim.AdamW(
        groups,
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
        fused=device.name != "mps",
    )
    return Member(info.key, info.label, info.eta, model, optimiser, state or {})
