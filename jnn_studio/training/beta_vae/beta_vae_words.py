"""What a β-VAE's run is called, asks for and logs, in words."""

from __future__ import annotations

from dataclasses import replace

from jnn_studio.base.setting_words import Setting, SettingGroup
from jnn_studio.training.configuration.common_settings import NAME, common, hidden_of_images
from jnn_studio.training.pair.pair_words import GROUPS as PAIR_GROUPS
from jnn_studio.training.words import QUALITY, RunWords

_SHARED = {group.key: group for group in PAIR_GROUPS}
"""Data, training and logging are those of a pair."""
_TRAINING = replace(
    _SHARED["training"], settings=tuple(s for s in _SHARED["training"].settings if s.name != "only")
)

GROUPS = (
    SettingGroup("run", "", (NAME,)),
    _SHARED["data"],
    SettingGroup(
        "divergence",
        "Divergence of the latent",
        (
            Setting("divergence.beta", "&β"),
            Setting("divergence.weight", "&Weight of β"),
        ),
    ),
    _TRAINING,
    SettingGroup(
        "network",
        "Network",
        (
            *common("model.latent"),
            Setting(
                "model.widths",
                "Channels",
                "5 levels",
                text=True,
                wrong="Enter five whole numbers of 1 or more: channels at 1/2, 1/4, 1/8, 1/16 and 1/32 size.",
            ),
        ),
        folded=True,
    ),
    SettingGroup(
        "optimiser",
        "Optimiser",
        common(
            "optimiser.learning_rate",
            "optimiser.decay",
            "optimiser.decay_every",
            "optimiser.warmup_steps",
            "optimiser.clip",
            "optimiser.accumulate",
        ),
        folded=True,
    ),
    _SHARED["logging"],
)


WORDS = RunWords(
    groups=GROUPS,
    hidden=hidden_of_images,
    terms={
        "total": ("Total", "What is minimised: reconstruction + β · weight · KL", "Total loss"),
        "reconstruction": (
            "Reconstruction",
            "Squared error of images in [-1, 1], mean over all colour values and the batch",
            "Squared error per colour value",
        ),
        "kl": (
            "KL",
            "KL divergence of the latent's distribution from a standard normal one, before it is weighted",
            "KL divergence per image in nats",
        ),
        **QUALITY,
    },
    facts={"beta": "β"},
    invitation="Choose what to train, then press Start. The β-VAE learns alone, to be compared with a pair.",
    start="Train the β-VAE with the settings of the form",
    empty=(
        "Losses of the β-VAE and its PSNR on held-out images",
        "Singular values of the encoder's Jacobian",
        "In how many directions the encoder is sensitive",
    ),
)
