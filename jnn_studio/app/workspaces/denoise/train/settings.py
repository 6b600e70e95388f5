"""What the training page of Denoise asks for, in words. Free of Qt."""

from __future__ import annotations

from collections.abc import Mapping

from jnn_studio.base.setting_words import Setting, SettingGroup
from jnn_studio.labs.denoise.config import DenoiseConfig
from jnn_studio.labs.denoise.denoisers.methods import DIFFERENCES
from jnn_studio.labs.denoise.learning.experiment import SPECTRUM_SIDE
from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS
from jnn_studio.models.config import ConditionedDenoiserConfig
from jnn_studio.training.configuration.common_settings import DEVICE, common
from jnn_studio.training.words import LOSS_TERMS, PSNR, RunWords

PAGE = "denoise.train"
KIND, PATH, WIDTHS, METHODS = "data.kind", "data.path", "model.widths", "methods"
NETWORK = "model.kind"
ONE_SIGMA, ANY_SIGMA = "denoiser", "conditioned-denoiser"
_WIDTHS_WRONG = (
    "Enter whole numbers of 1 or more: of the paper's network four, channels at full size, 1/2, 1/4 and 1/8; "
    "of one that is told σ up to three, at 1/2, 1/4 and 1/8."
)
_ASCENDING = "Enter two numbers of more than 0, the smaller one first: the least and the largest σ."

GROUPS = (
    SettingGroup(
        "data",
        "Clean images",
        (
            Setting(
                KIND,
                "&Images",
                choices=(("dead-leaves", "Dead leaves, drawn here"), ("crops", "Own folder or zip")),
                about="Where clean images come from; only the supervised method sees them without noise.",
            ),
            Setting("data.count", "Number", "images"),
            Setting("data.seed", "Seed of the images"),
            Setting(PATH, "Folder or &zip", holds="photographs"),
            Setting("data.per_photo", "Squares", "per photo"),
            Setting("schedule.crop", "Si&de of a square", "px"),
            Setting("schedule.held_out", "Held o&ut", "images"),
        ),
    ),
    SettingGroup(
        "network",
        "Network",
        (
            Setting(
                NETWORK,
                "&Kind",
                choices=((ONE_SIGMA, "The paper's, for one σ"), (ANY_SIGMA, "Told σ, for any σ")),
                about="The paper's has no skip connections and learns one σ. The other is told σ, learns a "
                "range of it, and is cut where the image is still whole.",
            ),
            Setting("model.sigmas", "σ from and to", text=True, wrong=_ASCENDING),
            Setting(WIDTHS, "Channels", "levels", text=True, wrong=_WIDTHS_WRONG),
            Setting("model.blocks", "Residual blocks"),
            Setting("model.channels", "Colours", choices=(("3", "3, colour"), ("1", "1, grey"))),
        ),
        folded=True,
    ),
    SettingGroup(
        "noise",
        "Noise and penalty",
        (
            Setting("noise.sigma", "&σ, images in [-1, 1]", suggestions=("0.5", "1", "2")),
            Setting("noise.eta", "&η", suggestions=("sigma-squared",)),
            Setting("noise.warmup_steps", "&Warm-up of η", "steps"),
            Setting("noise.difference", "σ of differences"),
        ),
    ),
    SettingGroup(
        "training",
        "Training",
        (
            Setting("name", "Run &name", text=True),
            Setting("schedule.steps", "Ste&ps", "steps"),
            Setting("schedule.batch_size", "&Batch size", "images"),
            Setting("optimiser.learning_rate", "&Learning rate"),
            Setting("schedule.seed", "Seed"),
            DEVICE,
        ),
    ),
    SettingGroup(
        "more",
        "Optimiser and logging",
        (
            Setting("optimiser.weight_decay", "Weight decay"),
            Setting(
                "optimiser.schedule",
                "Learning rate falls",
                choices=(
                    ("cosine", "Along a cosine"),
                    ("drop", "To a tenth, last third"),
                    ("constant", "Not at all"),
                ),
            ),
            *common("optimiser.warmup_steps", "optimiser.clip", "optimiser.accumulate", "optimiser.ema"),
            Setting("logging.metrics_every", "Losses every", "steps"),
            Setting("logging.spectrum_every", "Spectra every", "steps"),
            Setting("logging.preview_every", "Previews every", "steps"),
            Setting("logging.checkpoint_every", "Checkpoint every", "steps"),
        ),
        folded=True,
    ),
)


def _hidden(typed: Mapping[str, str]) -> set[str]:
    """A network that is told σ has σ² for η, and finite differences are one method's."""
    eta = {"noise.eta"} if typed.get(NETWORK) == ANY_SIGMA else set()
    return eta if DIFFERENCES in typed[METHODS].split(", ") else eta | {"noise.difference"}


def _hints(config: DenoiseConfig) -> Mapping[str, str]:
    """What σ is for where the network learns many."""
    if not isinstance(config.model, ConditionedDenoiserConfig):
        return {}
    least, largest = config.model.sigmas
    return {"noise.sigma": f"It is looked at with this one; it learns all from {least:g} to {largest:g}."}


WORDS = RunWords(
    groups=GROUPS,
    hidden=_hidden,
    hints=_hints,
    terms={
        PSNR: (
            CONVENTIONS["psnr_plain"].label,
            f"Quality on held-out images: more is better. {CONVENTIONS['psnr_plain'].text}",
            f"Held-out {CONVENTIONS['psnr_plain'].label} in dB",
        ),
        "data": (
            "Data",
            "½‖f(y) − target‖² against what the method learns from: clean, noisy again, or y itself; "
            "comparable between methods that have the same target only",
            "½ squared error per image",
        ),
        "penalty": LOSS_TERMS["penalty"],
        "trace": (
            "Trace",
            "tr J by one probe: what SURE has in the penalty's place; dotted beside it the penalty, an upper "
            "bound of it",
            "Trace and its bound",
        ),
        "sigma": (
            "σ found",
            "σ for images in [-1, 1] as UNSURE's multiplier has it, which is not told any: it begins at 0.1",
            "σ found by UNSURE",
        ),
        "total": ("Total", "What is minimised: data + η · penalty", "Total loss per image"),
    },
    bounds={"trace": "penalty"},
    invitation="Press Start to train the chosen methods on the same images and noise.",
    start="Train a network for each chosen method with the settings of the form",
    empty=(
        "Losses of all methods and their PSNR on held-out images",
        f"Singular values of the denoisers' Jacobians at a noisy {SPECTRUM_SIDE} × {SPECTRUM_SIDE} crop",
    ),
)
