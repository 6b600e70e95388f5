"""A β-VAE, which the paper compares with."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.models.beta_vae import MODEL, BetaVAE
from jnn_studio.training.beta_vae.beta_vae import BETA_VAE, BetaVAETraining, beta_vae_facts
from jnn_studio.training.beta_vae.beta_vae_config import BetaVAERunConfig
from jnn_studio.training.beta_vae.beta_vae_words import WORDS
from jnn_studio.training.channels import open_run_images, run_network
from jnn_studio.training.device import choose_device
from jnn_studio.training.events import MemberInfo
from jnn_studio.training.kind import RunKind


def _members(config: BetaVAERunConfig) -> tuple[MemberInfo, ...]:
    return (BETA_VAE,)


def _prepare(config: BetaVAERunConfig, watch: Watch) -> BetaVAETraining:
    device = choose_device(config.schedule.device, config.schedule.precision)
    source, notes = open_run_images(config, watch)
    return BetaVAETraining(config, source, device, watch, notes)


def _network(config: BetaVAERunConfig, key: str, tensors: Mapping[str, Tensor]) -> BetaVAE:
    return run_network(MODEL, config, config.model, tensors)


KIND = RunKind("beta-vae", BetaVAERunConfig, _members, _prepare, _network, beta_vae_facts, words=WORDS)
