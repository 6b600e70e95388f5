"""What η did to the same images in earlier runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.training.config import RunConfig
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.pair.earlier_runs import earlier_runs

Tiny = Callable[..., RunConfig]
KEYS = ("unregularised", "regularised")


@pytest.fixture
def runs(trained: Path, tmp_path: Path) -> Path:
    """A folder of one finished run, and of what is none."""
    shutil.copytree(trained, tmp_path / "runs" / "first")
    (tmp_path / "runs" / "photographs").mkdir()
    (tmp_path / "runs" / "notes.txt").write_text("no run")
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "config.toml").write_text("[")
    return tmp_path / "runs"


def test_a_finished_run_on_the_same_images_says_what_its_eta_led_to(tiny: Tiny, runs: Path) -> None:
    folder = RunFolder(runs / "first")
    rank = [s.effective_rank for s in folder.spectra(KEYS) if s.member == "regularised"][-1]
    psnr = [m.terms["held_out_psnr"] for m in folder.metrics()[0] if "held_out_psnr" in m.terms][-1]

    (run,) = earlier_runs(runs, tiny(penalty={"eta": 3.0}, schedule={"steps": 7}), Watch())

    assert (run.eta, run.rank, run.psnr, run.steps) == (0.5, rank, psnr, 60)
    assert str(run) == f"η 0.5 → rank {rank:.3g}, {psnr:.1f} dB (60 steps)"


@pytest.mark.parametrize("other", [{"data": {"count": 49}}, {"data": {"seed": 2}}, {"model": {"size": 17}}])
def test_other_images_are_no_guide(tiny: Tiny, runs: Path, other: dict[str, dict[str, int]]) -> None:
    assert earlier_runs(runs, tiny(**other), Watch()) == []


def test_runs_that_were_stopped_are_no_guide(tiny: Tiny, runs: Path) -> None:
    RunFolder(runs / "first").set_state("stopped", 30)
    assert earlier_runs(runs, tiny(), Watch()) == []


def test_of_many_runs_the_newest_are_told_smallest_eta_first(tiny: Tiny, runs: Path) -> None:
    for number, eta in enumerate((4.0, 0.1, 2.0, 1.0)):
        path = runs / f"again {number}"
        shutil.copytree(runs / "first", path)
        (path / "config.toml").write_text(tiny(penalty={"eta": eta}).to_toml(), encoding="utf-8")
        os.utime(path, (2_000_000_000 + number, 2_000_000_000 + number))

    assert [run.eta for run in earlier_runs(runs, tiny(), Watch(), most=3)] == [0.1, 1.0, 2.0]


def test_there_need_be_no_runs_at_all_and_nobody_waits_for_them(tiny: Tiny, runs: Path) -> None:
    assert earlier_runs(runs / "nowhere", tiny(), Watch()) == []
    watch = Watch()
    watch.cancel()
    with pytest.raises(Cancelled):
        earlier_runs(runs, tiny(), watch)
