"""What a pair of autoencoders is called, asks for and logs, in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jnn_studio.base.setting_words import Setting, SettingGroup
from jnn_studio.base.watch import Watch
from jnn_studio.models.config import CorrectedPCAConfig
from jnn_studio.training.channels import grey_at_a_look
from jnn_studio.training.configuration.common_settings import NAME, common, hidden_of_images
from jnn_studio.training.pair.earlier_runs import earlier_runs
from jnn_studio.training.pair.pair_config import PAPER_ETA, PairConfig, PenaltyConfig
from jnn_studio.training.words import ETA, LOSS_TERMS, QUALITY, RunWords

GROUPS = (
    SettingGroup("run", "", (NAME,)),
    SettingGroup(
        "data",
        "Data",
        common(
            "data.kind",
            "data.count",
            "data.seed",
            "data.path",
            "model.size",
            "model.channels",
            "images.grey",
            "schedule.held_out",
            "images.apart",
            "images.mirror",
            "images.shift",
            "images.mix",
        ),
    ),
    SettingGroup(
        "penalty",
        "Penalty of the regularised model",
        (
            Setting("penalty.eta", "η en&coder", suggestions=tuple(PAPER_ETA)),
            Setting("penalty.eta_decoder", "η decoder"),
            Setting("penalty.target_rank", "&Target rank", "directions", text=True),
            Setting("penalty.give_up", "&May lose", "dB", text=True),
            Setting("penalty.adjust_every", "η adjusted every", "steps", text=True),
            Setting("penalty.warmup_steps", "&Warm-up of η", "steps"),
            Setting(
                "penalty.estimator",
                "‖J‖² estimator",
                choices=(
                    ("auto", "Automatic"),
                    ("closed_form", "Closed form"),
                    ("finite_difference", "Finite difference"),
                ),
            ),
            Setting("penalty.sigma", "σ of the noise"),
        ),
    ),
    SettingGroup(
        "training",
        "Training",
        (
            *common(
                "schedule.steps",
                "schedule.batch_size",
                "schedule.seed",
                "schedule.device",
                "schedule.precision",
            ),
            Setting(
                "only",
                "Models trained",
                choices=(
                    ("", "Both"),
                    ("regularised", "The regularised one only"),
                    ("unregularised", "The unregularised one only"),
                ),
            ),
        ),
    ),
    SettingGroup(
        "network",
        "Network",
        (
            Setting(
                "model.kind",
                "Kind",
                choices=(("autoencoder", "The paper's"), ("corrected-pca", "Corrected PCA")),
                about="The paper's: cosine frequencies, two layers and two layers. Corrected PCA: principal "
                "components with a correction, which begins as good as PCA; for photographs.",
            ),
            Setting("model.dct", "DCT coefficients", "per side"),
            Setting("model.hidden", "Hidden width", "units"),
            *common("model.latent"),
            Setting(
                "model.decoder",
                "Decoder",
                choices=(("mirrored", "Mirrored"), ("convolutional", "Convolutional")),
            ),
            Setting("model.decoder_hidden", "Its hidden width", "units"),
            Setting("model.decoder_channels", "Its channels", "at ¼ size"),
            Setting("model.refinement", "Refinement", "channels"),
            Setting("model.components", "Principal components"),
            Setting("model.layers", "Hidden layers"),
            Setting("model.squares", "Square matrices"),
        ),
        folded=True,
    ),
    SettingGroup(
        "optimiser",
        "Optimiser",
        common(
            "optimiser.learning_rate",
            "optimiser.weight_decay",
            "optimiser.schedule",
            "optimiser.warmup_steps",
            "optimiser.clip",
            "optimiser.accumulate",
            "optimiser.ema",
        ),
        folded=True,
    ),
    SettingGroup(
        "logging",
        "Logging",
        common(
            "logging.metrics_every",
            "logging.spectrum_every",
            "logging.preview_every",
            "logging.checkpoint_every",
            "logging.keep_checkpoints",
        ),
        folded=True,
    ),
)


def hidden(typed: Mapping[str, str]) -> set[str]:
    """Names of the settings that do not matter, given the values of the others."""
    found = hidden_of_images(typed)
    if typed.get("model.decoder") != "convolutional":
        found |= {"model.decoder_hidden", "model.decoder_channels"}
    if typed.get("penalty.estimator") != "finite_difference":
        # The bundled architectures have a closed form, so that "auto" draws no noise.
        found.add("penalty.sigma")
    if typed.get("only") == "unregularised":
        found |= {f"penalty.{name}" for name in PenaltyConfig.model_fields} - {"penalty.estimator"}
    if not any(typed.get(f"penalty.{aim}", "").strip() for aim in ("target_rank", "give_up")):
        found.add("penalty.adjust_every")
    return found


def _hints(config: PairConfig) -> Mapping[str, str]:
    words = []
    if isinstance(config.penalty.eta, str):
        words.append(f"{config.penalty.encoder_eta(config.model.size):.4g} in orthonormal coordinates")
    if config.penalty.give_up is not None:
        words.append("where the search for η starts")
    if config.penalty.target_rank is not None:
        predicted = isinstance(config.model, CorrectedPCAConfig) and config.penalty.eta_decoder > 0
        words.append(
            "only its ratio to η decoder counts: the search starts where PCA says"
            if predicted
            else "where the search for η starts"
        )
    return {"penalty.eta": ", ".join(words)} if words else {}


def _background(config: PairConfig, runs: Path, watch: Watch) -> Mapping[str, str]:
    earlier = earlier_runs(runs, config, watch)
    found = {"images.grey": grey_at_a_look(config, watch)}
    if earlier:
        found["penalty.eta"] = "\n".join(("On these images:", *map(str, earlier)))
    return found


WORDS = RunWords(
    groups=GROUPS,
    hidden=hidden,
    hints=_hints,
    background=_background,
    aim=lambda config: config.penalty.target_rank,
    terms={
        **LOSS_TERMS,
        "tightness_gap": (
            "Gap",
            "Tightness gap: how far the penalty stands above the nuclear norm; 0 once the factors balance",
            "½(‖Jg‖² + ‖Jh‖²) − ‖Jf‖_*",
        ),
        **QUALITY,
    },
    further_terms={ETA: ("η", "Weight of the penalty, found while the model trains", "η")},
    invitation="Choose what to train, then press Start. "
    "Both models learn from the same images; only η differs.",
    start="Train both models with the settings of the form",
    empty=(
        "Losses of both models and their PSNR on held-out images",
        "Singular values of both encoders' Jacobians",
        "In how many directions the encoders are sensitive",
    ),
)
