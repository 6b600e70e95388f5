"""The whole loss of one model at a step, as one module."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from jnn_studio.training.experiment import Experiment, Member
from jnn_studio.training.gathering.share import Share, computing


class StepLoss(nn.Module):
    """Task and penalty together: what is wrapped where several processes train a model.

    A wrapper of the model alone would not see the penalty, which is made of the model's layers and not of its
    output, and would leave the penalty's gradients as they are in each process.
    """

    def __init__(self, experiment: Experiment, member: Member) -> None:
        super().__init__()
        self.model = member.model
        self._losses = partial(experiment.losses, member)

    def forward(self, batch: Tensor, step: int, share: Share) -> Tensor:
        """The terms (terms,) of this ``share`` of the batch of ``step``, differentiable in the first."""
        with computing(share):
            return self._losses(batch, step)
