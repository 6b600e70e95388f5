"""Progress as the commands show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from jnn_studio.training.events import Event, Metrics, Started, StateChanged


def progress_bar(to: Console, *texts: str, transient: bool = False, silent: bool = False) -> Progress:
    """A bar, how many of how many, the time left, and fields of text, in a line of 80 characters."""
    fields = (TextColumn(f"{{task.fields[{name}]}}") for name in texts)
    columns = (BarColumn(bar_width=16), MofNCompleteColumn(), TimeRemainingColumn(), *fields)
    return Progress(*columns, console=to, transient=transient, disable=silent)


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
                        progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
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
