"""What η did in earlier pairs that learnt from the same images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jnn_studio.base.errors import StudioError
from jnn_studio.base.text import counted
from jnn_studio.base.watch import Watch
from jnn_studio.training.folder.run_folder import RunFolder, is_run
from jnn_studio.training.pair.autoencoder_pair import REGULARISED, pair_members
from jnn_studio.training.pair.pair_config import PairConfig
from jnn_studio.training.words import ETA, PSNR

_MOST_FOLDERS = 200
"""Newest folders that are looked into."""


@dataclass(frozen=True)
class EarlierRun:
    """η of a finished pair's encoder, and the effective rank and held-out PSNR in dB that it led to."""

    eta: float
    rank: float
    psnr: float
    steps: int

    def __str__(self) -> str:
        return f"η {self.eta:.3g} → rank {self.rank:.3g}, {self.psnr:.1f} dB ({counted(self.steps, 'step')})"


def earlier_runs(runs: Path, like: PairConfig, watch: Watch, most: int = 4) -> list[EarlierRun]:
    """The newest finished pairs in the folder ``runs`` with the images, and the image size, of ``like``.

    Smallest η first. A folder that cannot be read is passed over.

    Raises:
        Cancelled: ``watch`` says so.
    """
    found: list[EarlierRun] = []
    for path in _newest_first(runs)[:_MOST_FOLDERS]:
        watch.check()
        try:
            folder = RunFolder.open(path)
            config = folder.config()
            if isinstance(config, PairConfig) and _alike(config, like) and folder.state().state == "finished":
                found += _read(folder, config)
        except (StudioError, OSError):
            continue
        if len(found) == most:
            break
    return sorted(found, key=lambda run: run.eta)


def _newest_first(runs: Path) -> list[Path]:
    try:
        folders = [(path.stat().st_mtime, path) for path in runs.iterdir() if is_run(path)]
    except OSError:
        return []
    return [path for _, path in sorted(folders, reverse=True)]


def _alike(config: PairConfig, other: PairConfig) -> bool:
    sizes = (config.model.size, config.model.channels)
    return config.data == other.data and sizes == (other.model.size, other.model.channels)


def _read(folder: RunFolder, config: PairConfig) -> Iterator[EarlierRun]:
    """What the run came to, if it logged all of it."""
    members = tuple(member.key for member in pair_members(config))
    terms: dict[str, float] = {ETA: config.penalty.encoder_eta(config.model.size)}
    start = 0
    while True:
        metrics, start = folder.metrics(start, members)
        if not metrics:
            break
        for logged in metrics:
            if logged.member == REGULARISED:
                terms.update(logged.terms)
    ranks = [s.effective_rank for s in folder.spectra(members) if s.member == REGULARISED]
    if ranks and PSNR in terms:
        yield EarlierRun(terms[ETA], ranks[-1], terms[PSNR], config.schedule.steps)
