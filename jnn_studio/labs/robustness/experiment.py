"""The regularisers as one controlled experiment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from jnn_studio.base.text import counted
from jnn_studio.data.config import NOT_CHOSEN
from jnn_studio.labs.robustness import regularisers
from jnn_studio.labs.robustness.classes import LabelledImages
from jnn_studio.labs.robustness.config import RobustnessConfig
from jnn_studio.labs.robustness.dealing import batch_of, training_set
from jnn_studio.labs.robustness.errors import RobustnessError
from jnn_studio.labs.robustness.measures import accuracy, calibration_error, jacobian_figures, logits_of
from jnn_studio.labs.robustness.paths import quick_paths
from jnn_studio.labs.robustness.perturbing import perturbed
from jnn_studio.labs.robustness.regularisers import DECAY, DEEP, FROBENIUS, NUCLEAR, SCHATTEN
from jnn_studio.models.classifier import Classifier, ClassifierConfig, build
from jnn_studio.models.weights import load_classifier, save_model
from jnn_studio.penalty import Composition, NuclearNormPenalty
from jnn_studio.training.config import warmup
from jnn_studio.training.device import Device
from jnn_studio.training.events import Arrays, Event, MemberInfo, Metrics, Spectrum
from jnn_studio.training.experiment import Member
from jnn_studio.training.gathering.augmenting import augmented
from jnn_studio.training.image_config import ImagesConfig
from jnn_studio.training.optimiser import adamw_member

PROBES, STARTS = 1, 2
"""Streams of random numbers at one step, beside that of the batches."""
_VARIED = 19
FINGERPRINT = "images"
"""Among the arrays of a run: `LabelledImages.fingerprint`, by which its images are known again."""
WATCHED = 64
"""Held-out images that are attacked, and whose Jacobians are looked at, while training goes on."""
PENALISED = (FROBENIUS, NUCLEAR, SCHATTEN, DEEP)


def robustness_members(config: RobustnessConfig) -> tuple[MemberInfo, ...]:
    """The regularisers at their strengths, in the order they are shown."""
    return tuple(
        MemberInfo(arm.key, arm.label, arm.strength if arm.regulariser.key in PENALISED else 0.0)
        for arm in config.arms
    )


def robustness_facts(config: RobustnessConfig, key: str) -> Mapping[str, str]:
    """What travels with the weights of one regulariser's networks."""
    arm = next(arm for arm in config.arms if arm.key == key)
    return {"regulariser": arm.regulariser.key, "strength": repr(arm.strength)}


class Replicas(nn.ModuleList):
    """The networks of one regulariser: for every size of the training set, one for each repeat.

    None knows of the others: their losses are added, and each is optimised as if it were alone.
    """

    def __init__(
        self, config: RobustnessConfig, described: ClassifierConfig, first: Mapping[str, Tensor]
    ) -> None:
        networks = []
        for _, repeat in replicas(config):
            network = build(described, config.schedule.seed + repeat)
            if first:
                network.load_state_dict(dict(first))
            networks.append(network)
        super().__init__(networks)

    @property
    def networks(self) -> list[Classifier]:
        """All of them, in the order of `replicas`."""
        return [network for network in self if isinstance(network, Classifier)]

    def largest(self, config: RobustnessConfig) -> list[Classifier]:
        """The networks with the largest training set, by repeat."""
        return self.networks[-config.schedule.repeats :]


def replicas(config: RobustnessConfig) -> list[tuple[int, int]]:
    """(size of the training set, repeat) of each network of a member, in their order."""
    return [(size, repeat) for size in config.sets.sizes for repeat in range(config.schedule.repeats)]


def described_network(
    config: RobustnessConfig, classes: int
) -> tuple[ClassifierConfig, Mapping[str, Tensor]]:
    """What the networks of a run are, and the weights they begin with, if a file gives them.

    Raises:
        RobustnessError: there are more classes than logits, or the file's network is another one.
        WeightsError: the file cannot be read, or is no classifier's.
    """
    described = config.model.described(classes)
    if described.logits < classes:
        raise RobustnessError(
            f"there are {classes:,} classes, and the network has {described.logits:,} logits; raise "
            f"model.logits, or "
            "set it to 0 for one logit a class"
        )
    if config.model.weights == NOT_CHOSEN:
        return described, {}
    loaded = load_classifier(config.model.weights)
    theirs = loaded.model.config
    if theirs != described:
        ours, other = described.model_dump(), theirs.model_dump()
        differing = [f"{name} {other[name]}, not {ours[name]}" for name in ours if ours[name] != other[name]]
        raise RobustnessError(
            f"{config.model.weights} is another network than this run's (it has {'; '.join(differing)}); "
            f"set the model "
            "to what the file has, or begin with random weights"
        )
    return described, loaded.model.state_dict()


class RobustnessExperiment:
    """Cross-entropy, mean over the batch, plus what a regulariser adds; all else is shared.

    An `Experiment`. For each repeat all regularisers start from the same weights and see the same images,
    moved and mirrored alike; what a penalty or an attack draws at random is drawn from the step as well.
    """

    terms = ("total", "cross_entropy", "penalty")

    def __init__(self, config: RobustnessConfig, data: LabelledImages, device: Device) -> None:
        self.config, self.device, self.notes = config, device, data.notes
        self._described, self._first = described_network(config, len(data.classes))
        self._fingerprint = data.fingerprint
        self._images, self._labels = data.images.to(device.name), data.labels.to(device.name)
        schedule, labels = config.schedule, data.labels.numpy()
        if config.sets.sizes[-1] > len(data.train):
            self.notes = (
                *self.notes,
                f"The largest training set is all of the {counted(len(data.train), 'image')} there are.",
            )
        if config.sets.sizes[0] < len(data.classes):
            raise RobustnessError(
                f"a training set of {config.sets.sizes[0]:,} images cannot hold all of the "
                f"{len(data.classes):,} "
                "classes; raise the smallest of sets.sizes"
            )
        self._sets = [
            training_set(data.train, labels, size, schedule.seed + repeat)
            for size, repeat in replicas(config)
        ]
        self._held_out = torch.from_numpy(data.held_out).to(device.name)
        self._varied = ImagesConfig(mirror=config.sets.mirror, shift=config.sets.shift)
        deep = NuclearNormPenalty(reading="nuclear")
        self._penalties = {NUCLEAR: NuclearNormPenalty(), SCHATTEN: NuclearNormPenalty(), DEEP: deep}
        self._arms = {arm.key: arm for arm in config.arms}
        self._members = tuple(self._member(info) for info in robustness_members(config))
        self._cuts = {member.key: self._compositions(member) for member in self._members}
        self._prepared: tuple[Tensor, list[tuple[Tensor, Tensor]]] = (torch.empty(0), [])

    @property
    def members(self) -> tuple[Member, ...]:
        """The regularisers' networks."""
        return self._members

    def batch(self, step: int) -> Tensor:
        """Indices (networks, batch_size) of the images that each network of a member sees at ``step``."""
        schedule = self.config.schedule
        rows = [
            batch_of(images, schedule.batch_size, step, schedule.seed + repeat)
            for images, (_, repeat) in zip(self._sets, replicas(self.config), strict=True)
        ]
        return torch.from_numpy(np.stack(rows)).to(self.device.name)

    def losses(self, member: Member, batch: Tensor, step: int) -> Tensor:
        """(total, cross-entropy, penalty), means over the networks."""
        assert isinstance(member.model, Replicas)
        prepared = self._seen(batch, step)
        terms = [
            self._losses(member, place, network, *prepared[place], step)
            for place, network in enumerate(member.model.networks)
        ]
        return torch.stack(terms).mean(0)

    def watch(self, member: Member, batch: Tensor, step: int) -> dict[str, float]:
        """Nothing."""
        return {}

    def due(self, step: int) -> bool:
        """Whether accuracies and spectra are to be measured."""
        return step % self.config.logging.measure_every == 0

    def measure(self, step: int) -> Iterator[Event]:
        """Accuracies, calibration, gaps, the logits' Jacobian of all networks, paths of perturbations."""
        images, labels = self.held_out()
        watched, theirs = images[:WATCHED], labels[:WATCHED]
        shown: dict[str, Mapping[str, np.ndarray]] = {}
        common: dict[str, np.ndarray] = {}
        for member in self._members:
            assert isinstance(member.model, Replicas)
            member.model.eval()
            terms = self._accuracies(member.model, images, labels)
            figures = [jacobian_figures(network, watched) for network in member.model.largest(self.config)]
            terms["nuclear_norm"] = float(np.mean([found.nuclear for found in figures]))
            terms["frobenius_norm"] = float(np.mean([found.frobenius for found in figures]))
            paths = quick_paths(self.config, member.model.largest(self.config), watched, theirs)
            terms["robust_accuracy"] = float(paths.accuracy[:, paths.middle].mean())
            common = {**paths.common, FINGERPRINT: self._fingerprint}
            shown[member.key] = paths.arrays
            member.model.train()
            yield Metrics(step, math.nan, member.key, terms)
            sigma = torch.stack([found.sigma for found in figures]).mean(0)
            rank = float(np.mean([found.rank for found in figures]))
            yield Spectrum(step, member.key, sigma.float().numpy(), rank)
        yield Arrays(step, {"": common, **shown})

    def export(self, folder: Path, step: int) -> None:
        """Write each classifier of the largest training set as ``<key>-<repeat>.safetensors``."""
        for member in self._members:
            assert isinstance(member.model, Replicas)
            about = {"run": self.config.name, "step": str(step), **robustness_facts(self.config, member.key)}
            for repeat, network in enumerate(member.model.largest(self.config)):
                path = folder / f"{member.key}-{repeat}.safetensors"
                save_model(path, network, f"{member.label}, repeat {repeat}", about | {"repeat": str(repeat)})

    def held_out(self) -> tuple[Tensor, Tensor]:
        """Images (count, channels, size, size) in [0, 1] and labels that no network has been trained on."""
        return self._images[self._held_out].float() / 255, self._labels[self._held_out]

    # --- one network -----------------------------------------------------------------------------------

    def _member(self, info: MemberInfo) -> Member:
        arm, optimiser = self._arms[info.key], self.config.optimiser
        if arm.regulariser.key == DECAY:
            optimiser = optimiser.model_copy(update={"weight_decay": arm.strength})
        model = Replicas(self.config, self._described, self._first).to(self.device.name)
        return adamw_member(info, model, optimiser, self.device)

    def _compositions(self, member: Member) -> list[Composition]:
        """The networks of a member, cut as its penalty wants them."""
        strengths, key = self.config.strengths, self._arms[member.key].regulariser.key
        after = {NUCLEAR: strengths.cut, SCHATTEN: strengths.deep_cuts, DEEP: strengths.deep_cuts}.get(key)
        assert isinstance(member.model, Replicas)
        return [] if after is None else [network.cut(after) for network in member.model.networks]

    def _seen(self, batch: Tensor, step: int) -> list[tuple[Tensor, Tensor]]:
        """Images and labels that each network of a member sees: the same for all members."""
        known, prepared = self._prepared
        if known is not batch:
            prepared = []
            for row, (_, repeat) in zip(batch, replicas(self.config), strict=True):
                random = np.random.default_rng((self.config.schedule.seed + repeat, _VARIED, step))
                images = augmented(self._images[row].float() / 255, self._varied, random)
                prepared.append((images, self._labels[row]))
            self._prepared = (batch, prepared)
        return prepared

    def _losses(
        self, member: Member, place: int, network: Classifier, images: Tensor, labels: Tensor, step: int
    ) -> Tensor:
        arm = self._arms[member.key]
        rising = warmup(step, self.config.strengths.warmup_steps)
        nothing = torch.zeros((), device=images.device)
        match arm.regulariser.key:
            case regularisers.ADVERSARIAL:
                radius = torch.full((len(images),), arm.strength * rising, device=images.device)
                steps, random = self.config.strengths.attack_steps, self._random(step, place, STARTS)
                images = perturbed(network, images, labels, radius, steps, generator=random)
                entropy = functional.cross_entropy(network(images), labels)
                return torch.stack([entropy, entropy, nothing])
            case regularisers.FROBENIUS:
                x = images.detach().requires_grad_(True)
                logits = network(x)
                penalty = 0.5 * _squared_norm(logits, x, self._random(step, place, PROBES))
            case key if key in self._penalties:
                f = self._cuts[member.key][place]
                trace = f.trace(network.centred(images))
                logits = trace.output
                penalty = self._penalties[key](f, trace, self._random(step, place, PROBES))
            case _:
                entropy = functional.cross_entropy(network(images), labels)
                return torch.stack([entropy, entropy, nothing])
        entropy = functional.cross_entropy(logits, labels)
        return torch.stack([entropy + arm.strength * rising * penalty, entropy, penalty])

    def _random(self, step: int, place: int, stream: int) -> torch.Generator:
        """What is random at ``step`` for the network at this place, where the images are."""
        schedule = self.config.schedule
        of_repeat = schedule.model_copy(update={"seed": schedule.seed + replicas(self.config)[place][1]})
        return torch.Generator(self.device.name).manual_seed(of_repeat.seed_at(step, stream))

    def _accuracies(self, networks: Replicas, images: Tensor, labels: Tensor) -> dict[str, float]:
        """Means over repeats, at the largest training set; gaps at every size."""
        terms: dict[str, float] = {}
        found: dict[int, list[tuple[float, float, float]]] = {}
        for network, members, (size, _) in zip(networks, self._sets, replicas(self.config), strict=True):
            logits = logits_of(network, images)
            trained = torch.from_numpy(members).to(images.device)
            seen = accuracy(logits_of(network, self._images[trained].float() / 255), self._labels[trained])
            held = accuracy(logits, labels)
            found.setdefault(size, []).append((held, seen - held, calibration_error(logits, labels)))
        for size, several in found.items():
            terms[f"gap_{size}"] = float(np.mean([gap for _, gap, _ in several]))
        held_out = [held for held, _, _ in several]
        terms["accuracy"] = float(np.mean(held_out))
        if len(held_out) > 1:
            terms["accuracy_sd"] = float(np.std(held_out, ddof=1))
        terms["calibration_error"] = float(np.mean([error for _, _, error in several]))
        return terms


def _squared_norm(logits: Tensor, x: Tensor, generator: torch.Generator) -> Tensor:
    """‖J‖_F², mean over the batch, along one random direction of the logits (Hoffman et al. 2019)."""
    direction = torch.randn(logits.shape, device=logits.device, generator=generator)
    direction = direction / direction.norm(dim=1, keepdim=True)
    (pulled,) = torch.autograd.grad(logits, x, direction, create_graph=True)
    return logits.shape[1] * pulled.square().sum() / len(x)
