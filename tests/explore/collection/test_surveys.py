"""Surveys are kept for whoever needs one next."""

from __future__ import annotations

from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.collection.gallery import Surveyor
from jnn_studio.explore.collection.surveys import KEPT, Surveys
from jnn_studio.models.autoencoder import build
from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.models.weights import LoadedModel


def network(seed: int) -> LoadedModel:
    config = AutoencoderConfig(size=16, dct=8, hidden=24, latent=6)
    return LoadedModel(build(config, seed).eval().requires_grad_(False), f"network {seed}", {})


def test_a_survey_is_that_of_one_model_and_one_source() -> None:
    surveys, source, loaded = Surveys(), FaceSource(40, 16), network(0)
    assert surveys.known(loaded, source) is None
    found = Surveyor(loaded, source).advance(40)
    surveys.keep(loaded, source, found)
    assert surveys.known(loaded, source) is found
    assert surveys.known(network(0), source) is None
    assert surveys.known(loaded, FaceSource(40, 16)) is None


def test_the_longer_of_two_surveys_stays() -> None:
    surveys, source, loaded = Surveys(), FaceSource(40, 16), network(0)
    long, short = (Surveyor(loaded, source).advance(count) for count in (30, 10))
    surveys.keep(loaded, source, long)
    surveys.keep(loaded, source, short)
    assert surveys.known(loaded, source) is long


def test_the_oldest_give_way() -> None:
    surveys, source = Surveys(), FaceSource(20, 16)
    networks = [network(seed) for seed in range(KEPT + 1)]
    for loaded in networks:
        surveys.keep(loaded, source, Surveyor(loaded, source).advance(5))
    assert surveys.known(networks[0], source) is None
    assert all(surveys.known(loaded, source) is not None for loaded in networks[1:])
