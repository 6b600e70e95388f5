"""Which part of the manual is about a control. Free of Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """``words``: those with which a heading or a paragraph of the page begins; "": its top."""

    page: str = "using.md"
    words: str = ""


PLACES: Mapping[str, Place] = {
    "explore": Place(words="Explore"),
    "explore.slider": Place(words="Sliders."),
    "explore.models": Place(words="Models."),
    "explore.choices": Place(words="Models."),
    "explore.panes": Place(words="Models."),
    "explore.walk_bar": Place(words="Ways to move."),
    "explore.mode": Place(words="Ways to move."),
    "explore.region": Place("directions.md", "Of a region"),
    "explore.kinds": Place("directions.md"),
    "explore.meaning": Place(words="Meaning"),
    "explore.dock.meaning": Place(words="Meaning"),
    "explore.gallery": Place(words="Images."),
    "explore.dock.images": Place(words="Images."),
    "explore.map": Place(words="Map"),
    "explore.dock.map": Place(words="Map"),
    "explore.hint": Place(words="Are these pictures the models know?"),
    "explore.library": Place(words="Saved directions"),
    "explore.dock.saved_directions": Place(words="Saved directions"),
    "train": Place(words="Train"),
    "train.preset": Place(words="Presets."),
    "train.data": Place(words="Photographs."),
    "train.penalty": Place("eta.md"),
    "preferences": Place(words="Preferences"),
    "runs": Place("runs.md"),
    "runs.sweeps": Place("sweeps.md"),
    "validate": Place(words="Validate"),
    "validate.rof": Place("rof.md"),
    "validate.shrinkage": Place(words="Optimal shrinkage."),
    "validate.robustness": Place("robustness.md"),
    "denoise": Place(words="Denoise"),
    "denoise.photo": Place(words="Photo."),
    "denoise.restore": Place("denoise.md", "Restore"),
    "denoise.folder": Place(words="Folder."),
    "denoise.evaluate": Place(words="Evaluate."),
    "denoise.train": Place("denoise.md"),
}
"""By the object name of a control, or of what it stands in; the longest that fits is meant."""


def place_of(names: Iterable[str]) -> Place:
    """Of a control, by the object names of it and of what it stands in, from within outwards.

    >>> place_of(["explore.slider.3.value", "explore"]).words
    'Sliders.'
    >>> place_of(["unknown"]) == Place()
    True
    """
    for name in names:
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            place = PLACES.get(".".join(parts[:length]))
            if place is not None:
                return place
    return Place()
