"""Colours for what is known of images, to be told apart by every kind of dichromacy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg

from jnn_studio.base.text import printable
from jnn_studio.explore.collection.catalogue import Facet
from jnn_studio.explore.meaning.meaning import MINUS

LEVELS = 48
"""Colours of a scale."""

ENDS = (2.0, 98.0)
"""Percentiles at the ends of a scale: a few far values leave the others their colours."""

# Okabe & Ito, Color Universal Design (2008), without black and yellow, which vanish in one of the themes.
CATEGORIES = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
YES, NO = "#e69f00", "#0072b2"
YES_DARK, NO_DARK = "#e69f00", "#56b4e9"


@dataclass(frozen=True)
class Colouring:
    """A colour for each image, and what the colours mean.

    Attributes:
        title: what is shown in colour; "" if nothing is.
        colors: as #rrggbb.
        codes: int64 (images,), which of them; -1: not known, or none of its own.
        entries: words for single colours, "" being the one of codes -1; empty for a scale.
        scale: words for the first, the middle and the last colour of a scale; empty for single colours.
    """

    title: str
    colors: tuple[str, ...]
    codes: np.ndarray
    entries: tuple[tuple[str, str], ...] = ()
    scale: tuple[str, ...] = ()


def no_colours(images: int) -> Colouring:
    """All alike."""
    return Colouring("", (), np.full(images, -1, np.int64))


def colour_by(facet: Facet, dark: bool, first: int | None = None) -> Colouring:
    """Colours for a facet.

    Of many categories the largest have colours, and first the one of the image ``first``, which is the one in
    view; the others have none.
    """
    if facet.categories:
        return _by_category(facet, first)
    known = np.isfinite(facet.values)
    if facet.binary:
        middle = (facet.low + facet.high) / 2
        codes = np.where(known, facet.values > middle, -1).astype(np.int64)
        no, yes = (NO_DARK, YES_DARK) if dark else (NO, YES)
        entries = [(no, _counted("no", codes == 0)), (yes, _counted("yes", codes == 1))]
        return Colouring(facet.name, (no, yes), codes, (*entries, *_rest("not known", codes)))
    low, high = np.percentile(facet.values[known], ENDS)
    if not high > low:
        low, high = facet.low, max(facet.high, np.nextafter(facet.low, np.inf))
    shares = ((np.where(known, facet.values, low) - low) / (high - low)).clip(0, 1)
    codes = np.where(known, (shares * (LEVELS - 1)).round(), -1).astype(np.int64)
    # Neither end may be as dark, or as light, as what it stands on.
    lookup = pg.colormap.get("viridis").getLookupTable(*((0.2, 1.0) if dark else (0.0, 0.88)), LEVELS)
    colors = tuple("#{:02x}{:02x}{:02x}".format(*color[:3]) for color in lookup.tolist())
    digits = max(0, 2 - int(np.floor(np.log10(high - low))))
    at_low, at_middle, at_high = (_number(value, digits) for value in (low, (low + high) / 2, high))
    words = (
        f"≤ {at_low}" if facet.low < low else at_low,
        at_middle,
        f"≥ {at_high}" if facet.high > high else at_high,
    )
    return Colouring(facet.name, colors, codes, scale=words)


def _by_category(facet: Facet, first: int | None) -> Colouring:
    known = np.where(np.isfinite(facet.values), facet.values, -1).astype(np.int64)
    counts = np.bincount(known[known >= 0], minlength=len(facet.categories))
    order = [int(number) for number in np.argsort(-counts, kind="stable")]
    many = len(order) > len(CATEGORIES)
    if many and first is not None and known[first] >= 0:
        order.remove(int(known[first]))
        order.insert(0, int(known[first]))
    chosen = order[: len(CATEGORIES)]
    code_of = np.full(len(facet.categories) + 1, -1, np.int64)  # the last: where nothing is known
    code_of[chosen] = np.arange(len(chosen))
    codes = code_of[known]
    names = [printable(facet.categories[number]) or "none" for number in chosen]
    entries = [
        (color, _counted(name, codes == code))
        for code, (color, name) in enumerate(zip(CATEGORIES, names, strict=False))
    ]
    rest = f"{len(order) - len(chosen):,} others" if many else "not known"
    return Colouring(facet.name, CATEGORIES[: len(chosen)], codes, (*entries, *_rest(rest, codes)))


def _number(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", MINUS)


def _counted(words: str, which: np.ndarray) -> str:
    return f"{words} ({int(which.sum()):,})"


def _rest(words: str, codes: np.ndarray) -> tuple[tuple[str, str], ...]:
    return (("", _counted(words, codes < 0)),) if (codes < 0).any() else ()
