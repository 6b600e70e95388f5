"""Catalogue: filters by factor, attribute and text, and orders by what a survey found."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from jnn_studio.data.faces import FaceSource
from jnn_studio.data.folder import FolderSource
from jnn_studio.explore.collection.catalogue import Catalogue, Filter, Picked, Query
from jnn_studio.explore.collection.gallery import Survey

NAMES = ["Anna/1.png", "Anna/2.png", "bert/1.png", "Bert/2.png"]


@dataclass(frozen=True)
class Attributes:
    names: tuple[str, ...]
    values: np.ndarray
    binary: tuple[bool, ...]


@pytest.fixture
def photos() -> FolderSource:
    return FolderSource("photos", np.zeros((4, 3, 8, 8), np.uint8), NAMES)


def found(psnr: list[float], latents: list[list[float]] | None = None, total: int = 4) -> Survey:
    return Survey(np.array(latents or [[0.0]] * len(psnr), np.float32), np.array(psnr, np.float32), total)


def test_asked_for_nothing_everything_comes_in_the_order_of_the_source(photos: FolderSource) -> None:
    selection = Catalogue(photos).select(Query())
    assert selection.indices.tolist() == [0, 1, 2, 3]
    assert selection.numbers is None


def test_text_finds_labels_with_all_its_words_in_any_case(photos: FolderSource) -> None:
    catalogue = Catalogue(photos)
    assert catalogue.select(Query(text="bert")).indices.tolist() == [2, 3]
    assert catalogue.select(Query(text=" 2  ANNA ")).indices.tolist() == [1]
    assert catalogue.select(Query(text="carl")).indices.tolist() == []


def test_faces_are_filtered_by_their_factors() -> None:
    source = FaceSource(300, 16)
    selection = Catalogue(source).select(Query(filters=(Filter("smile", low=0.5),)))
    factors = source.factors(range(300))[:, source.factor_names.index("smile")].numpy()
    assert selection.indices.tolist() == np.flatnonzero(factors >= 0.5).tolist()
    assert 0 < len(selection.indices) < 300


def test_all_filters_hold_at_once() -> None:
    catalogue = Catalogue(FaceSource(300, 16))
    wide = Filter("smile", 0, 1)
    narrow = Filter(catalogue.source.factor_names[0], -1, 0)
    both = catalogue.select(Query(filters=(wide, narrow))).indices
    separately = [set(catalogue.select(Query(filters=(one,))).indices.tolist()) for one in (wide, narrow)]
    assert set(both.tolist()) == separately[0] & separately[1]


def test_an_image_without_a_value_passes_no_filter_on_it(photos: FolderSource) -> None:
    table = Attributes(
        ("Smiling", "Age"), np.array([[1, 20], [-1, 30], [np.nan, 40], [1, np.nan]]), (True, False)
    )
    catalogue = Catalogue(photos, table)
    assert catalogue.select(Query(filters=(Filter("Smiling", low=0),))).indices.tolist() == [0, 3]
    assert catalogue.select(Query(filters=(Filter("Smiling", high=0),))).indices.tolist() == [1]
    assert catalogue.select(Query(filters=(Filter("Age"),))).indices.tolist() == [0, 1, 2]


def test_facets_say_whether_they_are_yes_or_no_and_what_they_span(photos: FolderSource) -> None:
    values = np.array([[1, 20, np.nan], [-1, 30, np.nan], [np.nan, 40, np.nan], [1, np.nan, np.nan]])
    facets = Catalogue(photos, Attributes(("Smiling", "Age", "Empty"), values, (True, False, False))).facets
    assert facets["Smiling"].binary
    assert not facets["Age"].binary
    assert (facets["Age"].low, facets["Age"].high) == (20, 40)
    assert "Empty" not in facets, "nothing can be asked of it"


def test_a_table_of_other_images_is_ignored(photos: FolderSource) -> None:
    assert "Age" not in Catalogue(photos, Attributes(("Age",), np.ones((3, 1)), (False,))).facets


def test_images_are_ordered_by_their_reconstruction(photos: FolderSource) -> None:
    catalogue, survey = Catalogue(photos), found([30, 20, 40, 25])
    worst = catalogue.select(Query(order="worst"), survey)
    assert worst.indices.tolist() == [1, 3, 0, 2]
    assert worst.numbers.tolist() == [20, 25, 30, 40]
    assert catalogue.select(Query(order="best"), survey).indices.tolist() == [2, 0, 3, 1]


def test_images_are_ordered_by_distance_in_latent_space(photos: FolderSource) -> None:
    survey = found([1, 1, 1, 1], [[0, 0], [3, 4], [1, 0], [0, 2]])
    query = Query(order="nearest", target=np.array([0.0, 0.0]))
    selection = Catalogue(photos).select(query, survey)
    assert selection.indices.tolist() == [0, 2, 3, 1]
    assert selection.numbers.tolist() == [0, 1, 2, 5]


@pytest.mark.parametrize("order", ["worst", "best"])
def test_images_not_surveyed_yet_or_without_a_number_come_last(photos: FolderSource, order: str) -> None:
    selection = Catalogue(photos).select(Query(order=order), found([30, np.nan, 20]))
    assert set(selection.indices[:2].tolist()) == {0, 2}
    assert selection.indices[2:].tolist() == [1, 3]
    assert np.isnan(selection.numbers[2:]).all()


def test_filter_and_order_combine(photos: FolderSource) -> None:
    selection = Catalogue(photos).select(Query(text="anna", order="worst"), found([30, 20, 10, 5]))
    assert selection.indices.tolist() == [1, 0]
    assert selection.numbers.tolist() == [20, 30]


def test_folders_are_a_facet_of_images_without_a_table(photos: FolderSource) -> None:
    catalogue = Catalogue(photos)
    facet = catalogue.facets["folder"]
    assert facet.categories == ("Anna", "Bert", "bert")
    one = float(facet.categories.index("Anna"))
    assert catalogue.select(Query(filters=(Filter("folder", one, one),))).indices.tolist() == [0, 1]


def test_only_what_was_picked_is_found_with_filters_that_hold_too(photos: FolderSource) -> None:
    catalogue = Catalogue(photos)
    query = Query(picked=Picked("Lasso", np.array([3, 1])))
    assert not query.is_everything
    assert catalogue.select(query).indices.tolist() == [1, 3]
    assert catalogue.select(replace(query, text="bert")).indices.tolist() == [3]
