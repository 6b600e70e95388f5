"""Progress as the commands show it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from jnn_studio.base.text import printable
from jnn_studio.base.watch import Progress, Watch
from jnn_studio.cli.output import say
from jnn_studio.training.events import Event, Metrics, Started, StateChanged

QUIET = 5.0
"""Seconds between two lines of progress at least."""


def progress_bar(to: Console, *texts: str, transient: bool = False, silent: bool = False) -> Bar:
    """A bar, how many of how many, the time left, and fields of text, in a line of 80 characters."""
    fields = (TextColumn(f"{{task.fields[{name}]}}", markup=False) for name in texts)
    columns = (BarColumn(bar_width=16), MofNCompleteColumn(), TimeRemainingColumn(), *fields)
    return Bar(*columns, console=to, transient=transient, disable=silent)


@contextmanager
def watching(to: Console, what: str, *, transient: bool = False) -> Iterator[Watch]:
    """Shows how far the work called ``what`` is; a bar that is not to stay is for terminals only.

    Where nobody looks at a terminal a line says so at every tenth of the work, `QUIET` seconds apart or more.
    """
    silent = transient and not to.is_terminal
    with progress_bar(to, "what", transient=transient, silent=silent) as bar:
        task = bar.add_task(what, total=None, what=what)
        lines = None if to.is_terminal or transient else _Lines(to)

        def told(now: Progress) -> None:
            bar.update(task, completed=now.done, total=now.total, what=printable(now.what or what))
            if lines is not None:
                lines.told(now, printable(now.what or what))

        yield Watch(told)


class _Lines:
    """Progress in lines, for logs and pipes."""

    def __init__(self, to: Console) -> None:
        self._to, self._tenth, self._when = to, 0, time.monotonic()

    def told(self, now: Progress, what: str) -> None:
        tenth, when = 10 * now.done // max(1, now.total), time.monotonic()
        if tenth > self._tenth and now.done < now.total and when - self._when >= QUIET:
            self._tenth, self._when = tenth, when
            say(f"{now.done:,} of {now.total:,} {what}".rstrip(), self._to)


def naming(to: Console) -> Watch:
    """Names one kind of work after the other, each on a line with how much of it there is."""
    last = ""

    def told(now: Progress) -> None:
        nonlocal last
        if now.what != last:
            last = now.what
            say(f"{now.what} ({now.total:,})", to)

    return Watch(told)


def follow(events: Iterator[Event], to: Console, what: str, figure: Callable[[Metrics], str]) -> StateChanged:
    """Have a run trained and show how far it is; how it ended.

    ``figure`` says what was measured of one model, or nothing; after the word ``what`` stand the newest
    figures of all models.
    """
    ended = StateChanged("failed", 0, "The run gave no sign of itself.")
    with progress_bar(to, "rate", "figures") as progress:
        task = progress.add_task("run", total=None, rate="", figures="")
        figures: dict[str, str] = {}
        first: Metrics | None = None
        for event in events:
            match event:
                case Started():
                    progress.update(task, total=event.total_steps, completed=event.step)
                    labels = " / ".join(member.label for member in event.members)
                    for line in (f"{event.name}: {labels} on {event.device}", *event.notes):
                        say(line, progress.console)
                case Metrics():
                    if words := figure(event):
                        figures[event.member] = words
                        progress.update(task, figures=f"{what} {' / '.join(figures.values())}")
                    if "total" in event.terms:
                        first = first or event
                        steps, seconds = event.step - first.step, event.time - first.time
                        rate = f"{steps / seconds:.1f} steps/s" if steps and seconds else ""
                        progress.update(task, completed=event.step, rate=rate)
                case StateChanged():
                    ended = event
                case _:
                    pass
    return ended
