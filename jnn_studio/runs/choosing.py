"""Which runs are meant, and in what order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jnn_studio.base.errors import StudioError
from jnn_studio.base.text import counted, printable
from jnn_studio.runs.summary import RunSummary

_SHORTEST = 4


class NoSuchRunError(StudioError):
    """No run, or more than one, is called so; the message says which there are."""


@dataclass(frozen=True)
class RunFilter:
    """What is asked for: all of it holds. Empty parts ask for nothing.

    Attributes:
        text: words, all of which stand somewhere in name, kind, data, state, tags, note or id, in any case.
        states: words of states as they are shown.
        kinds: kinds of run.
    """

    text: str = ""
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def keeps(self, run: RunSummary) -> bool:
        """Whether a run is what is asked for."""
        if self.states and run.state_word not in self.states:
            return False
        if self.kinds and run.kind not in self.kinds:
            return False
        words = self.text.casefold().split()
        if not words:
            return True
        where = searched(run)
        return all(word in where for word in words)


def searched(run: RunSummary) -> str:
    """What words are looked for in."""
    parts = (
        run.name,
        run.config_name,
        run.path.name,
        run.kind,
        run.data,
        run.state_word,
        " ".join(run.tags),
        run.note,
        run.id,
        run.eta_words and f"η = {run.eta_words}",
    )
    return "\n".join(parts).casefold()


def run_called(runs: Sequence[RunSummary], text: str) -> RunSummary:
    """The run that ``text`` names: its folder, its id or how that begins, or its name.

    Raises:
        NoSuchRunError: there is none, or several.
    """
    path = Path(text).expanduser().absolute()
    for meant in (
        [run for run in runs if run.path == path],
        [run for run in runs if run.id == text],
        [run for run in runs if text in (run.name, run.path.name)],
        [run for run in runs if len(text) >= _SHORTEST and run.id.startswith(text)],
    ):
        if len(meant) == 1:
            return meant[0]
        if meant:
            which = ", ".join(f"{run.id} ({printable(str(run.path))})" for run in meant[:8])
            raise NoSuchRunError(
                f"{counted(len(meant), 'run')} are called {text!r}; name one by its id: {which}"
            )
    raise NoSuchRunError(
        f"there is no run called {text!r} among {counted(len(runs), 'run')}; give its folder, its id or its "
        "name as `jnn-studio runs list` shows them"
    )
