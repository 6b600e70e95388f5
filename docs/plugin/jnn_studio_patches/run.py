"""A kind of run: the transformer autoencoder, trained with the penalty on its encoder."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from jnn_studio.base.settings import Frozen, NonNegative
from jnn_studio.base.watch import Watch
from jnn_studio.data.pixels import psnr, to_uint8
from jnn_studio.jacobian import effective_rank, jacobian_svd
from jnn_studio.penalty import NuclearNormPenalty
from jnn_studio.training.batches import Batches
from jnn_studio.training.channels import open_run_images, run_network
from jnn_studio.training.device import choose_device
from jnn_studio.training.events import Event, MemberInfo, Metrics, Preview, Spectrum
from jnn_studio.training.experiment import Member
from jnn_studio.training.image_config import ImageRunConfig
from jnn_studio.training.kind import RunKind
from jnn_studio.training.optimiser import adamw_member
from jnn_studio.training.trained_models import save_members
from jnn_studio_patches.model import MODEL, Patches, PatchesConfig, build


class PenaltyConfig(Frozen):
    """Becomes a group of the form, with these words."""

    eta: NonNegative = Field(0.3, description="η, the weight of the encoder's penalty; 0 for none.")


class PatchesRunConfig(ImageRunConfig):
    """What `config.toml` holds."""

    kind: Literal["patches-autoencoder"] = "patches-autoencoder"
    model: PatchesConfig = PatchesConfig()
    penalty: PenaltyConfig = PenaltyConfig()


class PatchesTraining:
    """An `Experiment` of one member: the trainer does the rest."""

    terms = ("total", "reconstruction", "penalty")

    def __init__(self, config: PatchesRunConfig, watch: Watch) -> None:
        self.config = config
        self.device = choose_device(config.schedule.device, config.schedule.precision)
        source, notes = open_run_images(config, watch)
        schedule = config.schedule
        self.batches = Batches(
            source,
            schedule.batch_size,
            schedule.held_out,
            schedule.seed,
            self.device.name,
            watch,
            config.images,
        )
        self.notes = (*notes, *self.batches.notes)
        self._model = build(config.model, schedule.seed).to(self.device.name)
        self._penalty = NuclearNormPenalty()
        self.members = (adamw_member(_members(config)[0], self._model, config.optimiser, self.device),)
        self._held_out = self.batches.images(self.batches.held_out.tolist())

    def batch(self, step: int) -> Tensor:
        """The images of a step."""
        return self.batches.batch(step)

    def losses(self, member: Member, batch: Tensor, step: int) -> Tensor:
        """(total, reconstruction, penalty), per image."""
        # What is random is a function of the seed and the step: a killed run goes on as if it had not been.
        torch.manual_seed(self.config.schedule.seed_at(step))
        with self.device.autocast():
            trace = self._model.encoder.trace(self._model.encoder_input(batch))
            output = self._model.decode(trace.output).float()
        reconstruction = 0.5 * (output - batch).square().flatten(1).sum(1).mean()
        penalty = self._penalty(self._model.encoder, trace)
        return torch.stack([reconstruction + self.config.penalty.eta * penalty, reconstruction, penalty])

    def watch(self, member: Member, batch: Tensor, step: int) -> dict[str, float]:
        """Nothing further."""
        return {}

    def due(self, step: int) -> bool:
        """Whether a spectrum or a preview is due."""
        return self.config.logging.due(step)

    @torch.no_grad()
    def measure(self, step: int) -> Iterator[Event]:
        """A spectrum, and a preview with the quality on images held out."""
        (member,) = self.members
        some = self._held_out[:4]
        sigma = jacobian_svd(self._model.encoder, self._model.encoder_input(some)).sigma
        yield Spectrum(step, member.key, sigma.mean(0).cpu().numpy(), float(effective_rank(sigma).mean()))
        found = self._model(self._held_out)
        yield Metrics(step, math.nan, member.key, {"held_out_psnr": psnr(found, self._held_out)})
        yield Preview(step, to_uint8(self._held_out[:8]), {member.key: to_uint8(found[:8])})

    def export(self, folder: Path, step: int) -> None:
        """A weights file that the rest of the program opens."""
        save_members(folder, self.members, self.config, _facts, step)


def _members(config: PatchesRunConfig) -> tuple[MemberInfo, ...]:
    return (MemberInfo("patches", "Patches", config.penalty.eta),)


def _facts(config: PatchesRunConfig, key: str) -> Mapping[str, str]:
    return {"eta": repr(config.penalty.eta)}


def _network(config: PatchesRunConfig, key: str, tensors: Mapping[str, Tensor]) -> Patches:
    return run_network(MODEL, config, config.model, tensors)


KIND = RunKind(
    "patches-autoencoder",
    PatchesRunConfig,
    _members,
    PatchesTraining,
    _network,
    _facts,
    presets=Path(__file__).with_name("presets"),
)
