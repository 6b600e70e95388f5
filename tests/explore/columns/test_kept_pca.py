"""Kept as a weights file, found again for the same images and no others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.folder import open_folder
from jnn_studio.explore.columns import kept_pca as module
from jnn_studio.explore.columns.kept_pca import keep_pca
from jnn_studio.explore.columns.references import open_model
from jnn_studio.models.pca import PCA
from jnn_studio.models.weights import fingerprint, load_model
from jnn_studio.training.pair.fit_pca import PCAError

FACES = FaceSource(30, 16, seed=4)


def test_it_is_a_model_as_any_other(tmp_path: Path) -> None:
    path = keep_pca(FACES, 5, tmp_path / "new" / "pca")

    loaded = open_model(str(path))
    assert isinstance(loaded.model, PCA)
    assert loaded.name == "PCA · 5 components"
    assert loaded.info["of"] == "faces"
    assert loaded.info["images"] == "30"


def test_a_second_time_nothing_is_fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = keep_pca(FACES, 5, tmp_path)
    monkeypatch.delattr(module, "fit_pca")

    assert keep_pca(FaceSource(30, 16, seed=4), 5, tmp_path) == first


def test_other_images_other_components_and_other_sizes_have_their_own(tmp_path: Path) -> None:
    others = (FaceSource(30, 16, seed=5), FaceSource(29, 16, seed=4), FaceSource(30, 20, seed=4))
    paths = {keep_pca(source, 5, tmp_path) for source in (FACES, *others)}
    assert len(paths | {keep_pca(FACES, 6, tmp_path)}) == 5


def test_a_folder_whose_pictures_have_changed_is_fitted_anew(tmp_path: Path) -> None:
    def picture(seed: int) -> Image.Image:
        return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (16, 16, 3), np.uint8))

    folder = tmp_path / "my photos"
    folder.mkdir()
    for i in range(6):
        picture(i).save(folder / f"{i}.png")

    def kept() -> Path:
        return keep_pca(open_folder(folder, 16, cache_dir=tmp_path / "cache"), 3, tmp_path / "pca")

    first = kept()
    assert first.name.startswith("pca-3-my-photos-")
    assert kept() == first
    picture(9).resize((17, 17)).save(folder / "2.png")
    assert kept() != first


def test_a_damaged_file_is_replaced(tmp_path: Path) -> None:
    path = keep_pca(FACES, 5, tmp_path)
    whole = fingerprint(load_model(path).model)
    path.write_bytes(path.read_bytes()[:-5])

    assert keep_pca(FACES, 5, tmp_path) == path
    assert fingerprint(load_model(path).model) == whole


def test_called_off_it_keeps_nothing(tmp_path: Path) -> None:
    watch = Watch()
    watch.cancel()
    with pytest.raises(Cancelled):
        keep_pca(FACES, 5, tmp_path / "pca", watch)
    assert not (tmp_path / "pca").exists()


def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "pca").write_text("in the way")
    with pytest.raises(PCAError, match=r"pca.* cannot be written: .*; \w+"):
        keep_pca(FACES, 5, tmp_path / "pca")
