"""The methods as one controlled experiment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.data.pixels import psnr, to_uint8
from jnn_studio.data.source import ImageSource
from jnn_studio.jacobian import effective_rank, jacobian_svd
from jnn_studio.labs.denoise.config import DenoiseConfig
from jnn_studio.labs.denoise.denoisers.methods import (
    DIFFERENCES,
    METHODS,
    NEIGHBOURS,
    NOISE2NOISE,
    PENALISED,
    RECORRUPTED,
    SUPERVISED,
    SURE,
    UNSURE,
)
from jnn_studio.labs.denoise.learning.levels import draw_levels, weights_of
from jnn_studio.labs.denoise.learning.relatives import GAMMA, RECORRUPTION, half, neighbours, recorrupted
from jnn_studio.labs.denoise.learning.unsure import MULTIPLIER, ascend, begun, estimated_sigma
from jnn_studio.models.conditioned_denoiser import ConditionedDenoiser
from jnn_studio.models.config import ConditionedDenoiserConfig, ModelConfig
from jnn_studio.models.denoiser import STRIDE
from jnn_studio.models.model_kind import find_model_kind
from jnn_studio.penalty import Composition, NuclearNormPenalty, Trace
from jnn_studio.penalty.batch_rows import for_rows
from jnn_studio.training.batches import Batches
from jnn_studio.training.config import warmup
from jnn_studio.training.device import Device
from jnn_studio.training.events import Event, MemberInfo, Metrics, Preview, Spectrum
from jnn_studio.training.experiment import Member
from jnn_studio.training.gathering.share import random_at
from jnn_studio.training.optimiser import adamw_member
from jnn_studio.training.trained_models import save_members

PREVIEW_IMAGES = 8
PORTION = 16
"""Images evaluated at once."""
SPECTRUM_SIDE = 4 * STRIDE
"""Side of the crop whose Jacobian is looked at."""
SPECTRUM_VALUES = 32
NOISY = "noisy"
"""The previews' first row."""
NOISE, PROBES, TURNS, START, LEVELS = range(5)
"""Streams of random numbers at one step, independent of each other."""


def denoise_members(config: DenoiseConfig) -> tuple[MemberInfo, ...]:
    """The methods, in the order they are shown, with the η of those that have a penalty."""
    whose = ", any σ" if isinstance(config.model, ConditionedDenoiserConfig) else ""
    return tuple(MemberInfo(key, METHODS[key].label + whose, _eta(config, key)) for key in config.methods)


def denoise_facts(config: DenoiseConfig, key: str) -> Mapping[str, str]:
    """What travels with the weights of one method."""
    if isinstance(config.model, ConditionedDenoiserConfig):
        least, largest = config.model.sigmas
        return {
            "method": key,
            "sigmas": f"{least!r} to {largest!r}",
            "eta": "σ²" if _eta(config, key) else "0",
        }
    return {"method": key, "sigma": repr(config.noise.sigma), "eta": repr(_eta(config, key))}


class DenoiseExperiment:
    """½‖f(y) − target‖² summed over colour values, mean over the batch, plus η times the penalty at y.

    SURE, the nearest relative, has σ² tr Jf(y) in the penalty's place, by one probe: half of Stein's unbiased
    estimate of the risk of a denoiser, ‖f(y) − y‖² + 2σ² tr J − nσ² (Ramani, Blu & Unser, 2008), up to a
    constant. As tr J ≤ ‖J‖_*, the penalised loss with η = σ² is an upper bound of it. Every method's trace is
    logged beside its penalty.

    UNSURE has a multiplier in σ²'s place, which `after_step` moves (`unsure`): it knows no σ and finds one.

    Recorrupted-to-Recorrupted and Neighbor2Neighbor, too, see noisy images alone: see `relatives`.

    An `Experiment` (Scarvelis & Solomon, NeurIPS 2024, §5). y = x + σε₁; the target is x for the supervised
    method, x + σε₂ for Noise2Noise, and y itself for those that see noisy images alone. All start from the
    same weights and see the same images, turned and mirrored, and the same ε.

    A network that is told σ (`ConditionedDenoiser`) learns from images with a σ of their own each, which is
    also their η = σ²; how they weigh against each other is said in `levels`.
    """

    terms = ("total", "data", "penalty")

    def __init__(
        self,
        config: DenoiseConfig,
        source: ImageSource,
        device: Device,
        watch: Watch,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.config, self.device, self.notes = config, device, notes
        model = config.model
        self._sigmas = model.sigmas if isinstance(model, ConditionedDenoiserConfig) else None
        """The least and the largest σ of the images, where the network is told theirs."""
        schedule = config.schedule
        self._batches = Batches(
            source, schedule.batch_size, schedule.held_out, schedule.seed, device.name, watch
        )
        self._penalties = {
            PENALISED: NuclearNormPenalty(),
            DIFFERENCES: NuclearNormPenalty("finite_difference", config.noise.difference),
        }
        self.members = tuple(self._member(info) for info in denoise_members(config))
        self._clean = 2 * self._batches.images(self._batches.held_out.tolist()) - 1
        noise = torch.Generator().manual_seed(schedule.seed_at(-1))
        drawn = torch.randn(self._clean.shape, generator=noise).to(device.name)
        self._noisy = self._clean + config.noise.sigma * drawn
        # The newest batch, with its noise and its σ: the same for all methods.
        self._drawn = (torch.empty(0), torch.empty(0), torch.empty(0), torch.empty(0))

    @property
    def batches(self) -> Batches:
        """The images it learns from."""
        return self._batches

    def batch(self, step: int) -> Tensor:
        """Clean images in [-1, 1] of ``step``, turned and mirrored at random."""
        images = self._batches.batch(step)
        random = torch.Generator().manual_seed(self.config.schedule.seed_at(step, TURNS))
        turns, mirror = (int(torch.randint(n, (), generator=random)) for n in (4, 2))
        images = torch.rot90(images, turns, (2, 3))
        if mirror:
            images = images.flip(3)
        return (2 * images - 1).contiguous(memory_format=torch.channels_last)

    def losses(self, member: Member, batch: Tensor, step: int) -> Tensor:
        """(total, data, penalty)."""
        noisy, other, sigma = self._noise(batch, step)
        weight = self._weights(sigma)
        unit = 0.5 * (self.config.noise.sigma / sigma) ** 2 * weight
        if member.key in (RECORRUPTED, NEIGHBOURS):
            both = self._related(member, noisy, sigma, self._random(batch, step, PROBES))
            data, total = ((missed * unit).mean() for missed in both)
            return torch.stack([total, data, torch.zeros((), device=batch.device)])
        f = _told(member, sigma)
        target = {SUPERVISED: batch, NOISE2NOISE: other}.get(member.key, noisy)
        penalise = self._penalties.get(member.key)
        with self.device.autocast():
            trace = f.trace(noisy)
        data = (_squared(trace.output.float() - target) * unit).mean()
        rise = warmup(step, self.config.noise.warmup_steps)
        if member.key == SURE:
            found = (divergence(trace, self._random(batch, step, PROBES)).float() * weight).mean()
            return torch.stack([data + rise * member.eta * found, data, found])
        if member.key == UNSURE:
            found = divergence(trace, self._random(batch, step, PROBES)).float().mean()
            return torch.stack([data + member.state[MULTIPLIER] * found, data, found])
        if penalise is None or not member.eta:
            return torch.stack([data, data, torch.zeros((), device=batch.device)])
        penalty = self._penalty(penalise, f, trace, self._random(batch, step, PROBES), weight)
        return torch.stack([data + rise * member.eta * penalty, data, penalty])

    def _penalty(
        self,
        penalise: NuclearNormPenalty,
        f: Composition,
        trace: Trace,
        probes: torch.Generator,
        weight: Tensor,
    ) -> Tensor:
        """The penalty in the mean over a batch whose images weigh as they do in the loss."""
        if self._sigmas is None:
            return penalise(f, trace, probes).float()
        return (penalise.values(f, trace, probes).float() * weight).mean()

    def _related(
        self, member: Member, noisy: Tensor, sigma: Tensor, random: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """What is missed of each image, squared, of those that make two images of one: see `relatives`.

        Without and with a regulariser, (batch,) each. A network that is told σ is told that of the image
        which it is given.
        """
        if member.key == RECORRUPTED:
            given, target = recorrupted(noisy, sigma, random)
            f = _told(member, sigma * RECORRUPTION)
            with self.device.autocast():
                output = f(given.contiguous(memory_format=torch.channels_last))
            missed = _squared(output.float() - target)
            return missed, missed
        f = _told(member, sigma)
        first, second = neighbours((len(noisy), *noisy.shape[-2:]), noisy.device, random)
        with self.device.autocast():
            output = f(half(noisy, first).contiguous(memory_format=torch.channels_last))
            with torch.no_grad():
                whole = f(noisy).float()
        apart = output.float() - half(noisy, second)
        known = half(whole, first) - half(whole, second)
        # A quarter of the pixels each: four times that is a sum over an image, as all others have it.
        missed = 4 * _squared(apart)
        return missed, missed + GAMMA * 4 * _squared(apart - known)

    def after_step(self, member: Member, terms: Tensor) -> None:
        """UNSURE's multiplier goes on by the trace there was."""
        if member.key == UNSURE:
            ascend(member.state, terms[-1], self._clean[0].numel())

    def watch(self, member: Member, batch: Tensor, step: int) -> dict[str, float]:
        """The trace of the Jacobian, and the penalty of a method that is not trained with it, to compare.

        And the σ that UNSURE has found. Images weigh as they do in the loss, so that one bounds the other.
        """
        with torch.no_grad():
            noisy, _, sigma = self._noise(batch, step)
            f = _told(member, sigma)
            trace = f.trace(noisy)
            weight = self._weights(sigma)
            traces = divergence(trace, self._random(batch, step, PROBES)).float()
            found = {"trace": float((traces * weight).mean())}
            if member.key not in self._penalties:
                probes = self._random(batch, step, PROBES)
                found["penalty"] = float(self._penalty(self._penalties[PENALISED], f, trace, probes, weight))
        if member.key == UNSURE:
            found["sigma"] = estimated_sigma(member.state)
        return found

    def due(self, step: int) -> bool:
        """Whether a spectrum or a preview is due at ``step``."""
        return self.config.logging.due(step)

    @torch.no_grad()
    def measure(self, step: int) -> Iterator[Event]:
        """What is due at ``step``: spectra at a noisy crop, and previews with the PSNR on held-out images."""
        logging, last = self.config.logging, step == self.config.schedule.steps
        if last or step % logging.spectrum_every == 0:
            for member in self.members:
                yield self._spectrum(member, step)
        if last or step % logging.preview_every == 0:
            shown = {NOISY: _shown(self._noisy)}
            for member in self.members:
                f = _told(member, self.config.noise.sigma)
                denoised = torch.cat([f(part) for part in self._noisy.split(PORTION)]).float()
                shown[member.key] = _shown(denoised)
                quality = psnr((denoised + 1) / 2, (self._clean + 1) / 2)
                yield Metrics(step, math.nan, member.key, {"held_out_psnr": quality})
            yield Preview(step, _shown(self._clean), shown)

    def export(self, folder: Path, step: int) -> None:
        """Write each method's denoiser as ``<method>.safetensors``."""
        save_members(folder, self.members, self.config, denoise_facts, step)

    def _member(self, info: MemberInfo) -> Member:
        described: ModelConfig = self.config.model
        model = find_model_kind(described.kind).build(described, self.config.schedule.seed)
        model = model.to(self.device.name)
        state = begun(self.device.name) if info.key == UNSURE else None
        return adamw_member(info, model, self.config.optimiser, self.device, state)

    def _random(self, batch: Tensor, step: int, stream: int) -> torch.Generator:
        """What is random at ``step``, where the batch is."""
        return random_at(batch.device, self.config.schedule.seed_at(step, stream), len(batch))

    def _weights(self, sigma: Tensor) -> Tensor:
        """How much each image of a batch weighs in the loss."""
        return torch.ones_like(sigma) if self._sigmas is None else weights_of(sigma, self._sigmas)

    def _noise(self, batch: Tensor, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """The batch with its noise, and with another, and σ of each image."""
        known, noisy, other, sigma = self._drawn
        if known is not batch:
            random = self._random(batch, step, NOISE)
            one, device = batch.shape[1:], batch.device
            drawn = for_rows(
                lambda rows: torch.randn((2, rows, *one), device=device, generator=random),
                len(batch),
                random,
                axis=1,
            )
            if self._sigmas is None:
                sigma = torch.full((len(batch),), self.config.noise.sigma, device=device)
            else:
                sigma = draw_levels(self._sigmas, len(batch), self._random(batch, step, LEVELS))
            first, second = (sigma.reshape(-1, 1, 1, 1) * drawn).unbind()
            noisy, other = (
                (batch + part).contiguous(memory_format=torch.channels_last) for part in (first, second)
            )
            self._drawn = (batch, noisy, other, sigma)
        return noisy, other, sigma

    def _spectrum(self, member: Member, step: int) -> Spectrum:
        side = min(SPECTRUM_SIDE, self._noisy.shape[-1])
        crop = self._noisy[:1, :, :side, :side]
        start = torch.Generator(crop.device).manual_seed(self.config.schedule.seed_at(step, START))
        found = jacobian_svd(_told(member, self.config.noise.sigma), crop, k=SPECTRUM_VALUES, generator=start)
        sigma = found.sigma[0].float()
        return Spectrum(step, member.key, sigma.cpu().numpy(), float(effective_rank(sigma[None])))


def divergence(trace: Trace, generator: torch.Generator) -> Tensor:
    """tr Jf(y) of every image of a batch, (batch,): ⟨Jᵀε, ε⟩ with one Gaussian ε each.

    From a forward pass of f = g ∘ h. Unbiased, and differentiable where the pass is.
    """
    h, g = trace.passes
    output = trace.output
    one, dtype, device = output.shape[1:], output.dtype, output.device
    probe = for_rows(
        lambda rows: torch.randn((rows, *one), dtype=dtype, device=device, generator=generator),
        len(output),
        generator,
    )
    back = h.pull(g.pull(probe.unsqueeze(0)))[0]
    return (back * probe).flatten(1).sum(1)


def _told(member: Member, sigma: float | Tensor) -> Composition:
    """A member's network as the composition that it is for images of this σ."""
    model = member.model
    if isinstance(model, ConditionedDenoiser):
        return model.at(sigma)
    assert isinstance(model, Composition)
    return model


def _squared(missed: Tensor) -> Tensor:
    """‖·‖² of each image of a batch, (batch,)."""
    return missed.square().flatten(1).sum(1)


def _eta(config: DenoiseConfig, key: str) -> float:
    if key == SURE:  # another weight would estimate nothing
        return config.noise.sigma**2
    return config.noise.weight if key in (PENALISED, DIFFERENCES) else 0.0


def _shown(images: Tensor) -> np.ndarray:
    return to_uint8((images[:PREVIEW_IMAGES] + 1) / 2)
