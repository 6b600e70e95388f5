"""Several figure sheets as one piece of work: the same settings for each of several images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jnn_studio.base.watch import Watch
from jnn_studio.explore.figures.exporting import ExportError
from jnn_studio.explore.figures.sheet import Renderer, Sheet, make_sheet
from jnn_studio.explore.state import Base, ExploreState, SourceImage

if TYPE_CHECKING:
    from jnn_studio.explore.figures.sheet_page import Layout


def at_images(state: ExploreState, images: Sequence[int]) -> list[ExploreState]:
    """``state`` at rest at each of these images of its source."""
    rest = state.at_rest()
    return [rest.change(base=Base(image=SourceImage(index=index))) for index in images]


def batch_paths(path: Path, count: int) -> list[Path]:
    """Names for so many files: ``path`` itself for one, else numbered before its ending."""
    if count == 1:
        return [path]
    digits = len(str(count))
    return [path.with_name(f"{path.stem}-{n:0{digits}}{path.suffix}") for n in range(1, count + 1)]


def save_sheets(
    renderer: Renderer,
    states: Sequence[ExploreState],
    path: Path,
    directions: int,
    steps: int,
    limit: float,
    scale: int = 1,
    layout: Layout = "side by side",
    watch: Watch | None = None,
) -> list[Path]:
    """One sheet for each state, as `make_sheet` and `save_sheet`; where they are.

    Several replace no file, and leave none behind if they are called off or one of them fails.

    Raises:
        Cancelled: ``watch`` said so.
        ExportError: a file cannot be written, or one of several is there already.
    """
    from jnn_studio.explore.figures.sheet_page import (
        save_sheet,  # here, because Matplotlib takes long to import
    )

    watch = watch or Watch()
    paths = batch_paths(path, len(states))
    taken = [other for other in paths if other.exists()] if len(paths) > 1 else []
    if taken:
        raise ExportError(f"{taken[0]} is there already, and a batch replaces nothing; choose another name")
    written: list[Path] = []
    try:
        for number, (state, target) in enumerate(zip(states, paths, strict=True)):
            sheet = _sheet(renderer, state, directions, steps, limit, watch, number, len(states))
            save_sheet(sheet, target, scale, layout)
            written.append(target)
    except BaseException:
        if len(paths) > 1:
            for target in written:
                target.unlink(missing_ok=True)
        raise
    return written


def _sheet(
    renderer: Renderer,
    state: ExploreState,
    directions: int,
    steps: int,
    limit: float,
    watch: Watch,
    number: int,
    count: int,
) -> Sheet:
    """One of several; of one alone, every image is progress."""
    if count == 1:
        return make_sheet(renderer, state, directions, steps, limit, watch=watch)
    watch.step(number, count)
    return make_sheet(renderer, state, directions, steps, limit, watch=watch.quiet())
