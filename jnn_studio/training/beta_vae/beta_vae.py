"""Training a β-VAE: mean squared error plus β times a small weight times the KL divergence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.data.pixels import psnr, to_uint8
from jnn_studio.data.source import ImageSource
from jnn_studio.jacobian import effective_rank, jacobian_svd
from jnn_studio.models.beta_vae import BetaVAE, axis_divergence, build
from jnn_studio.penalty.batch_rows import for_rows
from jnn_studio.training.batches import Batches
from jnn_studio.training.beta_vae.beta_vae_config import BetaVAERunConfig
from jnn_studio.training.channels import with_channels
from jnn_studio.training.device import Device
from jnn_studio.training.events import Event, MemberInfo, Metrics, Preview, Spectrum
from jnn_studio.training.experiment import Member
from jnn_studio.training.gathering.share import process_share, random_at
from jnn_studio.training.trained_models import save_members

BETA_VAE = MemberInfo("beta_vae", "β-VAE", math.nan)

PREVIEW_IMAGES = 8
SPECTRUM_IMAGES = 4
PORTION = 64
"""Images evaluated at once."""


def beta_vae_facts(config: BetaVAERunConfig, key: str) -> Mapping[str, str]:
    """What travels with the weights."""
    return {"beta": repr(config.divergence.beta)}


class BetaVAETraining:
    """An `Experiment` of one member (scale and constants: Scarvelis & Solomon, B.3; AntixK's PyTorch-VAE).

    Minimised is the squared error of images in [-1, 1], mean over all colour values and the batch, plus
    β · weight · KL, summed over the latent's axes and mean over the batch.
    """

    terms = ("total", "reconstruction", "kl")

    def __init__(
        self,
        config: BetaVAERunConfig,
        source: ImageSource,
        device: Device,
        watch: Watch,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.config, self.device = config, device
        schedule = config.schedule
        self._batches = Batches(
            source,
            schedule.batch_size,
            schedule.held_out,
            schedule.seed,
            device.name,
            watch,
            config.images,
        )
        self.notes = (*notes, *self._batches.notes)
        if process_share().of > 1:
            raise ValueError(
                "a β-VAE is trained by one process: its batch normalisation has to see the whole batch; "
                "leave out --devices and --nodes"
            )
        if self._batches.batch_size < 2:
            raise ValueError("batch normalisation needs batches of at least 2 images")
        self._model = build(with_channels(config.model, source.image_shape[0]), schedule.seed).to(device.name)
        optimiser = torch.optim.Adam(
            self._model.parameters(), lr=config.optimiser.learning_rate, fused=device.name != "mps"
        )
        self.members = (Member(BETA_VAE.key, BETA_VAE.label, BETA_VAE.eta, self._model, optimiser),)
        self._held_out = self._batches.images(self._batches.held_out.tolist())

    @property
    def batches(self) -> Batches:
        """The images it learns from."""
        return self._batches

    def batch(self, step: int) -> Tensor:
        """The images of ``step``."""
        return self._batches.batch(step)

    def losses(self, member: Member, batch: Tensor, step: int) -> Tensor:
        """(total, reconstruction, kl); the noise is a function of the seed and the step."""
        # Channels last in memory: a third faster on CPUs.
        batch = batch.contiguous(memory_format=torch.channels_last)
        with self.device.autocast():
            mean, log_variance = (value.float() for value in self._model.posterior(batch))
            random = random_at(batch.device, self.config.schedule.seed_at(step), len(batch))
            noise = for_rows(
                lambda rows: torch.randn((rows, mean.shape[1]), device=batch.device, generator=random),
                len(batch),
                random,
            )
            latents = mean + (log_variance / 2).exp() * noise
            output = self._model.decoder(latents).float()
        reconstruction = (output - (2 * batch - 1)).square().mean()
        kl = axis_divergence(mean, log_variance).sum(1).mean()
        divergence = self.config.divergence
        return torch.stack([reconstruction + divergence.beta * divergence.weight * kl, reconstruction, kl])

    def watch(self, member: Member, batch: Tensor, step: int) -> dict[str, float]:
        """Nothing further."""
        return {}

    def due(self, step: int) -> bool:
        """Whether a spectrum or a preview is due at ``step``."""
        return self.config.logging.due(step)

    @torch.no_grad()
    def measure(self, step: int) -> Iterator[Event]:
        """What is due at ``step``: the spectrum, and a preview with the PSNR on the held-out images.

        Also brings the model's ``axis_kl`` up to date.
        """
        logging, last = self.config.logging, step == self.config.schedule.steps
        with _evaluating(self._model):
            self._measure_axes()
            if last or step % logging.spectrum_every == 0:
                sigma = jacobian_svd(self._model.encoder, self._held_out[:SPECTRUM_IMAGES]).sigma
                mean = sigma.mean(0).float().cpu().numpy()
                yield Spectrum(step, BETA_VAE.key, mean, float(effective_rank(sigma).mean()))
            if last or step % logging.preview_every == 0:
                reconstruction = torch.cat([self._model(part) for part in self._held_out.split(PORTION)])
                quality = psnr(reconstruction, self._held_out)
                yield Metrics(step, math.nan, BETA_VAE.key, {"held_out_psnr": quality})
                shown = {BETA_VAE.key: to_uint8(reconstruction[:PREVIEW_IMAGES])}
                yield Preview(step, to_uint8(self._held_out[:PREVIEW_IMAGES]), shown)

    def export(self, folder: Path, step: int) -> None:
        """Write the model as ``beta_vae.safetensors``."""
        with _evaluating(self._model), torch.no_grad():
            self._measure_axes()
        save_members(folder, self.members, self.config, beta_vae_facts, step)

    def _measure_axes(self) -> None:
        parts = [axis_divergence(*self._model.posterior(part)) for part in self._held_out.split(PORTION)]
        self._model.axis_kl.copy_(torch.cat(parts).mean(0))


@contextmanager
def _evaluating(model: BetaVAE) -> Iterator[None]:
    """Batch normalisation by the running statistics, which stay as they are."""
    model.eval()
    try:
        yield
    finally:
        model.train()
