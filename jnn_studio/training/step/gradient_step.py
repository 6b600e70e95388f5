"""One gradient step of one model: in parts or at once, on one device or several, with averaged weights."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from jnn_studio.base.errors import StudioError
from jnn_studio.training.config import DecayingOptimiserConfig, OptimiserConfig
from jnn_studio.training.experiment import Experiment, Member
from jnn_studio.training.folder.checkpoint import AVERAGE
from jnn_studio.training.gathering.share import process_share, uneven
from jnn_studio.training.step.processes import ALONE, Loss, Processes
from jnn_studio.training.step.step_loss import StepLoss

_PLAIN = OptimiserConfig()


class UnevenPartsError(StudioError):
    """A batch that cannot be computed in equal parts; the message says what to set."""


class GradientStep:
    """The one place where a gradient step is taken: how one member of an experiment is trained.

    Args:
        settings: whether the batch is computed in parts, gradients are shortened, and weights averaged.
        processes: those that each have a share of the batch.
    """

    def __init__(
        self,
        experiment: Experiment,
        member: Member,
        settings: OptimiserConfig | DecayingOptimiserConfig = _PLAIN,
        processes: Processes = ALONE,
    ) -> None:
        self._member, self._settings, self._processes = member, settings, processes
        self._whole = StepLoss(experiment, member)
        self._loss: Loss | None = None
        self._average: AveragedModel | None = None
        if settings.ema:
            average = get_ema_multi_avg_fn(settings.ema)
            self._average = AveragedModel(member.model, multi_avg_fn=average, use_buffers=True)
        device = experiment.device
        self._scaler: GradScaler | None = None
        if device.autocast_dtype is torch.float16:  # small gradients vanish in it unless scaled up
            self._scaler = GradScaler(device.name)
        self._scale = torch.zeros(2, dtype=torch.float64)

    @property
    def state(self) -> Mapping[str, Tensor]:
        """What it remembers beside the optimiser, by name: tensors to be saved, and to be written into."""
        average = {} if self._average is None else self._average.state_dict()
        found = {f"{AVERAGE}{name}": value for name, value in average.items()}
        return found if self._scaler is None else found | {"loss_scale": self._scale}

    def before_saving(self) -> None:
        """Bring `state` up to date."""
        if self._scaler is not None:
            said = self._scaler.state_dict()
            self._scale.copy_(torch.tensor([said["scale"], said["_growth_tracker"]]))

    def after_loading(self) -> None:
        """Go on from what was written into `state`."""
        if self._scaler is not None:
            scale, grown = self._scale.tolist()
            known = self._scaler.state_dict()
            self._scaler.load_state_dict({**known, "scale": scale, "_growth_tracker": int(grown)})

    def take(self, batch: Tensor, step: int, rate: float) -> Tensor:
        """One step on this process's share of the batch of ``step``: the terms (terms,) as they were before.

        ``rate``: the learning rate.

        Raises:
            UnevenPartsError: the share has no equal parts.
        """
        if self._loss is None:  # not before weights are as they were saved: wrapping makes them alike
            self._loss = self._processes.wrapped(self._whole)
        optimiser, count = self._member.optimiser, self._settings.accumulate
        if len(batch) % count:
            raise UnevenPartsError(uneven(len(batch), count, "parts"))
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad(set_to_none=True)
        found = []
        for index, part in enumerate(batch.split(len(batch) // count) if count > 1 else (batch,)):
            with self._processes.unsynchronised(self._loss, index + 1 < count):
                terms = self._loss(part, step, process_share().part(index, count))
                total = terms[0] if count == 1 else terms[0] / count
                self._processes.backward(total if self._scaler is None else self._scaler.scale(total))
            found.append(terms.detach())
        self._descend(optimiser)
        if self._average is not None:
            self._average.update_parameters(self._member.model)
        return found[0] if count == 1 else torch.stack(found).mean(0)

    def _descend(self, optimiser: torch.optim.Optimizer) -> None:
        """Against the gradients there are, which is not done where they overflowed float16."""
        if self._settings.clip:
            if self._scaler is not None:
                self._scaler.unscale_(optimiser)
            torch.nn.utils.clip_grad_norm_(self._member.model.parameters(), self._settings.clip)
        if self._scaler is None:
            optimiser.step()
        else:
            self._scaler.step(optimiser)
            self._scaler.update()

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """While the model is looked at: it has its averaged weights, if there are any."""
        if self._average is None:
            yield
            return
        ours, theirs = _tensors(self._member.model), _tensors(self._average.module)
        kept = [tensor.clone() for tensor in ours]
        _write(ours, theirs)
        try:
            yield
        finally:
            _write(ours, kept)


def _tensors(model: nn.Module) -> list[Tensor]:
    return [tensor.detach() for tensor in itertools.chain(model.parameters(), model.buffers())]


def _write(into: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    for tensor, value in zip(into, values, strict=True):
        tensor.copy_(value)
