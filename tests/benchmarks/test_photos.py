"""What pairs for photographs are judged by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.photos import at_rank, configured, effective_ranks, judged, train_and_measure
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.pixels import psnr
from jnn_studio.models.config import CorrectedPCAConfig
from jnn_studio.models.corrected_pca import build
from jnn_studio.training.pair.fit_pca import fit_pca
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

FACES = FaceSource(60, 16, seed=2)
IMAGES = FACES.images(range(8))
TINY = [
    *("model.size=16", "model.components=12", "model.latent=6", "model.hidden=8"),
    *("schedule.steps=12", "schedule.batch_size=8", "schedule.held_out=6", 'schedule.device="cpu"'),
    *("penalty.target_rank=3", "logging.spectrum_every=6", "logging.preview_every=6"),
]


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for number, pixels in enumerate(FACES.thumbnails(range(60), 24)):
        folder = tmp_path / "people" / f"p{number // 6}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path / "people"


@pytest.mark.parametrize("member", ["regularised", "unregularised"])
def test_a_member_is_trained_and_judged_on_people_it_never_saw(people: Path, member: str) -> None:
    found = train_and_measure(configured("photos", people, TINY), member)

    assert found["held_out"] == "Held out: 6 images, all of 1 of 10 folders."
    assert found["gain"] == pytest.approx(found["psnr"] - found["pca"], abs=2e-3)
    assert (found["eta"] == 0) == (member == "unregularised")
    assert set(found["rank"]) == {"encoder", "decoder", "both"}
    assert all(1 <= rank <= 6.01 for rank in found["rank"].values())


def test_a_run_is_judged_as_what_is_trained_here(people: Path, tmp_path: Path) -> None:
    config = configured("photos", people, [*TINY, "images.mix=0.5"])
    list(start_run(config, tmp_path / "run", Commands()))

    trained = train_and_measure(config, "regularised")

    assert judged(tmp_path / "run", "regularised") == {k: v for k, v in trained.items() if k != "step"}


def test_a_fresh_pair_has_the_rank_of_its_latent_and_the_quality_of_pca() -> None:
    model = build(CorrectedPCAConfig(size=16, components=12, latent=5, hidden=8), seed=0)
    pca = fit_pca(FACES, 12).model
    model.start_from(pca)

    assert effective_ranks(model, IMAGES) == pytest.approx({"encoder": 5, "decoder": 5, "both": 5}, rel=1e-4)
    with torch.no_grad():
        assert at_rank(pca, 5.0, IMAGES) == pytest.approx(psnr(model(IMAGES), IMAGES), abs=1e-3)
        between = [psnr(pca.truncated(count)(IMAGES), IMAGES) for count in (5, 6)]
    assert at_rank(pca, 5.25, IMAGES) == pytest.approx(np.interp(0.25, (0, 1), between))
