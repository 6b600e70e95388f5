"""What the ROF page asks for, in words. Free of Qt."""

from __future__ import annotations

from collections.abc import Mapping

from jnn_studio.base.setting_words import Setting, SettingGroup
from jnn_studio.training.configuration.common_settings import DEVICE, common
from jnn_studio.training.words import RunWords

PAGE = "validate.rof"
KIND = "problem.target.kind"
TARGETS = (
    ("ball", "Ball"),
    ("box", "Box"),
    ("annulus", "Annulus"),
    ("two-balls", "Two balls"),
    ("drawn", "Drawn by hand"),
)

GROUPS = (
    SettingGroup(
        "problem",
        "Problem",
        (
            Setting("problem.n", "Dimensions &n"),
            Setting(KIND, "Tar&get", choices=TARGETS, about="The set whose indicator τ is denoised."),
            Setting("problem.target.radius", "Radius"),
            Setting("problem.target.half_side", "Half side"),
            Setting("problem.target.inner", "Inner radius"),
            Setting("problem.target.outer", "Outer radius"),
            Setting("problem.target.distance", "Distance"),
            Setting("problem.half_width", "&Box, half width"),
            Setting("problem.eta", "&η"),
        ),
    ),
    SettingGroup(
        "training",
        "Training",
        (
            Setting("name", "Run name", text=True),
            Setting("schedule.steps", "Ste&ps"),
            Setting("schedule.batch_size", "Batch, points"),
            Setting("optimiser.learning_rate", "Learning rate"),
            Setting("schedule.seed", "Seed"),
            DEVICE,
        ),
    ),
    SettingGroup(
        "penalty",
        "Warm-up and noise",
        (
            Setting("penalty.every", "Raise η every"),
            Setting("penalty.start", "First η"),
            Setting("penalty.increment", "Raise η by"),
            Setting("penalty.draws", "Noise draws"),
            Setting("penalty.sigma", "σ of the noise"),
        ),
        folded=True,
    ),
    SettingGroup(
        "more",
        "Network and logging",
        (
            Setting("network.frequencies", "Frequencies"),
            Setting("network.hidden", "Hidden width"),
            Setting("measuring.grid", "Grid per axis"),
            Setting("measuring.sample", "Objective points"),
            *common("optimiser.warmup_steps", "optimiser.clip", "optimiser.accumulate", "optimiser.ema"),
            Setting("logging.metrics_every", "Losses every"),
            Setting("logging.measure_every", "Compare every"),
            Setting("logging.checkpoint_every", "Checkpoint every"),
        ),
        folded=True,
    ),
)


def _hidden(typed: Mapping[str, str]) -> set[str]:
    hidden = set()
    if typed["penalty.every"].strip() == "0":
        hidden |= {"penalty.start", "penalty.increment"}
    if typed["problem.n"].strip() not in ("1", "2"):
        hidden.add("measuring.grid")
    return hidden


WORDS = RunWords(
    groups=GROUPS,
    hidden=_hidden,
    invitation="Below: the target and the right solution. Press Start to see three networks find it.",
    start="Train the three solvers with the settings of the form",
)
