"""What was open last time, as text for the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from jnn_studio.app.workspaces.denoise.photo_desk import (
    MAX_PEAK,
    MAX_SEED,
    MAX_SIGMA,
    MIN_PEAK,
    MIN_SIGMA,
    PhotoDesk,
)
from jnn_studio.base.settings import from_json, to_json
from jnn_studio.labs.denoise.denoisers.models_choice import ModelsChoice


class Remembered(BaseModel):
    """A desk's choices; pixels and weights are read again."""

    photo: Path | None = None
    sigma: float = Field(0.5, ge=MIN_SIGMA, le=MAX_SIGMA)
    noise_kind: Literal["gaussian", "poisson", "both"] = "gaussian"
    peak: float = Field(8.0, ge=MIN_PEAK, le=MAX_PEAK)
    stabilised: bool = True
    seed: int = Field(0, ge=0, le=MAX_SEED)
    already_noisy: bool = False
    strength: float = Field(1.0, ge=0, le=1)
    models: Path | None = None
    models_sigma: float | None = Field(None, gt=0)
    models_paper: bool = False
    models_all: bool = False


def remembered(desk: PhotoDesk) -> str:
    """What to remember of a desk, as JSON."""
    values = Remembered(
        photo=desk.path,
        sigma=desk.chosen_sigma,
        noise_kind=desk.noise_kind,
        peak=desk.peak,
        stabilised=desk.stabilised,
        seed=desk.seed,
        already_noisy=desk.already_noisy,
        strength=desk.strength,
        models=desk.choice.path,
        models_sigma=desk.choice.sigma,
        models_paper=desk.choice.paper,
        models_all=desk.choice.all_methods,
    )
    return to_json(values)


def restore(desk: PhotoDesk, text: str) -> None:
    """Go on as `remembered`, in a desk that has not begun; anything that cannot be used is passed over.

    Files are read when the desk begins.
    """
    try:
        found = from_json(Remembered, text)
    except ValidationError:  # nothing yet, or of another version
        return
    desk.set_sigma(found.sigma)
    desk.set_noise_kind(found.noise_kind)
    desk.set_peak(found.peak)
    desk.set_stabilised(found.stabilised)
    desk.set_seed(found.seed)
    desk.set_already_noisy(found.already_noisy)
    desk.set_strength(found.strength)
    models = ModelsChoice(found.models, found.models_sigma, found.models_paper, found.models_all)
    desk.begin_with(found.photo, models)
