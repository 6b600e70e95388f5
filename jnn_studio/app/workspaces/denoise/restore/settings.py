"""What the page Restore asks for. Free of Qt."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from pydantic import ValidationError

from jnn_studio.app.widgets.typed import put_typed, reasons
from jnn_studio.base.flat_settings import flat_texts
from jnn_studio.base.setting_words import Setting as AnySetting
from jnn_studio.base.setting_words import SettingGroup
from jnn_studio.labs.denoise.restoring.restoration import DegradationConfig, RestorationConfig

PAGE = "denoise.restore"
Setting = partial(AnySetting, model=RestorationConfig)
TASK = "problem.task"
TASKS = {
    "missing": "Fill in missing pixels",
    "scratches": "Fill in scratches",
    "box": "Fill in a rectangle",
    "gaussian": "Undo a Gaussian blur",
    "motion": "Undo a motion blur",
    "disc": "Undo a lens out of focus",
    "kernel": "Undo a blur from a file",
    "shrunk": "Enlarge what was shrunk",
}
_OF_TASK = {
    "missing": ("share",),
    "scratches": ("share",),
    "box": ("share",),
    "gaussian": ("width",),
    "disc": ("width",),
    "kernel": ("kernel",),
    "shrunk": ("factor",),
    "motion": ("length", "angle"),
}

SECTIONS = (
    SettingGroup(
        "problem",
        "What is seen",
        (
            Setting(TASK, "Tas&k", choices=tuple(TASKS.items())),
            Setting("problem.share", "Share that is gone", suggestions=("0.2", "0.5", "0.8")),
            Setting("problem.width", "Width of the blur", "px"),
            Setting("problem.kernel", "Kernel", text=True),
            Setting("problem.factor", "Factor", choices=(("2", "2"), ("3", "3"), ("4", "4"))),
            Setting("problem.length", "Length of the motion", "px"),
            Setting("problem.angle", "Angle in degrees"),
            Setting("problem.noise", "Noise σ on it", suggestions=("0", "0.1", "0.3", "0.5", "1")),
            Setting("problem.seed", "Seed"),
        ),
    ),
    SettingGroup(
        "prior",
        "Learnt prior",
        (
            Setting("prior.strength", "Strength", suggestions=("0.3", "1", "3")),
            Setting("prior.steps", "Steps"),
            Setting("prior.lipschitz", "Lipschitz constant", choices=(("no", "No"), ("yes", "Yes: slower"))),
        ),
    ),
)


def relevant(typed: Mapping[str, str]) -> set[str]:
    """Names of the settings that matter for the task."""
    wanted = {f"problem.{name}" for name in _OF_TASK[typed[TASK]]}
    hidden = {f"problem.{name}" for names in _OF_TASK.values() for name in names} - wanted
    return set(typed) - hidden


def check(typed: Mapping[str, str]) -> tuple[RestorationConfig | None, dict[str, str]]:
    """What was typed, or None and the reasons by name."""
    values = RestorationConfig().model_dump(mode="json")
    unclear = put_typed(values, typed, RestorationConfig)
    try:
        config = RestorationConfig.model_validate(values)
    except ValidationError as error:
        return None, reasons(error, typed) | unclear
    return (None, unclear) if unclear else (config, {})


def defaults() -> dict[str, str]:
    """What stands in the fields at first."""
    return flat_texts(RestorationConfig())


def in_words(config: DegradationConfig) -> str:
    """What has happened to a picture, in a few words."""
    done = {
        "missing": f"{config.share:.0%} missing",
        "scratches": f"{config.share:.0%} scratched",
        "box": f"a rectangle of {config.share:.0%} missing",
        "gaussian": f"blur of {config.width:g} px",
        "disc": f"out of focus by {config.width:g} px",
        "kernel": "blur by a kernel",
        "shrunk": f"shrunk {config.factor} times",
        "motion": f"motion of {config.length:g} px",
    }[config.task]
    return f"{done}, noise σ = {config.noise:g}" if config.noise else f"{done}, no noise"
