"""What limits the tangent energy of the bundled faces."""

from __future__ import annotations

from benchmarks.faces_limits import band, reach
from benchmarks.models import UNSEEN_SEED
from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.columns.open_models import open_bundled
from jnn_studio.models.autoencoder import Autoencoder

SOURCE = FaceSource(2, 64, UNSEEN_SEED)
TANGENTS = [SOURCE.factor_derivatives(0).flatten(1)]


def bundled() -> list[Autoencoder]:
    return [loaded.model for loaded in open_bundled() if isinstance(loaded.model, Autoencoder)]


def test_more_coefficients_hold_more_of_images_and_tangents() -> None:
    found = band(SOURCE, TANGENTS)

    for value in ("psnr", "tangent_energy_at_most"):
        values = [entry[value] for entry in found.values()]
        assert values == sorted(values)
    assert found[56]["tangent_energy_at_most"] <= 1


def test_regularised_directions_lie_among_what_the_encoder_makes_of_tangents() -> None:
    unregularised, regularised = (reach(model, SOURCE, TANGENTS) for model in bundled())

    assert regularised["directions_in_tangents"] > 0.9 > unregularised["directions_in_tangents"]
    assert 0 < regularised["energy_of_tangents"] < 1
