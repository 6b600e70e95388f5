"""Classifiers that differ in the regulariser alone: what a run does, logs and leaves behind."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from jnn_studio.base.watch import Watch
from jnn_studio.jacobian import jacobian
from jnn_studio.labs.robustness.config import RobustnessConfig
from jnn_studio.labs.robustness.experiment import Replicas, RobustnessExperiment
from jnn_studio.labs.robustness.paths import POINTS, flips, misfit
from jnn_studio.labs.robustness.perturbing import Norm, perturbed
from jnn_studio.labs.robustness.run import KIND
from jnn_studio.models.classifier import ClassifierConfig, build
from jnn_studio.models.weights import load_classifier
from jnn_studio.training.events import Metrics
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands

TinyRobustness = Callable[..., RobustnessConfig]
ARMS = ("none", "decay-1", "frobenius-0.01", "nuclear-0.01", "adversarial-0.02")


def prepared(config: RobustnessConfig) -> RobustnessExperiment:
    experiment = KIND.prepare(config, Watch())
    assert isinstance(experiment, RobustnessExperiment)
    return experiment


def logged(path: Path) -> list[Metrics]:
    return [Metrics(e.step, 0.0, e.member, e.terms) for e in RunFolder.open(path).metrics(0)[0]]


def test_all_start_alike_and_part(finished: Path) -> None:
    folder = RunFolder.open(finished)
    accuracies: dict[int, dict[str, float]] = {}
    for event in logged(finished):
        if "nuclear_norm" in event.terms:
            accuracies.setdefault(event.step, {})[event.member] = event.terms["nuclear_norm"]

    assert {step: tuple(found) for step, found in accuracies.items()} == dict.fromkeys((0, 3, 6), ARMS)
    assert len({*accuracies[0].values()}) == 1
    assert len({*accuracies[6].values()}) == len(ARMS)
    spectra = folder.newest_spectra(ARMS)
    assert {key: (one.step, one.sigma.shape) for key, one in spectra.items()} == dict.fromkeys(
        ARMS, (6, (4,))
    )


def test_only_the_regulariser_differs(tiny_robustness: TinyRobustness) -> None:
    """With next to no strength every regulariser gives the weights that none gives."""
    faint = {"decay": [1e-30], "frobenius": [1e-30], "nuclear": [1e-30], "adversarial": [1e-30]}
    experiment = prepared(tiny_robustness(strengths={**faint, "schatten": [1e-30]}))
    for step in range(3):
        batch = experiment.batch(step)
        for member in experiment.members:
            member.optimiser.zero_grad()
            experiment.losses(member, batch, step)[0].backward()
            member.optimiser.step()

    first, *others = (torch.nn.utils.parameters_to_vector(m.model.parameters()) for m in experiment.members)
    assert len(others) == 5
    for weights in others:
        torch.testing.assert_close(weights, first, rtol=0, atol=2e-6)


def test_repeats_differ_and_sizes_of_one_repeat_begin_alike(tiny_robustness: TinyRobustness) -> None:
    experiment = prepared(tiny_robustness())
    model = experiment.members[0].model
    assert isinstance(model, Replicas)
    # sizes 8 and 24, each with repeats 0 and 1
    first = [next(network.parameters()) for network in model]
    torch.testing.assert_close(first[0], first[2], rtol=0, atol=0)
    assert not torch.equal(first[0], first[1])
    batches = experiment.batch(0)
    assert batches.shape == (4, 8)
    assert not torch.equal(batches[2], batches[3])


def test_penalties_are_those_of_the_logits_jacobian(tiny_robustness: TinyRobustness) -> None:
    strengths = {
        "schatten": [0.01],
        "deep": [0.01],
        "deep_cuts": ["convolution-1", "convolution-2", "hidden"],
    }
    config = tiny_robustness(strengths=strengths, model={"widths": [3, 4], "hidden": 5}, sets={"sizes": [24]})
    experiment = prepared(config)
    batch = experiment.batch(0)
    networks = experiment.members[0].model
    assert isinstance(networks, Replicas)
    images = experiment._seen(batch, 0)  # the batch as networks see it
    sigma = [
        torch.linalg.svdvals(jacobian(net, x).detach()) for net, (x, _) in zip(networks, images, strict=True)
    ]
    nuclear = float(torch.stack([one.sum(1).mean() for one in sigma]).mean())
    half_frobenius = float(torch.stack([0.5 * one.square().sum(1).mean() for one in sigma]).mean())

    found = {
        member.key: float(
            np.mean([float(experiment.losses(member, batch, step=s)[2].detach()) for s in range(repeats)])
        )
        for member, repeats in ((m, 200 if m.key.startswith("frobenius") else 20) for m in experiment.members)
    }
    assert found["frobenius-0.01"] == pytest.approx(half_frobenius, rel=0.05)
    # Upper bounds of the nuclear norm, and of the quasi-norm that is smaller still for small values.
    assert found["nuclear-0.01"] > nuclear
    assert found["deep-0.01"] > nuclear
    assert found["none"] == found["adversarial-0.02"] == 0


def test_adversarial_training_sees_images_within_its_radius() -> None:
    network = build(ClassifierConfig(size=16, logits=3, widths=(4,), hidden=6), seed=0)
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.rand(6, 3, 16, 16, generator=generator), torch.tensor([0, 1, 2] * 2)
    radius = torch.tensor([0.0, 0.01, 0.05] * 2)
    norms: dict[Norm, Callable[[torch.Tensor], torch.Tensor]] = {
        "linf": lambda away: away.abs().amax(1),
        "l2": lambda away: away.norm(dim=1),
    }
    for norm, size in norms.items():
        found = perturbed(network, images, labels, radius, 5, norm, generator)
        assert 0 <= found.min() <= found.max() <= 1
        assert (size((found - images).flatten(1)) <= radius + 1e-6).all()
        before, after = (
            torch.nn.functional.cross_entropy(network(x), labels, reduction="none") for x in (images, found)
        )
        assert (after[radius > 0] > before[radius > 0]).all()


def test_the_way_of_an_image_is_kept_for_every_model(finished: Path) -> None:
    folder = RunFolder.open(finished)
    config = folder.config()
    assert isinstance(config, RobustnessConfig)
    arrays = folder.latest_arrays()
    assert arrays is not None
    assert misfit(config, arrays) == ""
    common = arrays.values[""]
    np.testing.assert_allclose(common["path"][[0, -1]], [0, 0.1])
    for key in ARMS:
        pictures = arrays.values[key]["pictures"]
        assert pictures.shape == (4, POINTS, 3, 16, 16)
        np.testing.assert_array_equal(pictures[:, 0], arrays.values["none"]["pictures"][:, 0])
        furthest = np.abs(pictures[:, -1] - pictures[:, 0]).max()
        assert 0 < furthest <= round(0.1 * 255) + 1
        assert (np.diff(arrays.values[key]["accuracy"], axis=1) <= 0).all()
    damaged = copy.deepcopy(arrays)
    damaged.values["none"]["probabilities"] = np.zeros((4, POINTS, 1), np.float32)  # type: ignore[index]
    assert "predictions of none" in misfit(config, damaged)


def test_where_an_image_flips_is_its_first_wrong_point() -> None:
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]])
    assert flips(probabilities, 0) == 1
    assert flips(probabilities[[0, 2]], 0) == 2


def test_a_stopped_run_goes_on_as_if_nothing_had_been(
    finished: Path, tiny_robustness: TinyRobustness, tmp_path: Path
) -> None:
    commands = Commands()
    for event in start_run(tiny_robustness(), tmp_path / "run", commands):
        if isinstance(event, Metrics) and event.step == 2:
            commands.send(Command.STOP)
    assert RunFolder.open(tmp_path / "run").state().state == "stopped"
    for _ in resume_run(tmp_path / "run", Commands()):
        pass
    assert logged(tmp_path / "run") == logged(finished)


def test_the_classifiers_are_left_behind(finished: Path) -> None:
    names = sorted(path.stem for path in (finished / "models").iterdir())
    assert names == sorted(f"{key}-{repeat}" for key in ARMS for repeat in range(2))
    loaded = load_classifier(finished / "models" / "nuclear-0.01-1.safetensors")
    assert loaded.model.config.logits == 4
    assert json.loads(loaded.info["strength"]) == 0.01


def test_a_classifier_is_the_composition_it_is_cut_into() -> None:
    network = build(ClassifierConfig(size=16, logits=3, layout="dense", widths=(8, 6)), seed=0)
    images = torch.rand(2, 3, 16, 16)
    f = network.cut(("hidden-2",))
    torch.testing.assert_close(f(network.centred(images)), network(images))
    assert [len(factor) for factor in f] == [2, 1]  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match="there is no block 'logits' to cut after; there are: hidden-1, hidden-2"
    ):
        network.cut(("logits",))
