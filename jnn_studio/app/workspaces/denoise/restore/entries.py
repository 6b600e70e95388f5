"""What there is to show of a restoration, in words and pictures. Free of Qt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jnn_studio.app.widgets.compare.entry import Entry
from jnn_studio.app.workspaces.denoise.entries import method_label
from jnn_studio.app.workspaces.denoise.method_colors import ROLES
from jnn_studio.app.workspaces.denoise.restore.settings import in_words
from jnn_studio.labs.denoise.denoisers.methods import BM3D
from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS
from jnn_studio.labs.denoise.restoring.priors import OneSigmaPrior, sigma_words

if TYPE_CHECKING:
    from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
    from jnn_studio.app.workspaces.denoise.restore.restoring import Prior, Restoring, Standing
    from jnn_studio.labs.denoise.spectra.spectrum import Crop

CLEAN, SEEN, LEARNT, CONTROL = "clean", "seen", "learnt", "control"
CONTROL_TITLE = "Total variation"
CONTROL_ROLE = ROLES[BM3D]
"""The other way that has learnt nothing; they are never on one page."""
CONVENTION = (
    f"{CONVENTIONS['psnr_plain'].label}, more is better: the peak is 2, the estimate is cut to [-1, 1]. "
    "Colour total variation is the control: it learns nothing; the noise and what is seen set its weight."
)
_WEAK, _STRONG = 1 / 3, 1.5
"""Shares of the σ that a denoiser was trained for, below and above which noise is worth a word."""


def entries_of(restoring: Restoring, reason: str) -> dict[str, Entry]:
    """The four pictures; ``reason``: why nothing can be started."""
    posed, snapshot = restoring.posed, restoring.snapshot
    found = {
        CLEAN: Entry(
            "Clean",
            levels=() if posed is None else posed.clean,
            lines=("The photograph as it is", ""),
            tip="The crop of the photograph, which both restorations are measured against",
        ),
        SEEN: Entry(
            "Seen",
            levels=() if posed is None else posed.seen,
            lines=("", "") if posed is None else (_psnr(posed.psnr), in_words(posed.question.config)),
            empty=reason,
            tip="All that both restorations are given; a missing pixel is grey, and known to be missing",
        ),
        LEARNT: Entry("Learnt prior", tip="Restored with a denoiser as the prior"),
        CONTROL: Entry(
            CONTROL_TITLE,
            tip="Restored by ½‖Ax − y‖² + w Σ|∇x|, |∇x| over all colours, w by the noise: the control",
        ),
    }
    if snapshot is None:
        waiting = reason or ("Starting…" if restoring.running else "Press Start to restore what is seen")
        for key in (LEARNT, CONTROL):
            found[key] = replace(found[key], empty="" if posed is None else waiting)
        return found
    prior = snapshot.prior
    found[LEARNT] = replace(
        found[LEARNT],
        role=ROLES.get(prior.method, ""),
        levels=snapshot.learnt,
        corner=f"step {snapshot.step} of {prior.config.steps}",
        lines=(_psnr(snapshot.learnt_psnr[-1]), _ahead(snapshot)),
        tip=f"Restored with {_named(prior)}, {_told(restoring, prior)}, as the prior",
    )
    found[CONTROL] = replace(
        found[CONTROL],
        role=CONTROL_ROLE,
        levels=snapshot.control,
        lines=(_psnr(snapshot.control_psnr[-1]), "the control"),
    )
    return found


def progress(
    restoring: Restoring, prior: Prior | None, reason: str, crop: Crop | None, desk: PhotoDesk
) -> str:
    """What is on show, or what to do."""
    if reason:
        return reason
    snapshot = restoring.snapshot
    if restoring.running:
        return "Step 0…" if snapshot is None else _under_way(snapshot)
    if snapshot is not None:
        total = snapshot.prior.config.steps
        done = "Done" if snapshot.step == total else f"Stopped at step {snapshot.step} of {total}"
        changed = (
            "" if prior is None or _same(prior, snapshot.prior) else " Settings have changed: Start again."
        )
        named = f"{_named(snapshot.prior)}, {_told(restoring, snapshot.prior)}"
        return f"{done}, {snapshot.seconds:.1f} s. {named}: {_ahead(snapshot)}.{changed}"
    words = [] if desk.photo is None or crop is None else [_part(desk.photo.pixels.shape, crop.side)]
    if desk.already_noisy:
        words.append("The photograph counts as clean here.")
    if restoring.posed is not None and prior is not None:
        noise = restoring.posed.question.config.noise
        words.append(f"The prior is {method_label(prior.method)}, {_asked(prior, noise)}.")
    return " ".join(words)


def _under_way(snapshot: Standing) -> str:
    sigma = f", asked about σ = {snapshot.sigmas[-1]:.3g}" if snapshot.step else ""
    return f"Step {snapshot.step} of {snapshot.prior.config.steps}{sigma}…"


def _part(shape: tuple[int, ...], side: int) -> str:
    height, width = shape[:2]
    return f"Restores the square of {side} × {side} out of {width} × {height} pixels."


def _asked(prior: Prior, noise: float) -> str:
    """Of which σ the denoiser is asked, and what is to be expected."""
    said = sigma_words(prior.asked, noise, prior.config.steps)
    return said + _remark(noise, prior.asked.sigma) if isinstance(prior.asked, OneSigmaPrior) else said


def _remark(noise: float, sigma: float) -> str:
    """What is to be expected, as measured over photographs: see docs/denoise.md."""
    if noise < _WEAK * sigma:
        return ": with this little noise it may add nothing"
    if noise > _STRONG * sigma:
        return ": one for stronger noise would do better"
    return ""


def _same(one: Prior, other: Prior) -> bool:
    return one.method == other.method and one.loaded is other.loaded and one.config == other.config


def _named(prior: Prior) -> str:
    return f"{method_label(prior.method)}, strength {prior.config.strength:g}"


def _told(restoring: Restoring, prior: Prior) -> str:
    assert restoring.posed is not None  # a snapshot is of it
    return sigma_words(prior.asked, restoring.posed.question.config.noise, prior.config.steps)


def _psnr(value: float) -> str:
    return f"{CONVENTIONS['psnr_plain'].label} {value:.2f} dB"


def _ahead(snapshot: Standing) -> str:
    """The learnt prior against the control."""
    gain = snapshot.learnt_psnr[-1] - snapshot.control_psnr[-1]
    if abs(gain) < 0.005:
        return "as total variation"
    return f"{abs(gain):.2f} dB {'above' if gain > 0 else 'below'} total variation"
