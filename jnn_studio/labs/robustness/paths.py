"""What is seen of attacks while training goes on: accuracy against ε, and a few images on their way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from jnn_studio.labs.robustness.config import RobustnessConfig
from jnn_studio.labs.robustness.measures import logits_of, right
from jnn_studio.labs.robustness.perturbing import perturbed
from jnn_studio.training.events import Arrays

SHOWN = 4
"""Images whose perturbations are shown, of different classes as far as there are."""
POINTS = 25
"""Values of ε on the way of such an image, closer together where ε is small."""
STEPS = 10
"""Gradient steps of these quick attacks."""


@dataclass(frozen=True)
class Paths:
    """Of one member.

    Attributes:
        accuracy: (repeats, ε), on the images attacked.
        arrays: what is kept and drawn: ``accuracy``; of its first network ``pictures`` (images, points,
            channels, size, size) in whole levels from 0 to 255, ``probabilities`` (images, points, classes).
        common: the same for all members: ``epsilons`` of the accuracy, ``path`` (points,) and ``labels``
            (images,) of the pictures.
        middle: which ε stands for all where one number has to.
    """

    accuracy: np.ndarray
    arrays: Mapping[str, np.ndarray]
    common: Mapping[str, np.ndarray]
    middle: int


def path_epsilons(config: RobustnessConfig) -> Tensor:
    """The values of ε on the way of an image, L∞, from 0 to the largest that is measured."""
    return config.evaluation.epsilons_linf[-1] * torch.linspace(0, 1, POINTS).square()


def quick_paths(
    config: RobustnessConfig, networks: Sequence[nn.Module], images: Tensor, labels: Tensor
) -> Paths:
    """Attack the held-out ``images`` by a short PGD without restarts; ε is in L∞."""
    epsilons = (0.0, *config.evaluation.epsilons_linf)
    accuracy = torch.stack([_accuracy(network, images, labels, epsilons) for network in networks])
    shown = _shown(labels)
    ways = path_epsilons(config).to(images.device)
    first, count = networks[0], len(shown)
    # All points of all images at once, each attacked within its own ε.
    several = images[shown].repeat_interleave(POINTS, 0)
    found = perturbed(
        first, several, labels[shown].repeat_interleave(POINTS), ways.repeat(count).to(several.dtype), STEPS
    )
    probabilities = logits_of(first, found).softmax(1).unflatten(0, (count, POINTS))
    pictures = found.mul(255).round().unflatten(0, (count, POINTS))
    arrays = {
        "accuracy": accuracy.cpu().numpy().astype(np.float32),
        "pictures": pictures.cpu().numpy().astype(np.float32),
        "probabilities": probabilities.cpu().numpy().astype(np.float32),
    }
    common = {
        "epsilons": np.array(epsilons, np.float32),
        "path": ways.cpu().numpy().astype(np.float32),
        "labels": labels[shown].cpu().numpy().astype(np.float32),
    }
    return Paths(arrays["accuracy"], arrays, common, (len(epsilons) + 1) // 2)


def flips(probabilities: np.ndarray, label: int) -> int:
    """At which point of its way (points, classes) an image is first told wrongly; their number: nowhere."""
    wrong = probabilities.argmax(1) != label
    return int(wrong.argmax()) if wrong.any() else len(wrong)


def misfit(config: RobustnessConfig, arrays: Arrays) -> str:
    """Why ``arrays`` are not those of such a run, or ""."""
    common = arrays.values.get("", {})
    labels, epsilons = (common.get(name, np.zeros(0)) for name in ("labels", "epsilons"))
    if (
        labels.ndim != 1
        or not 1 <= len(labels) <= SHOWN
        or common.get("path", np.zeros(0)).shape != (POINTS,)
    ):
        return "it does not say which images it shows"
    if epsilons.shape != (1 + len(config.evaluation.epsilons_linf),):
        return "its ε are not those of the run"
    model, repeats = config.model, config.schedule.repeats
    for arm in config.arms:
        found = arrays.values.get(arm.key, {})
        none = np.zeros(0)
        pictures = found.get("pictures", none).shape
        if found.get("accuracy", none).shape != (repeats, len(epsilons)):
            return f"the accuracies of {arm.key} are missing or of another size"
        if pictures != (len(labels), POINTS, model.channels, model.size, model.size):
            return f"the pictures of {arm.key} are missing or of another size"
        probabilities = found.get("probabilities", none)
        if probabilities.shape[:2] != (len(labels), POINTS) or probabilities.ndim != 3:
            return f"the predictions of {arm.key} are missing or of another size"
        if not (
            np.isfinite(probabilities).all() and 0 <= labels.min() <= labels.max() < probabilities.shape[2]
        ):
            return f"the predictions of {arm.key} are of other classes"
    return ""


def _accuracy(network: nn.Module, images: Tensor, labels: Tensor, epsilons: Sequence[float]) -> Tensor:
    """Share of images still told rightly within each ε; one that is lost at a smaller ε stays lost."""
    alive = right(logits_of(network, images), labels)
    shares = []
    for epsilon in epsilons:
        left = alive.nonzero()[:, 0]
        if epsilon and len(left):
            radius = torch.full((len(left),), epsilon, device=images.device)
            found = perturbed(network, images[left], labels[left], radius, STEPS)
            alive[left] = right(logits_of(network, found), labels[left])
        shares.append(alive.float().mean())
    return torch.stack(shares)


def _shown(labels: Tensor) -> Tensor:
    """Places of the first images of different classes, filled up with the first others."""
    places: list[int] = []
    seen: set[int] = set()
    for place, label in enumerate(labels.tolist()):
        if label not in seen:
            seen.add(label)
            places.append(place)
    others = [place for place in range(len(labels)) if place not in places]
    return torch.tensor((places + others)[:SHOWN], device=labels.device)
