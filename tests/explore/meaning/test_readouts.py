"""Readouts: attributes read off latents, with an accuracy that is earned on images left out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.data.attributes import AttributeTable
from jnn_studio.explore.meaning.linear_fit import STRENGTHS, Moments, ridge
from jnn_studio.explore.meaning.readouts import FOLDS, MAX_IMAGES, ReadoutSet, fit_readouts, folder_groups

LATENT = 12


def table_of(columns: Mapping[str, np.ndarray]) -> AttributeTable:
    values = np.stack(list(columns.values()), axis=1).astype(np.float32)
    binary = tuple(len(np.unique(c[np.isfinite(c)])) == 2 for c in values.T)
    return AttributeTable("table.csv", tuple(columns), values, binary, len(values), len(values), 0, ())


def data(count: int = 400) -> tuple[np.ndarray, np.random.Generator]:
    generator = np.random.default_rng(3)
    scales = np.linspace(0.5, 3, LATENT)
    return (generator.normal(size=(count, LATENT)) * scales + 5).astype(np.float32), generator


def step(axis: int, amount: float = 1.0) -> np.ndarray:
    found = np.zeros((LATENT, 1))
    found[axis] = amount
    return found


def test_a_linear_attribute_is_read_exactly_and_its_effect_is_in_standard_deviations() -> None:
    latents, _ = data()
    size = 7 * latents[:, 2] + 100
    (readout,) = fit_readouts(latents, table_of({"size": size})).readouts
    assert readout is not None
    assert readout.accuracy == pytest.approx(1, abs=1e-4)
    found = fit_readouts(latents, table_of({"size": size})).effects(step(2, 0.5))
    assert found[0].effects[0] == pytest.approx(7 * 0.5 / size.std(), rel=1e-3)
    assert found[0].name == "mostly size"


def test_one_attribute_does_not_name_a_direction_that_hardly_moves_it() -> None:
    latents, _ = data()
    size = 7 * latents[:, 2] + 100
    found = fit_readouts(latents, table_of({"size": size}))
    small, large = (found.effects(step(2, share * float(latents[:, 2].std())))[0] for share in (0.45, 0.55))
    assert small.effects[0] == pytest.approx(0.45, rel=1e-2)
    assert small.name == "none of the attributes"
    assert large.name == "mostly size"
    assert found.effects(-step(2, 1.0))[0].name == "mostly −size"


def test_nor_does_one_that_is_better_than_chance_and_hardly_known() -> None:
    latents, generator = data(4000)
    signal = latents[:, 2] - latents[:, 2].mean()
    for noise, names in ((3.0, False), (1.0, True)):
        size = signal + noise * signal.std() * generator.normal(size=len(signal))
        found = fit_readouts(latents, table_of({"size": size}))
        assert found.reliable == (True,)
        assert found.readouts[0] is not None
        assert found.readouts[0].skill == pytest.approx(1 / (1 + noise**2), abs=0.05)
        assert (found.effects(step(2, 10.0))[0].name == "mostly size") is names


def test_an_attribute_that_only_comes_along_names_nothing_though_it_is_the_only_one() -> None:
    """A head that turns, and smiles a little more: all that the table knows is the smile."""
    latents, _ = data(2_000)
    deviations = latents.std(axis=0)
    smile = latents[:, 2]
    found = fit_readouts(latents, table_of({"smile": smile}))
    turning = step(7, 6 * float(deviations[7]))
    for smiles, name in ((1, "none of the attributes"), (3, "partly smile"), (9, "mostly smile")):
        (meaning,) = found.effects(turning + step(2, smiles * float(deviations[2])))
        assert meaning.effects[0] == pytest.approx(smiles, rel=2e-2), "far more than half a deviation"
        assert meaning.name == name


def test_axes_that_hardly_vary_do_not_hide_what_a_step_does() -> None:
    latents, generator = data(2_000)
    latents[:, 5:] = 1e-6 * generator.normal(size=(2_000, LATENT - 5))
    found = fit_readouts(latents, table_of({"smile": latents[:, 2]}))
    noisy = step(2, 2 * float(latents[:, 2].std())) + 1e-4 * generator.normal(size=(LATENT, 1))
    assert found.effects(noisy)[0].name == "mostly smile"


def test_noise_is_no_better_than_chance_and_names_nothing() -> None:
    latents, generator = data()
    noise = {f"number {i}": generator.normal(size=400) for i in range(10)}
    noise |= {f"coin {i}": generator.choice([-1.0, 1.0], 400) for i in range(10)}
    found = fit_readouts(latents, table_of(noise))
    for readout in found.readouts:
        assert readout is not None
        assert not readout.reliable
        assert abs(readout.accuracy - (0.5 if readout.binary else 0)) < 0.15
    assert found.effects(step(0))[0].name == "none of the attributes"


def test_an_attribute_with_noise_gets_the_accuracy_it_deserves() -> None:
    latents, generator = data(2_000)
    signal = latents[:, 1] - latents[:, 1].mean()
    noisy = signal + generator.normal(size=2_000) * signal.std()
    (readout,) = fit_readouts(latents, table_of({"half": noisy})).readouts
    assert readout is not None
    assert readout.accuracy == pytest.approx(0.5, abs=0.05), "half of the variance is signal"
    assert readout.reliable


def test_a_rare_kind_is_judged_as_fairly_as_the_common_one() -> None:
    latents, generator = data(2_000)
    rare = np.where(latents[:, 0] > latents[:, 0].mean() + 2 * latents[:, 0].std(), 1.0, -1.0)
    coin = np.where(generator.random(2_000) < 0.03, 1.0, -1.0)
    first, second = fit_readouts(latents, table_of({"rare": rare, "coin": coin})).readouts
    assert first is not None
    assert second is not None
    assert first.accuracy > 0.9
    assert first.reliable
    assert second.accuracy < 0.62, "always saying no is right 97 times in 100, and worth nothing"
    assert not second.reliable


def test_positive_means_that_a_positive_step_raises_the_attribute() -> None:
    latents, _ = data()
    smile = np.where(latents[:, 3] > latents[:, 3].mean(), 0.0, 1.0)
    found = fit_readouts(latents, table_of({"smile": smile}))
    up, down = found.effects(np.hstack([step(3, -1), step(3, 1)]))
    assert up.effects[0] > 0 > down.effects[0]
    assert (up.name, down.name) == ("mostly smile", "mostly −smile")
    assert up.tangent_energy is None


def test_missing_values_and_images_without_a_latent_are_left_out() -> None:
    latents, _ = data()
    size = latents[:, 2].astype(np.float64)
    size[::3] = np.nan
    latents[1] = np.nan
    (readout,) = fit_readouts(latents, table_of({"size": size})).readouts
    assert readout is not None
    assert readout.images == int(np.isfinite(size).sum()) - 1
    assert readout.accuracy > 0.99


def test_what_is_known_of_too_few_images_gets_no_readout_and_the_reason_is_told() -> None:
    latents, _ = data()
    few = np.full(400, np.nan)
    few[:10] = np.arange(10)
    lonely = np.where(np.arange(400) < 3, 1.0, 0.0)
    found = fit_readouts(latents, table_of({"few": few, "lonely": lonely, "size": latents[:, 2]}))
    assert found.measures == ("R²", "balanced accuracy", "R²")
    assert found.reliable == (False, False, True)
    assert [name for name, _ in found.skipped] == ["few", "lonely"]
    assert "only 10 images" in found.skipped[0][1]
    assert "only 3 images are of the rarer kind" in found.skipped[1][1]
    assert found.accuracies[:2] == (None, None)
    (meaning,) = found.effects(step(2))
    assert meaning.effects[:2] == (0, 0)
    assert meaning.name == "mostly size"


def test_people_seen_in_training_do_not_count_when_groups_are_given() -> None:
    """Each person has a latent of their own; an attribute drawn per person says nothing of new people."""
    generator = np.random.default_rng(0)
    person = np.repeat(np.arange(60), 10)
    centres = generator.normal(size=(60, 40)) * 5
    latents = (centres[person] + generator.normal(size=(600, 40)) * 0.1).astype(np.float32)
    table = table_of({"lot": generator.choice([0.0, 1.0], 60)[person]})
    (by_image,) = fit_readouts(latents, table).readouts
    (by_person,) = fit_readouts(latents, table, groups=person.tolist()).readouts
    assert by_image is not None
    assert by_person is not None
    assert by_image.accuracy > 0.85
    assert by_person.accuracy < 0.7


def test_the_same_data_give_the_same_readouts() -> None:
    latents, generator = data()
    table = table_of(
        {"a": generator.normal(size=400) + latents[:, 0], "b": generator.choice([0.0, 1.0], 400)}
    )
    first, second = fit_readouts(latents, table), fit_readouts(latents, table)
    assert first.accuracies == second.accuracies
    assert first.effects(step(0)) == second.effects(step(0))


def test_a_turn_of_the_latent_space_changes_nothing() -> None:
    latents, generator = data()
    table = table_of({"a": latents[:, 0] + generator.normal(size=400)})
    turn, _ = np.linalg.qr(generator.normal(size=(LATENT, LATENT)))
    plain = fit_readouts(latents, table)
    turned = fit_readouts((latents @ turn.T).astype(np.float32), table)
    expected = plain.effects(step(0))[0].effects[0]
    assert turned.effects(turn @ step(0))[0].effects[0] == pytest.approx(expected, rel=1e-3)


def test_very_many_images_are_thinned_out_evenly() -> None:
    latents, _ = data(MAX_IMAGES + 5_000)
    (readout,) = fit_readouts(latents, table_of({"size": latents[:, 2]})).readouts
    assert readout is not None
    assert readout.images == MAX_IMAGES


def test_it_can_be_watched_and_cancelled() -> None:
    latents, generator = data(100)
    table = table_of({name: generator.normal(size=100) for name in "abc"})
    seen: list[tuple[int, int]] = []
    fit_readouts(latents, table, Watch(lambda now: seen.append((now.done, now.total))))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(Cancelled):
        fit_readouts(latents, table, Watch(unwanted=lambda: True))


def test_latents_of_other_images_or_models_are_refused() -> None:
    latents, _ = data(100)
    table = table_of({"size": latents[:, 2]})
    with pytest.raises(ValueError, match="100 images"):
        fit_readouts(latents[:50], table)
    found: ReadoutSet = fit_readouts(latents, table)
    with pytest.raises(ValueError, match="displacements"):
        found.effects(np.zeros((5, 2)))


def test_ridge_solves_its_normal_equations_and_folds_come_out_by_subtraction() -> None:
    latents, generator = data(60)
    x, y = latents.astype(np.float64) - 5, generator.normal(size=60)
    parts = [Moments.of(x[i::FOLDS], y[i::FOLDS]) for i in range(FOLDS)]
    fit = ridge(Moments.total(parts).without(parts[0]))
    keep = np.arange(60) % FOLDS != 0
    a, b = x[keep] - x[keep].mean(0), y[keep] - y[keep].mean()
    penalty = fit.strength * np.trace(a.T @ a) / LATENT
    expected = np.linalg.solve(a.T @ a + penalty * np.eye(LATENT), a.T @ b)
    assert fit.weights == pytest.approx(expected)
    assert fit.strength in STRENGTHS
    assert fit.predict(x[keep]).mean() == pytest.approx(y[keep].mean())


def test_the_strength_has_the_least_generalised_error_of_all() -> None:
    latents, generator = data(40)
    x, y = latents.astype(np.float64) - 5, generator.normal(size=40) + latents[:, 0]
    a, b = x - x.mean(0), y - y.mean()
    errors = []
    for strength in STRENGTHS:
        penalty = strength * np.trace(a.T @ a) / LATENT
        hat = a @ np.linalg.solve(a.T @ a + penalty * np.eye(LATENT), a.T) + 1 / 40
        errors.append(((b - (hat - 1 / 40) @ b) ** 2).mean() / (1 - np.trace(hat) / 40) ** 2)
    assert ridge(Moments.of(x, y)).strength == STRENGTHS[int(np.argmin(errors))]


def test_folders_are_groups_where_there_are_enough_of_them() -> None:
    people = [f"s{person}/{picture}.pgm" for person in range(12) for picture in range(3)]
    assert folder_groups(people) == tuple(person for person in range(12) for _ in range(3))
    assert folder_groups([f"{i}.jpg" for i in range(100)]) is None
    assert folder_groups(["smiling/1.jpg", "smiling/2.jpg", "neutral/1.jpg"]) is None, "those are classes"
    assert folder_groups([f"{i}/only.jpg" for i in range(100)]) is None
