"""What the ROF page asks for. Free of Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from pydantic import ValidationError

from jnn_studio.app.widgets.setting import DEVICES, Section
from jnn_studio.app.widgets.setting import Setting as AnySetting
from jnn_studio.app.widgets.typed import put_typed, reasons
from jnn_studio.labs.rof.config import RofConfig
from jnn_studio.labs.rof.targets import Annulus, Ball, Box, TwoBalls

PAGE = "validate.rof"
Setting = partial(AnySetting, model=RofConfig, page=PAGE)
KIND = "problem.target.kind"
TARGETS = (
    ("ball", "Ball"),
    ("box", "Box"),
    ("annulus", "Annulus"),
    ("two-balls", "Two balls"),
    ("drawn", "Drawn by hand"),
)
_OF_TARGET = {
    "ball": ("radius",),
    "box": ("half_side",),
    "annulus": ("inner", "outer"),
    "two-balls": ("radius", "distance"),
    "drawn": (),
}
_DEFAULTS = {
    kind: {name: f"{model.model_fields[name].default:g}" for name in _OF_TARGET[kind]}
    for kind, model in (("ball", Ball), ("box", Box), ("annulus", Annulus), ("two-balls", TwoBalls))
}
Points = Sequence[tuple[float, float]]

SECTIONS = (
    Section(
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
    Section(
        "training",
        "Training",
        (
            Setting("name", "Run name", text=True),
            Setting("schedule.steps", "Ste&ps"),
            Setting("schedule.batch_size", "Batch, points"),
            Setting("optimiser.learning_rate", "Learning rate"),
            Setting("schedule.seed", "Seed"),
            Setting(
                "schedule.device",
                "Device",
                choices=DEVICES,
            ),
        ),
    ),
    Section(
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
    Section(
        "more",
        "Network and logging",
        (
            Setting("network.frequencies", "Frequencies"),
            Setting("network.hidden", "Hidden width"),
            Setting("measuring.grid", "Grid per axis"),
            Setting("measuring.sample", "Objective points"),
            Setting("logging.metrics_every", "Losses every"),
            Setting("logging.measure_every", "Compare every"),
            Setting("logging.checkpoint_every", "Checkpoint every"),
        ),
        folded=True,
    ),
)


def relevant(typed: Mapping[str, str]) -> set[str]:
    """Names of the settings that matter, given the values of the others."""
    sizes = {name for name in typed if name.startswith("problem.target.")} - {KIND}
    wanted = {f"problem.target.{name}" for name in _OF_TARGET[typed[KIND]]}
    hidden = sizes - wanted
    if typed["penalty.every"].strip() == "0":
        hidden |= {"penalty.start", "penalty.increment"}
    if typed["problem.n"].strip() not in ("1", "2"):
        hidden.add("measuring.grid")
    return set(typed) - hidden


def check(
    typed: Mapping[str, str], points: Points, base: RofConfig
) -> tuple[RofConfig | None, dict[str, str]]:
    """The run that was typed, or None and the reasons by name.

    ``points``: the outline drawn by hand. ``base``: what the form has no field for.
    """
    values = base.model_dump(mode="json")
    values["problem"]["target"] = {}
    put_typed(values, typed)
    if typed[KIND] == "drawn":
        if len(points) < 3:
            return None, {KIND: "Draw an outline below, or choose one."}
        values["problem"]["target"]["points"] = [list(point) for point in points]
    try:
        return RofConfig.model_validate(values), {}
    except ValidationError as error:
        found = reasons(error, typed)
        return None, {(name if name in typed else _nearest(name)): why for name, why in found.items()}


def sizes(kind: str) -> dict[str, str]:
    """What to begin with once a kind of target is chosen."""
    return {f"problem.target.{name}": text for name, text in _DEFAULTS.get(kind, {}).items()}


def _nearest(name: str) -> str:
    """The field that stands for a setting without one of its own."""
    return KIND if name.startswith("problem.target") else "problem.n" if name == "problem" else name
