"""What was open last time, as text for the settings."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from jnn_studio.app.workspaces.denoise.session import MAX_SEED, MAX_SIGMA, MIN_SIGMA, PhotoSession


class Remembered(BaseModel):
    """A session's choices; pixels and weights are read again."""

    photo: Path | None = None
    sigma: float = Field(0.5, ge=MIN_SIGMA, le=MAX_SIGMA)
    seed: int = Field(0, ge=0, le=MAX_SEED)
    already_noisy: bool = False
    models: Path | None = None
    models_sigma: float | None = Field(None, gt=0)


def remembered(session: PhotoSession) -> str:
    """What to remember of a session, as JSON."""
    return Remembered(
        photo=session.path,
        sigma=session.chosen_sigma,
        seed=session.seed,
        already_noisy=session.already_noisy,
        models=session.choice.path,
        models_sigma=session.choice.sigma,
    ).model_dump_json()


def restore(session: PhotoSession, text: str) -> None:
    """Go on as `remembered`, in a session that has not begun; anything that cannot be used is passed over.

    Files are read when the session begins.
    """
    try:
        found = Remembered.model_validate_json(text)
    except ValidationError:  # nothing yet, or of another version
        return
    session.set_sigma(found.sigma)
    session.set_seed(found.seed)
    session.set_already_noisy(found.already_noisy)
    session.begin_with(found.photo, found.models, found.models_sigma)
