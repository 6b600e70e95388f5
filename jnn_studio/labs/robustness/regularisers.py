"""What the networks differ in: the ways to regularise a classifier that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NONE, DECAY, FROBENIUS, NUCLEAR = "none", "decay", "frobenius", "nuclear"
SCHATTEN, DEEP, ADVERSARIAL = "schatten", "deep", "adversarial"


@dataclass(frozen=True)
class Regulariser:
    """One way to regularise.

    Attributes:
        key: in files and settings.
        label: what people call it.
        symbol: what its strength is called; "" where there is none.
        about: what is done, and the source.
    """

    key: str
    label: str
    symbol: str
    about: str


REGULARISERS: Mapping[str, Regulariser] = {
    one.key: one
    for one in (
        Regulariser(NONE, "None", "", "cross-entropy alone"),
        Regulariser(DECAY, "Weight decay", "λ", "AdamW's decoupled weight decay"),
        Regulariser(
            FROBENIUS,
            "Frobenius",
            "η",
            "½‖J‖_F² of the logits' Jacobian, one random direction a step (Hoffman, Roberts & Yaida 2019)",
        ),
        Regulariser(
            NUCLEAR,
            "Nuclear",
            "η",
            "the composite penalty of two factors, whose minimum is ‖J‖_* (Scarvelis & Solomon 2024)",
        ),
        Regulariser(
            SCHATTEN,
            "Deep Schatten",
            "η",
            "Frobenius penalties of L > 2 factors: at their minimum the Schatten-2/L quasi-norm",
        ),
        Regulariser(
            DEEP,
            "Deep nuclear",
            "η",
            "Schatten-L penalties of L > 2 factors: at their minimum ‖J‖_* again",
        ),
        Regulariser(
            ADVERSARIAL,
            "Adversarial",
            "ε",
            "training on images perturbed by PGD within ε, L∞ (Madry et al. 2018): the upper mark",
        ),
    )
}
"""All of them by key, in the order they are shown."""


@dataclass(frozen=True)
class Arm:
    """A regulariser at one strength: one row of the table."""

    regulariser: Regulariser
    strength: float

    @property
    def key(self) -> str:
        """In files: ``"nuclear-0.1"``."""
        return (
            self.regulariser.key
            if self.regulariser.key == NONE
            else f"{self.regulariser.key}-{self.strength:g}"
        )

    @property
    def short(self) -> str:
        """The same where there is little room: ``"Nuclear 0.1"``."""
        name = self.regulariser.label
        return f"{name} {self.strength:g}" if self.regulariser.symbol else name

    @property
    def label(self) -> str:
        """For people: ``"Nuclear η = 0.1"``."""
        symbol = self.regulariser.symbol
        return f"{self.regulariser.label} {symbol} = {self.strength:g}" if symbol else self.regulariser.label
