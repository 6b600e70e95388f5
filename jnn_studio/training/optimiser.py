"""Models that are trained by AdamW."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from jnn_studio.training.config import OptimiserConfig
from jnn_studio.training.device import Device
from jnn_studio.training.events import MemberInfo
from jnn_studio.training.experiment import Member


def adamw_member(
    info: MemberInfo,
    model: nn.Module,
    settings: OptimiserConfig,
    device: Device,
    state: Mapping[str, Tensor] | None = None,
) -> Member:
    """A member whose ``model``, on ``device``, is trained by AdamW as a whole; fused where it can be."""
    optimiser = torch.optim.AdamW(
        model.parameters(),
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
        fused=device.name != "mps",
    )
    return Member(info.key, info.label, info.eta, model, optimiser, state or {})


def descend(member: Member, losses: Callable[[], Tensor], rate: float) -> Tensor:
    """One gradient step of a member at this learning rate: the terms (terms,) as they were before it."""
    for group in member.optimiser.param_groups:
        group["lr"] = rate
    member.optimiser.zero_grad(set_to_none=True)
    terms = losses()
    terms[0].backward()
    member.optimiser.step()
    return terms.detach()
