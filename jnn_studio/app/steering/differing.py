"""In what the form differs from the run on show. Free of Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jnn_studio.base.flat_settings import flat_texts
from jnn_studio.base.text import printable
from jnn_studio.training.config import RunConfig
from jnn_studio.training.words import RunWords

_NAMED = 2
_LISTED = 20


@dataclass(frozen=True)
class Difference:
    """What is said of it: in a line, and in full. Both are empty where there is none."""

    line: str = ""
    lines: str = ""


NONE = Difference()


def difference(shown: RunConfig, form: RunConfig | None, words: RunWords) -> Difference:
    """Between the run ``shown`` and what the form asks for, whose ``words`` name the settings.

    A name of its own makes no other run; while a setting of the form is wrong, that is said elsewhere.
    """
    if form is None:
        return NONE
    if type(form) is not type(shown):
        line = "The form is for a run of another kind."
        return Difference(
            line, f"{line} The run shown is of kind {shown.kind}, the form's of kind {form.kind}."
        )
    ours, theirs = flat_texts(form), flat_texts(shown)
    labels = {setting.name: setting.words for group in words.groups for setting in group.settings}
    names = [
        name  # in the order of the form
        for name in dict.fromkeys((*labels, *theirs, *ours))
        if name != "name" and ours.get(name, "") != theirs.get(name, "")
    ]
    if not names:
        return NONE
    called = [labels.get(name, name) for name in names]
    more = f" and {len(called) - _NAMED} more" if len(called) > _NAMED else ""
    lines = [f"{labels.get(name, name)}: {_pair(name, theirs, ours)}" for name in names[:_LISTED]]
    return Difference(
        f"Unlike the form: {', '.join(called[:_NAMED])}{more}",
        "\n".join(["The run shown has other settings than the form:", *lines]),
    )


def _pair(name: str, theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    run, form = (printable(values.get(name) or "none") for values in (theirs, ours))
    return f"{run} in the run, {form} in the form"
