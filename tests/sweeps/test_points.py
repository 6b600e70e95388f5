"""What a sweep has come to."""

from __future__ import annotations

import shutil
from pathlib import Path

from jnn_studio.base.watch import Watch
from jnn_studio.runs.index import RunIndex
from jnn_studio.runs.summary import MemberSummary, RunSummary
from jnn_studio.runs.walking import models_to_walk
from jnn_studio.sweeps.measuring import TANGENT_ENERGY
from jnn_studio.sweeps.points import SweepPoint, SweepReader, SweepView, front
from jnn_studio.training.words import PSNR


def read(path: Path, tmp_path: Path) -> SweepView:
    return SweepReader(path, tmp_path / "kept").read(Watch())


def point(name: str, rank: float | None, worth: float | None) -> SweepPoint:
    last = {} if worth is None else {PSNR: worth}
    return SweepPoint(RunSummary(Path(name), name, name), MemberSummary("m", "M", last=last, rank=rank), {})


def test_every_model_is_a_point_with_its_rank_and_worth(swept: Path, tmp_path: Path) -> None:
    view = read(swept, tmp_path)
    assert [p.values.get("penalty.eta") for p in view.points] == [None, "0.1", "0.5", "2"]
    assert [p.twin for p in view.points] == [True, False, False, False]
    assert view.label_of(view.points[0]) == "unregularised"
    assert view.label_of(view.points[1]) == "η encoder 0.1"
    assert view.worths == (PSNR, TANGENT_ENERGY)
    assert all(p.rank is not None and p.worth(PSNR) is not None for p in view.points)
    assert all(0 <= (p.worth(TANGENT_ENERGY) or -1) <= 1 for p in view.points)
    assert view.finished == 4
    assert not view.under_way


def test_the_front_is_what_nothing_beats() -> None:
    points = [
        point("small", 5, 20), point("beaten", 8, 19), point("large", 30, 25), point("equal", 31, 25),
        point("young", None, 30), point("nothing", 6, None),
    ]  # fmt: skip
    assert [p.run.id for p in front(points, PSNR)] == ["small", "large"]


def test_a_point_is_the_same_after_the_folder_was_moved(swept: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(swept, moved)
    assert [p.key for p in read(moved, tmp_path).points] == [p.key for p in read(swept, tmp_path).points]


def test_a_run_of_a_sweep_is_walked_beside_the_twin_of_all(swept: Path, tmp_path: Path) -> None:
    runs = RunIndex(tmp_path / "kept").refresh([swept], Watch())
    strong = next(run for run in runs if run.path.name == "eta-2")
    weak = next(run for run in runs if run.path.name == "eta-0.1")
    twin = next(run for run in runs if run.path.name == "twin")
    assert [run for run, _ in models_to_walk([strong], 4, runs)] == [twin, strong]
    assert [run for run, _ in models_to_walk([weak, strong], 4, runs)] == [twin, weak, strong]
    assert [run for run, _ in models_to_walk([twin, strong], 4, runs)] == [twin, strong]
    assert [run for run, _ in models_to_walk([strong], 4)] == [strong]


def test_what_is_no_sweep_says_so(tmp_path: Path) -> None:
    assert "holds no sweep" in read(tmp_path, tmp_path).problem
    (tmp_path / "sweep.toml").write_text("vary = 3", encoding="utf-8")
    assert "no id" in read(tmp_path, tmp_path).problem
