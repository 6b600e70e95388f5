"""Models that have never seen such pictures are found out, and the others left alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.folder import FolderSource
from jnn_studio.explore.collection.familiarity import (
    COMPONENTS,
    FEWEST,
    Familiarity,
    familiarity,
    picture_familiarity,
)
from jnn_studio.explore.columns.open_models import open_bundled
from jnn_studio.models.weights import LoadedModel
from jnn_studio.training.pair.fit_pca import fit_pca


def stripes(count: int = 80, size: int = 64) -> FolderSource:
    """Pictures that are no faces: coloured gratings."""
    random = np.random.default_rng(0)
    across = np.arange(size) / size
    waves = [
        np.sin(2 * np.pi * (2 * across + phase))[None, None] * np.ones((3, size, 1)) * colour[:, None, None]
        for phase, colour in zip(random.uniform(0, 1, count), random.uniform(0.2, 1, (count, 3)), strict=True)
    ]
    images = (127.5 + 127.5 * np.stack(waves)).round().astype(np.uint8)
    return FolderSource("stripes", images, [f"{number}.png" for number in range(count)])


def test_models_of_faces_have_not_seen_stripes_and_the_sentence_says_by_what_numbers() -> None:
    found = familiarity(open_bundled(), stripes())
    assert found is not None
    assert found.strange
    assert found.own is not None
    assert found.own > 25, "on drawn faces the bundled ones are good"
    assert f"{found.psnr:.1f} dB here" in found.words
    assert f"{found.own:.1f} dB" in found.words
    assert f"{COMPONENTS} principal components reach {found.yardstick:.1f} dB" in found.words


def test_what_they_were_trained_on_they_know() -> None:
    found = familiarity(open_bundled(), FaceSource(64, 64, seed=5))
    assert found is not None
    assert not found.strange


def test_the_best_model_in_view_counts() -> None:
    source = stripes()
    pca = fit_pca(source, 20).model
    assert familiarity([LoadedModel(pca, "PCA", {})], source) is None, "it is fitted to what it is shown with"
    models = open_bundled()
    alone, both = familiarity(models[:1], source), familiarity(models, source)
    assert alone is not None
    assert both is not None
    assert both.psnr >= alone.psnr


def test_of_a_few_images_nothing_is_said() -> None:
    assert familiarity(open_bundled(), stripes(count=FEWEST - 1)) is None


def test_where_its_own_pictures_are_not_known_they_are_left_out() -> None:
    models = [LoadedModel(loaded.model, loaded.name, {}) for loaded in open_bundled()]
    found = familiarity(models, stripes())
    assert found is not None
    assert found.own is None
    assert "they know" not in found.words


def test_a_little_below_the_yardstick_is_no_stranger() -> None:
    assert Familiarity(16.9, 18.0, None).strange
    assert not Familiarity(17.1, 18.0, None).strange


def test_one_picture_is_held_against_what_its_best_model_knows() -> None:
    models = open_bundled()
    strange = picture_familiarity(models, [8.0, 9.5])
    assert strange is not None
    assert strange.strange
    assert strange.words.startswith("New to the models in view: 9.5 dB here")
    known = picture_familiarity(models, [30.0, 28.0])
    assert known is not None
    assert not known.strange
    assert picture_familiarity(models, [None, None]) is None, "an earlier walk led there"
    unknown = [LoadedModel(loaded.model, loaded.name, {}) for loaded in models]
    assert not picture_familiarity(unknown, [5.0, 5.0]).strange, "with nothing to hold it against"


def test_it_ends_when_it_is_not_wanted() -> None:
    watch = Watch()
    watch.cancel()
    with pytest.raises(Cancelled):
        familiarity(open_bundled(), stripes(), watch)


def test_grey_images_are_judged_in_the_colours_of_the_model() -> None:
    grey = np.random.default_rng(1).integers(0, 255, (40, 1, 64, 64), dtype=np.uint8)
    found = familiarity(open_bundled(), FolderSource("grey", grey, [f"{n}.png" for n in range(40)]))
    assert found is not None
    assert torch.isfinite(torch.tensor([found.psnr, found.yardstick])).all()
