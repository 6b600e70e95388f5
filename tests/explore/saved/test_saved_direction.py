"""Saved directions: written exactly, found again in the same model and in others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from jnn_studio.explore.saved.saved_direction import SavedDirection, StoredArray, nearest_direction, search
from jnn_studio.models.weights import fingerprint

from .saved import network, saved, spot


def test_it_is_the_same_after_being_written_and_read() -> None:
    before = saved(note="seen by chance")
    assert SavedDirection.model_validate_json(before.model_dump_json()) == before


def test_it_knows_where_it_comes_from() -> None:
    found = saved()
    assert (found.model.name, found.model.eta, found.model.run) == ("small", 0.5, "first")
    assert (found.kind, found.index, found.label) == ("encoder", 2, "face 0")
    assert found.created.tzinfo is not None
    base, moved = found.pictures()
    assert base.shape == moved.shape == (16, 16, 3)
    assert (base != moved).any()


def test_its_vector_is_the_unit_direction_to_the_last_bit() -> None:
    place = spot(network())
    vector = saved(index=3).direction.array()
    assert np.allclose(vector, place.directions[:, 3].numpy(), atol=1e-6)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_at_its_own_image_it_is_itself() -> None:
    loaded = network()
    found = nearest_direction(saved(index=4, loaded=loaded), spot(loaded), fingerprint(loaded.model))
    assert (found.index, found.sign, found.same_model) == (4, 1, True)
    assert found.cosine == pytest.approx(1, abs=1e-5)


def test_a_direction_that_points_the_other_way_is_found_with_its_sign() -> None:
    loaded = network()
    place = spot(loaded)
    turned = replace(place, directions=-place.directions, push=-place.push)
    for print_ in (fingerprint(loaded.model), "another"):
        found = nearest_direction(saved(index=1, loaded=loaded), turned, print_)
        assert (found.index, found.sign) == (1, -1)
        assert found.cosine > 0.999


def test_at_another_image_it_is_the_one_most_nearly_parallel() -> None:
    loaded = network()
    kept = saved(index=2, loaded=loaded)
    place = spot(loaded, index=9)
    cosines = (place.directions.T @ torch.from_numpy(kept.direction.array())).abs()
    found = nearest_direction(kept, place, fingerprint(loaded.model))
    assert found.index == int(cosines.argmax())
    assert found.cosine == pytest.approx(float(cosines.max()), abs=1e-5)


def test_in_another_model_what_it_does_to_the_image_is_compared() -> None:
    """A latent space turned round is another model that does the same."""
    loaded = network()
    kept = saved(index=2, loaded=loaded)
    place = spot(loaded)
    turn = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(0)))[0]
    order = [3, 2, 5, 0, 1, 4]
    turned = replace(place, directions=(turn @ place.directions)[:, order], push=place.push[order])
    found = nearest_direction(kept, turned, "another")
    assert (order[found.index], found.same_model) == (2, False)
    assert found.cosine > 0.999


@pytest.mark.parametrize("changes", [{"size": 32}, {"channels": 1}, {"size": 64, "latent": 5}])
def test_models_of_other_sizes_and_colours_can_be_searched(changes: dict[str, int]) -> None:
    loaded = network(1, **changes)
    found = nearest_direction(saved(), spot(loaded, k=4), fingerprint(loaded.model))
    assert 0 <= found.cosine <= 1
    assert not found.same_model


def test_large_push_forwards_are_kept_small() -> None:
    assert saved(loaded=network(size=64)).push.shape == (3, 32, 32)


def test_a_name_cannot_be_empty() -> None:
    with pytest.raises(ValidationError):
        saved().renamed("  ")
    assert saved().renamed(" grin ", "wide").name == "grin"


def test_search_finds_all_words_in_names_notes_and_models() -> None:
    found = [saved("Smile", note="like a grin"), saved("head turns"), saved("lips")]
    assert search(found, "SMILE") == found[:1]
    assert search(found, "grin small") == found[:1]
    assert search(found, "first") == found, "the run"
    assert search(found, "") == found
    assert search(found, "beard") == []


@pytest.mark.parametrize(
    "stored",
    [
        {"shape": [2], "data": "AAAA"},
        {"shape": [2], "data": "*"},
        {"shape": [1], "data": "AADAfw=="},  # NaN
        {"shape": [], "data": ""},
    ],
)
def test_arrays_that_are_none_are_refused(stored: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        StoredArray.model_validate(stored)
