"""What a desk has to show, in words and pictures. Free of Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jnn_studio.app.widgets.compare.entry import Entry
from jnn_studio.app.workspaces.denoise.method_colors import ROLES
from jnn_studio.base.text import printable
from jnn_studio.labs.denoise.denoisers import bm3d
from jnn_studio.labs.denoise.denoisers.methods import BM3D, METHODS
from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS, Quality, decibels
from jnn_studio.labs.denoise.noisy.noise_model import GAUSSIAN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk

CLEAN, NOISY = "clean", "noisy"

SHORT_CONVENTIONS = (
    "PSNR, more is better; paper's: the peak is the clean image's own range, 0 included, nothing is cut; "
    "plain: the peak is 2, the estimate is cut to [-1, 1]. SSIM: 1 is the clean image itself."
)
FULL_CONVENTIONS = "\n\n".join(f"{known.label}. {known.text}" for known in CONVENTIONS.values())


def method_label(method: str) -> str:
    """A method's name as people see it; a network of no known method goes by its key."""
    return METHODS[method].label if method in METHODS else printable(method)


def quality_lines(quality: Quality | None) -> tuple[str, str]:
    """Two lines with the measures, each with its convention."""
    if quality is None:
        return "", ""
    second = f"{CONVENTIONS['psnr_plain'].label} {decibels(quality.psnr_plain)}"
    if quality.ssim is not None:
        second += f" · {CONVENTIONS['ssim'].label} {quality.ssim:.3f}"
    return f"{CONVENTIONS['psnr_paper'].label} {decibels(quality.psnr_paper)}", second


def entries_of(desk: PhotoDesk, shares: Mapping[str, float]) -> dict[str, Entry]:
    """Every pane of a desk in its order; ``shares``: how far methods are that are at a large image."""
    found: dict[str, Entry] = {}
    if not desk.already_noisy:
        found[CLEAN] = Entry(
            "Clean",
            levels=desk.levels.get(CLEAN, ()),
            lines=("The photograph as it is", ""),
            empty="Opening…",
            tip="The photograph, which every result is measured against",
        )
    found[NOISY] = _noisy(desk)
    for method in (*desk.models, BM3D):
        found[method] = _method(desk, method, shares.get(method))
    return found


_SEEN = "What every method is given; values beyond black and white are cut off here, not for them"
_CUT_OFF = (
    "What every method is given. Noise was cut off at black and white when it was saved: σ is what it was "
    "before that; methods are told what is left of it, and what the cut did to the means is undone after them"
)


def _noisy(desk: PhotoDesk) -> Entry:
    words = f"Noisy, {desk.noise.words}"
    if desk.already_noisy and desk.noise_kind == GAUSSIAN:
        cut = ", cut off" if desk.estimate is not None and desk.estimate.cut else ""
        words = "Noisy" if desk.estimate is None else f"Noisy, σ ≈ {desk.estimate.sigma:.2g}{cut}"
    if desk.already_noisy:
        lines = ("The photograph as it is, clean image unknown", "")
    else:
        lines = quality_lines(desk.noisy_quality)
    return Entry(
        words,
        levels=desk.levels.get(NOISY, ()),
        lines=lines,
        empty="Drawing the noise…",
        tip=_CUT_OFF if desk.noise.cut else _SEEN,
    )


def _method(desk: PhotoDesk, method: str, share: float | None) -> Entry:
    lines, corner, empty, levels = ("", ""), "", "", desk.levels.get(method, ())
    if method == BM3D and not bm3d.available():
        empty, levels = bm3d.HOW_TO_GET, ()
    elif method in desk.results:
        result = desk.results[method]
        lines, corner = quality_lines(result.quality), f"{result.seconds:.2g} s"
    elif method in desk.failures:
        empty = desk.failures[method].text
    elif desk.stopped:
        levels, empty = (), "Stopped"
    else:
        empty = "Denoising…"
        corner = "denoising…" if share is None else f"{share:.0%}"
    learnt = METHODS[method].learns_from if method in METHODS else "what its file does not say"
    tip = f"{method_label(method)}. Learns from {learnt}"
    return Entry(
        method_label(method),
        role=ROLES.get(method, ""),
        levels=levels,
        corner=corner,
        lines=lines,
        empty=empty,
        tip=f"{tip}\n{bm3d.LICENCE}" if method == BM3D else tip,
    )
