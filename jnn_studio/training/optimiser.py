"""The optimiser of a model that is trained by AdamW."""

from __future__ import annotations

import torch
from torch import nn

from jnn_studio.training.config import OptimiserConfig
from jnn_studio.training.device import Device


def adamw(model: nn.Module, settings: OptimiserConfig, device: Device) -> torch.optim.AdamW:
    """AdamW over all of ``model``, which is on ``device``; fused where there is such a kernel."""
    return torch.optim.AdamW(
        model.parameters(),
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
        fused=device.name != "mps",
    )
