"""A regularised and an unregularised autoencoder, trained as one controlled experiment."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.models.latent_model import LatentModel
from jnn_studio.models.model_kind import find_model_kind
from jnn_studio.training.channels import open_run_images, run_network
from jnn_studio.training.device import choose_device
from jnn_studio.training.kind import RunKind
from jnn_studio.training.pair.autoencoder_pair import (
    AutoencoderPair,
    pair_facts,
    pair_found,
    pair_halves,
    pair_members,
)
from jnn_studio.training.pair.pair_config import PairConfig
from jnn_studio.training.pair.pair_words import WORDS


def _prepare(config: PairConfig, watch: Watch) -> AutoencoderPair:
    # Small differences drown in bfloat16's rounding.
    exact = config.penalty.estimator == "finite_difference"
    device = choose_device(config.schedule.device, "float32" if exact else config.schedule.precision)
    source, notes = open_run_images(config, watch)
    return AutoencoderPair(config, source, device, watch, notes)


def _network(config: PairConfig, key: str, tensors: Mapping[str, Tensor]) -> LatentModel:
    network: LatentModel = run_network(find_model_kind(config.model.kind), config, config.model, tensors)
    return network


KIND = RunKind(
    "autoencoder-pair",
    PairConfig,
    pair_members,
    _prepare,
    _network,
    pair_facts,
    pair_found,
    halves=pair_halves,
    words=WORDS,
)
