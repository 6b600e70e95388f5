"""How trained networks are measured: each network by itself, then the repeats of one regulariser together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from jnn_studio.base.watch import Watch
from jnn_studio.data.config import NOT_CHOSEN
from jnn_studio.jacobian import tangent_energy
from jnn_studio.labs.robustness import attacks
from jnn_studio.labs.robustness.checks import Checked, check
from jnn_studio.labs.robustness.classes import LabelledImages, open_classes
from jnn_studio.labs.robustness.config import EvaluationConfig, NetworkSizesConfig, RobustnessConfig
from jnn_studio.labs.robustness.dealing import training_set
from jnn_studio.labs.robustness.errors import RobustnessError
from jnn_studio.labs.robustness.experiment import FINGERPRINT, WATCHED, Replicas, described_network, replicas
from jnn_studio.labs.robustness.material import Material, material
from jnn_studio.labs.robustness.measures import (
    accuracy,
    calibration_error,
    jacobian_figures,
    logits_of,
    right,
)
from jnn_studio.labs.robustness.perturbing import Norm
from jnn_studio.models.classifier import ClassifierConfig
from jnn_studio.training.device import choose_device
from jnn_studio.training.events import MemberInfo
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.folder.run_weights import read_run_weights

BEYOND: Mapping[Norm, float] = {"linf": 1.0, "l2": 64.0}
"""An ε within which any image can be reached, or nearly: nothing should be told rightly there."""
ATTACK, BLACK_BOX, MINIMAL = range(3)
"""Seeds of what attacks draw."""


@dataclass(frozen=True)
class NetworkMeasures:
    """One network.

    Attributes:
        values: single numbers by name.
        curves: rows of numbers by name: ``linf`` and ``l2``, share told rightly at each ε, from ε = 0 on;
            ``linf_black_box`` and ``l2_black_box``, the same on fewer images; ``sigma``.
        checks: whether what is known of any sound attack holds here.
    """

    values: Mapping[str, float]
    curves: Mapping[str, tuple[float, ...]]
    checks: tuple[Checked, ...]


def measure_run(
    path: Path, watch: Watch
) -> tuple[RobustnessConfig, tuple[str, ...], dict[str, list[NetworkMeasures]]]:
    """Measure the newest networks of the run in ``path``: its configuration, classes, measures by member.

    Raises:
        StudioError: there is no such run, its weights are another's, or Foolbox is not installed.
        Cancelled: ``watch`` said so.
    """
    attacks.check_available()
    described: dict[str, ClassifierConfig] = {}

    def build(config: object, member: MemberInfo, tensors: Mapping[str, Tensor]) -> nn.Module:
        if not isinstance(config, RobustnessConfig):
            raise RobustnessError(f"the run in {path} is no robustness run; give one of that kind")
        return _fitted(path, config, member, tensors, described)

    weights = read_run_weights(path, build)
    config = weights.config
    assert isinstance(config, RobustnessConfig)
    data = open_classes(config, watch)
    device = choose_device(config.schedule.device, config.schedule.precision)
    expected = described_network(
        config.model_copy(update={"model": _without_file(config)}), len(data.classes)
    )[0]
    if next(iter(described.values())) != expected:
        raise RobustnessError(
            f"the networks in {path} have {next(iter(described.values())).logits:,} logits, and the images "
            f"{len(data.classes):,} classes: the images are not those of the run any more"
        )
    _check_images(path, data)
    held_out = material(data, config.evaluation.images, device.name)
    found: dict[str, list[NetworkMeasures]] = {}
    total = len(weights.members) * config.schedule.repeats
    for place, (member, tensors) in enumerate(weights.members):
        model = _fitted(path, config, member, tensors, described).to(device.name).eval().requires_grad_(False)
        gaps = list(_gaps(model, config, data))
        found[member.key] = []
        for repeat, network in enumerate(model.largest(config)):
            watch.step(place * config.schedule.repeats + repeat, total, member.label)
            measured = measure(network, held_out, config.evaluation, watch.quiet())
            values = {**measured.values, **gaps[repeat]}
            found[member.key].append(NetworkMeasures(values, measured.curves, measured.checks))
    watch.step(total, total)
    return config, data.classes, found


def _check_images(path: Path, data: LabelledImages) -> None:
    """Raise `RobustnessError` unless these are the images that the run saw, split in the same way."""
    arrays = RunFolder.open(path).latest_arrays()
    then = None if arrays is None else arrays.values.get("", {}).get(FINGERPRINT)
    if then is not None and not np.array_equal(then, data.fingerprint):
        raise RobustnessError(
            f"the images are not those that the run in {path} was trained on and held out: files have "
            "changed, come or gone. Bring them back, or train anew"
        )


def measure(
    network: nn.Module, held_out: Material, settings: EvaluationConfig, watch: Watch
) -> NetworkMeasures:
    """All measures of one network.

    Raises:
        Cancelled: ``watch`` said so.
    """
    logits = logits_of(network, held_out.images)
    values = {
        "accuracy": accuracy(logits, held_out.labels),
        "calibration_error": calibration_error(logits, held_out.labels),
    }
    figures = jacobian_figures(network, held_out.images[:WATCHED])
    values |= {
        "nuclear_norm": figures.nuclear,
        "frobenius_norm": figures.frobenius,
        "effective_rank": figures.rank,
    }
    curves: dict[str, Sequence[float]] = {"sigma": figures.sigma.tolist()}
    watch.check()
    values |= _corrupted(network, held_out)
    images, labels = held_out.images[: held_out.attacked], held_out.labels[: held_out.attacked]
    white: dict[Norm, Tensor] = {}
    black: dict[Norm, Tensor] = {}
    for norm in ("linf", "l2"):
        watch.check()
        white[norm] = _under_pgd(network, images, labels, settings, norm)
        epsilons = _epsilons(settings, norm)
        curves[norm] = white[norm].float().mean(1).tolist()[:-1]
        if count := min(settings.black_box_images, len(images)):
            watch.check()
            norms = attacks.without_gradients(
                network,
                images[:count],
                labels[:count],
                held_out.images,
                norm,
                settings.black_box_steps,
                BLACK_BOX,
            )
            black[norm] = torch.stack([norms > epsilon for epsilon in epsilons])
            curves[f"{norm}_black_box"] = black[norm].float().mean(1).tolist()[:-1]
    watch.check()
    norms, away = attacks.smallest(network, images, labels, settings.minimal_steps, MINIMAL)
    values |= _median("minimal_l2", norms)
    if held_out.bases is not None and held_out.tangents is not None:
        watch.check()
        values |= _tangential(
            network, images, labels, norms, away, held_out.bases, held_out.tangents, settings
        )
    steps = partial(attacks.one_step, network, images, labels, _epsilons(settings, "linf")[1:-1], ATTACK)
    noise = partial(attacks.under_noise, network, images, labels, _epsilons(settings, "linf")[1:-1], ATTACK)
    checks = check(network, images, labels, white, black, steps(), noise())
    shown = {name: tuple(float(value) for value in row) for name, row in curves.items()}
    return NetworkMeasures(values, shown, checks)


def _epsilons(settings: EvaluationConfig, norm: Norm) -> tuple[float, ...]:
    """0, the ε that are asked for, and one beyond all."""
    given = settings.epsilons_linf if norm == "linf" else settings.epsilons_l2
    return (0.0, *given, BEYOND[norm])


def _under_pgd(
    network: nn.Module, images: Tensor, labels: Tensor, settings: EvaluationConfig, norm: Norm
) -> Tensor:
    """Told rightly at each ε of `_epsilons`: bool (ε, images)."""
    clean = right(logits_of(network, images), labels)
    found = attacks.surviving(
        network,
        images,
        labels,
        _epsilons(settings, norm)[1:],
        norm,
        settings.steps,
        settings.restarts,
        ATTACK,
    )
    return torch.cat([clean[None], found])


def _corrupted(network: nn.Module, held_out: Material) -> dict[str, float]:
    """Accuracy under each corruption, mean over its severities, and over all of them."""
    found = {}
    for name, several in held_out.corrupted.items():
        shares = [accuracy(logits_of(network, images), held_out.labels) for images in several]
        found[f"corrupted_{name}"] = float(np.mean(shares))
    return {"corrupted": float(np.mean(list(found.values()))), **found} if found else {}


def _tangential(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    norms: Tensor,
    away: Tensor,
    bases: Tensor,
    tangents: Tensor,
    settings: EvaluationConfig,
) -> dict[str, float]:
    """Margins along and off the true tangent space, and how much of the smallest perturbation lies in it."""
    anywhere, along, off = attacks.smallest_within(
        network, images, labels, bases, settings.minimal_steps, MINIMAL
    )
    found = _median("margin_anywhere", anywhere) | _median("margin_along", along) | _median("margin_off", off)
    reached = torch.isfinite(norms) & (norms > 0)
    if reached.any():
        energy = tangent_energy(away[reached].flatten(1).unsqueeze(2), tangents[reached])
        found["tangent_share"] = float(energy.mean())
    return found


def _median(name: str, norms: Tensor) -> dict[str, float]:
    """The median over the images that are told rightly as they are; nothing where there are none."""
    told = norms[norms > 0]
    return {name: float(told.median())} if len(told) else {}


def _gaps(model: Replicas, config: RobustnessConfig, data: LabelledImages) -> Iterator[dict[str, float]]:
    """For each repeat, what training and held-out accuracy differ by, at every size of the training set."""
    device = next(model.parameters()).device
    held_out = torch.from_numpy(data.held_out)
    images, labels = (data.images[held_out].float() / 255).to(device), data.labels[held_out].to(device)
    found: list[dict[str, float]] = [{} for _ in range(config.schedule.repeats)]
    for network, (size, repeat) in zip(model, replicas(config), strict=True):
        members = training_set(data.train, data.labels.numpy(), size, config.schedule.seed + repeat)
        chosen = torch.from_numpy(members)
        seen = (data.images[chosen].float() / 255).to(device)
        trained = accuracy(logits_of(network, seen), data.labels[chosen].to(device))
        held = accuracy(logits_of(network, images), labels)
        found[repeat] |= {f"accuracy_{size}": held, f"gap_{size}": trained - held}
    yield from found


def _without_file(config: RobustnessConfig) -> NetworkSizesConfig:
    """The networks' sizes without the file that they began with, which need not be there any more."""
    return config.model.model_copy(update={"weights": NOT_CHOSEN})


def _fitted(
    path: Path,
    config: RobustnessConfig,
    member: MemberInfo,
    tensors: Mapping[str, Tensor],
    described: dict[str, ClassifierConfig],
) -> Replicas:
    """The networks of a member with these weights; how many logits they have the weights say.

    Raises:
        RobustnessError: they are not such networks'.
    """
    last = tensors.get("0.blocks.logits.bias")
    try:
        if last is None or last.ndim != 1:
            raise RuntimeError("there are no logits")
        network = config.model.described(len(last))
        described[member.key] = network
        with torch.device("meta"):
            model = Replicas(config, network, {})
        model.load_state_dict(dict(tensors), assign=True)
    except (RuntimeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise RobustnessError(
            f"the weights of {member.key} in {path} are not those of such a run: {reason}"
        ) from error
    return model
