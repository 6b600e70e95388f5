"""What the form asks for: every setting of a run that a person may change, and its words."""

from __future__ import annotations

from functools import partial

from jnn_studio.app.widgets.setting import Section
from jnn_studio.app.widgets.setting import Setting as AnySetting
from jnn_studio.training.pair_config import PAPER_ETA, PairConfig

Setting = partial(AnySetting, model=PairConfig)


def _choices(*pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return pairs


KIND = Setting(
    "data.kind",
    "&Images",
    choices=_choices(("faces", "Procedural faces"), ("folder", "Own folder or zip")),
    about="What to train on: faces that the program draws itself, or images of your own.",
)
NAME = Setting("name", "Run &name", text=True)

SECTIONS = (
    Section(
        "data",
        "Data",
        (
            KIND,
            Setting("data.count", "Number of faces"),
            Setting("data.seed", "Seed of the faces"),
            Setting("data.path", "Folder or &zip", text=True),
            Setting("model.size", "Ima&ge size", "px"),
            Setting("model.channels", "Channels", choices=_choices(("3", "3, colour"), ("1", "1, grey"))),
            Setting("schedule.held_out", "Held o&ut", "images"),
        ),
    ),
    Section(
        "penalty",
        "Penalty of the regularised model",
        (
            Setting("penalty.eta", "η en&coder", suggestions=tuple(PAPER_ETA)),
            Setting("penalty.eta_decoder", "η decoder"),
            Setting("penalty.warmup_steps", "&Warm-up of η", "steps"),
            Setting(
                "penalty.estimator",
                "‖J‖² estimator",
                choices=_choices(
                    ("auto", "Automatic"),
                    ("closed_form", "Closed form"),
                    ("finite_difference", "Finite difference"),
                ),
            ),
            Setting("penalty.sigma", "σ of the noise"),
        ),
    ),
    Section(
        "training",
        "Training",
        (
            Setting("schedule.steps", "Ste&ps", "steps"),
            Setting("schedule.batch_size", "&Batch size", "images"),
            Setting("schedule.seed", "Seed"),
            Setting(
                "schedule.device",
                "Device",
                choices=_choices(("auto", "Automatic"), ("cpu", "CPU")),
            ),
            Setting(
                "schedule.precision",
                "Precision",
                choices=_choices(("auto", "Automatic"), ("float32", "float32"), ("bfloat16", "bfloat16")),
            ),
        ),
    ),
    Section(
        "network",
        "Network",
        (
            Setting("model.dct", "DCT coefficients", "per side"),
            Setting("model.hidden", "Hidden width", "units"),
            Setting("model.latent", "Latent", "dims"),
            Setting(
                "model.decoder",
                "Decoder",
                choices=_choices(("mirrored", "Mirrored"), ("convolutional", "Convolutional")),
            ),
            Setting("model.decoder_hidden", "Its hidden width", "units"),
            Setting("model.decoder_channels", "Its channels", "at ¼ size"),
            Setting("model.refinement", "Refinement", "channels"),
        ),
        folded=True,
    ),
    Section(
        "optimiser",
        "Optimiser",
        (
            Setting("optimiser.learning_rate", "&Learning rate"),
            Setting("optimiser.weight_decay", "Weight decay"),
            Setting(
                "optimiser.schedule",
                "Learning rate falls",
                choices=_choices(("cosine", "Along a cosine"), ("constant", "Not at all")),
            ),
        ),
        folded=True,
    ),
    Section(
        "logging",
        "Logging",
        (
            Setting("logging.metrics_every", "Losses every", "steps"),
            Setting("logging.spectrum_every", "Spectra every", "steps"),
            Setting("logging.preview_every", "Previews every", "steps"),
            Setting("logging.checkpoint_every", "Checkpoint every", "steps"),
            Setting("logging.keep_checkpoints", "Checkpoints kept"),
        ),
        folded=True,
    ),
)

SETTINGS = {
    setting.name: setting for setting in (NAME, *(s for section in SECTIONS for s in section.settings))
}


def relevant(raw: dict[str, str]) -> set[str]:
    """Names of the settings that matter, given the values of the others."""
    faces = raw.get(KIND.name) == "faces"
    hidden = {"data.path", "model.channels"} if faces else {"data.count", "data.seed"}
    if raw.get("model.decoder") != "convolutional":
        hidden |= {"model.decoder_hidden", "model.decoder_channels"}
    if raw.get("penalty.estimator") != "finite_difference":
        # The bundled architectures have a closed form, so that "auto" draws no noise.
        hidden.add("penalty.sigma")
    return set(SETTINGS) - hidden
