"""What a form asks for: a setting of a pydantic model that a person may change, and its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from jnn_studio.base.settings import models_in

DEVICES = (
    ("auto", "Automatic"),
    ("cpu", "CPU"),
    ("cuda", "NVIDIA GPU (cuda)"),
    ("mps", "Apple GPU (mps)"),
)
"""Where to train, as one of a setting's choices."""


@dataclass(frozen=True)
class Setting:
    """One setting. ``name`` is its place in ``config.toml``; with ``choices`` (value, words), one of them.

    ``about`` says what it does where ``model``, the configuration, has no words for it. ``page`` begins the
    names of its widgets. ``text``: it is typed, but not as a number.
    """

    name: str
    label: str
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    suggestions: tuple[str, ...] = ()
    about: str = ""
    model: type[BaseModel] | None = None
    page: str = "train"
    text: bool = False

    @property
    def words(self) -> str:
        """The label without its mnemonic."""
        return self.label.replace("&", "")

    @property
    def numeric(self) -> bool:
        """It is typed as a number."""
        return not self.choices and not self.suggestions and not self.text

    @property
    def description(self) -> str:
        """What it does, from the configuration itself."""
        return self.about or _description(self.model, self.name.split("."))


@dataclass(frozen=True)
class Section:
    """Settings under one heading, which can be folded away."""

    key: str
    title: str
    settings: tuple[Setting, ...]
    folded: bool = False


def _description(annotation: Any, path: list[str]) -> str:
    """The description of the field at ``path``, looked for in every member of a union."""
    for model in models_in(annotation):
        field = model.model_fields.get(path[0])
        if field is not None:
            return (field.description or "") if len(path) == 1 else _description(field.annotation, path[1:])
    return ""
