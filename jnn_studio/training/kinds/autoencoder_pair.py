"""A regularised and an unregularised autoencoder, trained as one controlled experiment."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.models.autoencoder import MODEL, Autoencoder
from jnn_studio.training.autoencoder_pair import AutoencoderPair, pair_facts, pair_found, pair_members
from jnn_studio.training.device import choose_device
from jnn_studio.training.images import open_images
from jnn_studio.training.kind import RunKind
from jnn_studio.training.pair_config import PairConfig
from jnn_studio.training.pair_words import WORDS


def _prepare(config: PairConfig, watch: Watch) -> AutoencoderPair:
    # Small differences drown in bfloat16's rounding.
    exact = config.penalty.estimator == "finite_difference"
    device = choose_device(config.schedule.device, "float32" if exact else config.schedule.precision)
    source, notes = open_images(config.data, config.model.size, config.model.channels, watch)
    return AutoencoderPair(config, source, device, watch, notes)


def _network(config: PairConfig, key: str, tensors: Mapping[str, Tensor]) -> Autoencoder:
    return MODEL.from_tensors(config.model, tensors)


KIND = RunKind(
    "autoencoder-pair", PairConfig, pair_members, _prepare, _network, pair_facts, pair_found, words=WORDS
)
