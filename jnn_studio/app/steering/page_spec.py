"""What makes one page that trains different from another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from jnn_studio.app.context import AppContext
from jnn_studio.app.steering.form_part import FormPart
from jnn_studio.app.steering.run_view import RunView
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.derived_words import words_for
from jnn_studio.training.words import RunWords


@dataclass(frozen=True)
class RunPageSpec:
    """A page that starts, steers and shows runs.

    Attributes:
        name: begins the names of its widgets.
        place: where a person finds it, as `page_of` says it.
        page_of: where runs of a kind are shown.
        presets: names of what its form can begin with, the first chosen.
        plots: what is shown of runs of this one's kind.
        words: labels, terms and sentences for runs of this one's kind.
        parts: what the form asks for that is no line of text, made anew for each page.
        actions: other texts and tooltips for `Controls`, by action.
        explorable: whether something can be done with the models; None: if they have a latent to walk.
    """

    name: str
    place: str
    page_of: Callable[[str], str]
    presets: Callable[[], Sequence[str]]
    plots: Callable[[AppContext, RunConfig], RunView]
    words: Callable[[RunConfig], RunWords] = words_for
    parts: Callable[[], Sequence[FormPart]] = tuple
    actions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    explorable: bool | None = None

    def serves(self, kind: str) -> bool:
        """Whether runs of this kind are shown here."""
        return self.page_of(kind) == self.place
