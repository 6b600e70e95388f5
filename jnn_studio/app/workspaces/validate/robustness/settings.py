"""What the robustness page asks for, in words. Free of Qt."""

from __future__ import annotations

from collections.abc import Mapping

from jnn_studio.base.setting_words import Setting, SettingGroup
from jnn_studio.labs.robustness.regularisers import (
    ADVERSARIAL,
    DECAY,
    DEEP,
    FROBENIUS,
    NONE,
    NUCLEAR,
    REGULARISERS,
    SCHATTEN,
)
from jnn_studio.training.configuration.common_settings import DEVICE, common
from jnn_studio.training.words import RunWords

PAGE = "validate.robustness"
COLORS: Mapping[str, str] = {
    NONE: "unregularised",
    DECAY: "solver-2",
    FROBENIUS: "solver-3",
    NUCLEAR: "regularised",
    SCHATTEN: "model-2",
    DEEP: "model-1",
    ADVERSARIAL: "solver-1",
}
"""Colour roles by regulariser."""


def _strengths(key: str, label: str) -> Setting:
    about = f"Strengths, {REGULARISERS[key].symbol}, with commas between them: {REGULARISERS[key].about}. "
    return Setting(f"strengths.{key}", label, text=True, about=f"{about}Empty: left out.")


GROUPS = (
    SettingGroup(
        "data",
        "Images and classes",
        (
            Setting(
                "data.kind",
                "&Images",
                choices=(
                    ("face-classes", "Drawn faces"),
                    ("class-folder", "Folders are classes"),
                    ("class-table", "A table of classes"),
                    ("digits", "Handwritten digits"),
                ),
                about="Where images and their classes come from.",
            ),
            Setting("data.factors", "Factors", text=True),
            Setting("data.margin", "Left out near 0"),
            Setting("data.seed", "Seed of the faces"),
            Setting("data.path", "Folder or &zip", holds="images"),
            Setting("data.table", "Table", text=True),
            Setting("data.column", "Column", text=True),
            Setting("data.classes", "Only these", text=True),
            Setting("sets.sizes", "Training sets", text=True),
            Setting("sets.held_out", "Held o&ut", "images"),
            Setting(
                "sets.apart",
                "Held out as",
                choices=(("images", "Single images"), ("folders", "Whole folders")),
            ),
            Setting("model.size", "Ima&ge size", "px"),
            Setting("model.channels", "Channels", choices=(("3", "3, colour"), ("1", "1, grey"))),
        ),
    ),
    SettingGroup(
        "strengths",
        "Regularisers",
        (
            _strengths(DECAY, "Weight decay λ"),
            _strengths(FROBENIUS, "Frobenius &η"),
            _strengths(NUCLEAR, "&Nuclear η"),
            _strengths(SCHATTEN, "Deep Schatten η"),
            _strengths(DEEP, "Deep nuclear η"),
            _strengths(ADVERSARIAL, "Adversarial ε"),
            Setting("strengths.cut", "Cut after", text=True),
            Setting("strengths.deep_cuts", "Deeper cuts", text=True),
        ),
    ),
    SettingGroup(
        "training",
        "Training",
        (
            Setting("name", "Run name", text=True),
            Setting("schedule.steps", "Ste&ps", "steps"),
            Setting("schedule.batch_size", "&Batch size", "images"),
            Setting("schedule.repeats", "Repeats", "networks"),
            Setting("optimiser.learning_rate", "&Learning rate"),
            Setting("schedule.seed", "Seed"),
            DEVICE,
        ),
    ),
    SettingGroup(
        "more",
        "Network, attacks and logging",
        (
            Setting(
                "model.layout",
                "Layers",
                choices=(("convolutional", "Convolutions"), ("dense", "Linear layers")),
            ),
            Setting("model.widths", "Widths", text=True),
            Setting("model.hidden", "Hidden units"),
            Setting("model.weights", "First weights", text=True),
            Setting("sets.mirror", "Mirrored", choices=(("True", "Half of them"), ("False", "No"))),
            Setting("sets.shift", "Moved by at most", "px"),
            *common("optimiser.warmup_steps", "optimiser.clip", "optimiser.ema"),
            Setting("strengths.warmup_steps", "Warm-up of strengths", "steps"),
            Setting("strengths.attack_steps", "Attack steps in training"),
            Setting("evaluation.images", "Images attacked", "images"),
            Setting("evaluation.epsilons_linf", "ε in L∞", text=True),
            Setting("evaluation.epsilons_l2", "ε in L2", text=True),
            Setting("evaluation.steps", "PGD", "steps"),
            Setting("evaluation.restarts", "Restarts"),
            Setting("evaluation.black_box_images", "Without gradients", "images"),
            Setting("logging.metrics_every", "Losses every", "steps"),
            Setting("logging.measure_every", "Measured every", "steps"),
            Setting("logging.checkpoint_every", "Checkpoint every", "steps"),
        ),
        folded=True,
    ),
)

TERMS = {
    "accuracy": (
        "Clean",
        "Share of held-out images told rightly, mean over the repeats",
        "Held-out accuracy",
    ),
    "robust_accuracy": (
        "Attacked",
        "The same under a quick PGD, at the middle ε: watched images only, no restarts",
        "Accuracy under PGD",
    ),
    "cross_entropy": ("Loss", "Cross-entropy on what is trained on", "Cross-entropy per image"),
    "nuclear_norm": ("‖J‖_*", "Nuclear norm of the logits' Jacobian, held-out images", "Nuclear norm ‖J‖_*"),
    "calibration_error": (
        "ECE",
        "Expected calibration error: confidence against accuracy",
        "Calibration error",
    ),
}


def _hidden(typed: Mapping[str, str]) -> set[str]:
    hidden = set()
    if not (typed["strengths.schatten"].strip() or typed["strengths.deep"].strip()):
        hidden.add("strengths.deep_cuts")
    if typed["model.layout"] == "dense":
        hidden.add("model.hidden")
    if typed["data.kind"] in ("face-classes", "digits"):
        hidden.add("sets.apart")
    return hidden


WORDS = RunWords(
    groups=GROUPS,
    hidden=_hidden,
    invitation="Press Start: classifiers that differ in the regulariser alone, attacked while they learn.",
    start="Train a few networks for each regulariser and strength of the form",
)
