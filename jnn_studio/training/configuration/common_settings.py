"""Words for the settings that many kinds of run have, by their place in ``config.toml``."""

from __future__ import annotations

from collections.abc import Mapping

from jnn_studio.base.setting_words import Setting

NAME = Setting("name", "Run &name", text=True)
IMAGES = Setting(
    "data.kind",
    "&Images",
    choices=(("faces", "Procedural faces"), ("folder", "Own folder or zip")),
    about="What to train on: faces that the program draws itself, or images of your own.",
)
DEVICE = Setting("schedule.device", "Device", choices=(("auto", "Automatic"), ("cpu", "CPU")))
"""What else there is depends on the machine; see `DEVICE_WORDS`."""
DEVICE_WORDS = {"cuda": "NVIDIA GPU (cuda)", "mps": "Apple GPU (mps)"}

_COMMON = (
    NAME,
    IMAGES,
    Setting("data.count", "Number of faces"),
    Setting("data.seed", "Seed of the faces"),
    Setting("data.path", "Folder or &zip", holds="images"),
    Setting("model.size", "Ima&ge size", "px"),
    Setting("model.channels", "Channels", choices=(("3", "3, colour"), ("1", "1, grey"))),
    Setting("model.latent", "Latent", "dims"),
    Setting("schedule.steps", "Ste&ps", "steps"),
    Setting("schedule.batch_size", "&Batch size", "images"),
    Setting("schedule.held_out", "Held o&ut", "images"),
    Setting(
        "images.apart", "Held out as", choices=(("images", "Single images"), ("folders", "Whole folders"))
    ),
    Setting(
        "images.grey",
        "Grey folders",
        choices=(("auto", "One channel"), ("as-set", "Channels as set")),
    ),
    Setting("images.mirror", "Mirrored", choices=(("True", "Half of them"), ("False", "No"))),
    Setting("images.shift", "Moved by at most", "px"),
    Setting("images.mix", "Mixed by at most"),
    Setting("schedule.seed", "Seed"),
    DEVICE,
    Setting(
        "schedule.precision",
        "Precision",
        choices=(
            ("auto", "Automatic"),
            ("float32", "float32"),
            ("bfloat16", "bfloat16"),
            ("float16", "float16"),
        ),
    ),
    Setting("optimiser.learning_rate", "&Learning rate"),
    Setting("optimiser.weight_decay", "Weight decay"),
    Setting(
        "optimiser.schedule",
        "Learning rate falls",
        choices=(("cosine", "Along a cosine"), ("constant", "Not at all")),
    ),
    Setting("optimiser.warmup_steps", "Its warm-up", "steps"),
    Setting("optimiser.clip", "Gradient at most", "norm"),
    Setting("optimiser.accumulate", "A batch in", "parts"),
    Setting("optimiser.ema", "Averaged weights", "decay"),
    Setting("optimiser.decay", "Decays by"),
    Setting("optimiser.decay_every", "Again every", "steps"),
    Setting("logging.metrics_every", "Losses every", "steps"),
    Setting("logging.spectrum_every", "Spectra every", "steps"),
    Setting("logging.preview_every", "Previews every", "steps"),
    Setting("logging.checkpoint_every", "Checkpoint every", "steps"),
    Setting("logging.keep_checkpoints", "Checkpoints kept"),
)
COMMON = {setting.name: setting for setting in _COMMON}


def common(*names: str) -> tuple[Setting, ...]:
    """Some of them, in this order."""
    return tuple(COMMON[name] for name in names)


def hidden_of_images(typed: Mapping[str, str]) -> set[str]:
    """Names of the settings of images that do not matter, given the values of the others."""
    if typed.get(IMAGES.name) == "faces":
        return {"model.channels", "images.grey", "images.apart"}
    return {"images.grey"} if typed.get("model.channels") == "1" else set()
