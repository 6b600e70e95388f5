"""Linear readouts: what a table says of images, from a model's latents, with how well that can be done."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jnn_studio.base.text import counted
from jnn_studio.base.watch import Watch
from jnn_studio.data.attributes import AttributeTable
from jnn_studio.data.folder_names import MAX_CLASSES
from jnn_studio.explore.meaning.linear_fit import Moments, ridge
from jnn_studio.explore.meaning.meaning import INSIDE, Meaning, name_direction

FOLDS = 5
MIN_IMAGES = 4 * FOLDS
"""Images with a value, below which an attribute gets no readout."""

MIN_OF_A_KIND = 2 * FOLDS
"""Images of the rarer kind, below which a yes-or-no attribute gets none."""

MAX_IMAGES = 20_000
"""Images readouts are fitted to, evenly spread; more than enough for latents of some hundred dimensions."""

SURE = 3.0
"""Standard errors by which a readout must be better than chance before directions are named after it."""

STEP = 0.1
"""RMS change of the image that the effects of directions are given for."""

LEAST_EFFECT = 0.5
"""Standard deviations that a step of `STEP` must move an attribute for the direction to be named after it."""

LEAST_SKILL = 0.2
"""Skill below which no direction is named after an attribute, however sure it is that there is some."""

LEAST_SHARE = 0.1
"""Share of a step that attributes must account for before its direction is named after them, if partly."""

NOISE = 1e-4
"""Variance, as a part of the mean of all axes, that every axis is taken to have at least."""

READOUT_RULE = (
    f"A direction is named after attributes only if {STEP:g} RMS along it moves the first of them "
    f"by {LEAST_EFFECT:g} standard deviations or more, and only after those whose readout is better than "
    f"chance, with a balanced accuracy of {(1 + LEAST_SKILL) / 2:.0%} or R² of {LEAST_SKILL:g} at least. "
    f"Together they must account for {LEAST_SHARE:.0%} of the step, measured by how the images' latents "
    f"vary; below {INSIDE:.0%} it is “partly” so."
)

READOUT_UNIT = f"standard deviations for +{STEP:g} RMS"


@dataclass(frozen=True)
class Readout:
    """One attribute as a linear function of the latent.

    Attributes:
        name: of the attribute.
        weights: float64 (latent,), the attribute's change per latent unit, in its standard deviations.
        binary: whether the attribute is yes or no.
        accuracy: of images left out of the fit: balanced accuracy (mean share of yes and of no found again,
            chance is 0.5) of a binary attribute, R² (at most 1, of the mean 0) of a number.
        chance: accuracy that chance alone rarely exceeds, `SURE` standard errors above its mean.
        images: with a value.
    """

    name: str
    weights: np.ndarray
    binary: bool
    accuracy: float
    chance: float
    images: int

    @property
    def reliable(self) -> bool:
        """Whether it is better than chance."""
        return self.accuracy > self.chance

    @property
    def skill(self) -> float:
        """How far from chance (0) to perfect (1) it is on average."""
        return 2 * self.accuracy - 1 if self.binary else self.accuracy

    @property
    def names(self) -> bool:
        """Whether it is good enough to name a direction."""
        return self.reliable and self.skill >= LEAST_SKILL

    @property
    def measure(self) -> str:
        """What ``accuracy`` is: "balanced accuracy" or "R²"."""
        return "balanced accuracy" if self.binary else "R²"


@dataclass(frozen=True)
class ReadoutSet:
    """The readouts of one model on one table.

    Attributes:
        labels: all attributes of the table, in its order.
        binary: whether each of them is yes or no.
        readouts: in the same order, None where none could be fitted.
        skipped: (attribute, why) of those.
        covariance: of the latents, float64 (latent, latent).
    """

    labels: tuple[str, ...]
    binary: tuple[bool, ...]
    readouts: tuple[Readout | None, ...]
    skipped: tuple[tuple[str, str], ...]
    covariance: np.ndarray

    @property
    def measures(self) -> tuple[str, ...]:
        """What each label's accuracy is: "balanced accuracy" or "R²"."""
        return tuple("balanced accuracy" if binary else "R²" for binary in self.binary)

    @property
    def accuracies(self) -> tuple[float | None, ...]:
        """Of each label."""
        return tuple(None if readout is None else readout.accuracy for readout in self.readouts)

    @property
    def reliable(self) -> tuple[bool, ...]:
        """Whether each label's readout is better than chance."""
        return tuple(readout is not None and readout.reliable for readout in self.readouts)

    def effects(self, displacements: np.ndarray) -> tuple[Meaning, ...]:
        """What moving the latent by each column of ``displacements`` (latent, k) does to every attribute.

        In standard deviations of the attribute; 0 where there is no readout. Of an attribute hard to predict
        a readout finds only the predictable part, so its effects are small. `READOUT_RULE` says what names
        count. For comparable directions each column is the step that changes the image by `STEP` RMS.

        Raises:
            ValueError: the columns are no latents of this model.
        """
        count = next(
            (len(readout.weights) for readout in self.readouts if readout is not None), len(displacements)
        )
        if displacements.ndim != 2 or len(displacements) != count:
            raise ValueError(f"displacements must be ({count}, k), got {displacements.shape}")
        weights = np.stack([np.zeros(count) if p is None else p.weights for p in self.readouts])
        good = np.array([readout is not None and readout.names for readout in self.readouts])
        effects = weights @ displacements
        shares = self._shares(weights[good], displacements)
        return tuple(
            Meaning(
                name_direction(
                    tuple(np.where(good, row, 0.0)),
                    self.labels,
                    share,
                    outside="none of the attributes",
                    least=LEAST_EFFECT,
                    least_energy=LEAST_SHARE,
                ),
                tuple(row.tolist()),
            )
            for row, share in zip(effects.T, shares.tolist(), strict=True)
        )

    def _shares(self, weights: np.ndarray, displacements: np.ndarray) -> np.ndarray:
        """How much of each displacement (latent, k) the readouts with ``weights`` account for, in [0, 1].

        With both in coordinates in which latents vary alike in every direction, the share of the
        displacement's squared length that lies in the span of the readouts' gradients. A single attribute
        that comes along with something else, as a smile with a head that turns, accounts for little, however
        far it goes.
        """
        if not len(weights):
            return np.zeros(displacements.shape[1])
        spread = self.covariance
        floor = NOISE * max(float(np.trace(spread)) / len(spread), 1e-300)
        lengths = displacements * np.linalg.solve(spread + floor * np.eye(len(spread)), displacements)
        effects = weights @ displacements
        parts = effects * (np.linalg.pinv(weights @ spread @ weights.T) @ effects)
        return (parts.sum(0) / np.maximum(lengths.sum(0), 1e-300)).clip(0, 1)


def fit_readouts(
    latents: np.ndarray,
    table: AttributeTable,
    watch: Watch | None = None,
    groups: Sequence[int] | None = None,
) -> ReadoutSet:
    """Fit a readout to every attribute: ridge regression on the latents, its strength chosen by GCV.

    The penalty is the same for all latent directions (axes are not standardised one by one), because a walk
    goes in any direction of the same metric, and axes that hardly vary must not gain weight. A yes-or-no
    attribute is regressed as a number and cut half-way between its two class means (Fisher's discriminant).
    Accuracy is `FOLDS`-fold cross-validated; folds are the same every time. Strengths are chosen within
    each fold's training part.

    Args:
        latents: (images, latent), rows in the order of the table's values.
        watch: hears of attributes.
        groups: images of one group, such as photographs of one person, stay in one fold: accuracy is then
            that for unseen groups. By default every image is a group.

    Raises:
        ValueError: ``latents`` or ``groups`` are not as many as the table's images.
        Cancelled: ``watch`` said so.
    """
    if latents.ndim != 2 or len(latents) != len(table.values):
        raise ValueError(f"the table has {len(table.values)} images, latents are {latents.shape}")
    if groups is not None and len(groups) != len(latents):
        raise ValueError(f"{len(latents)} images have {len(groups)} groups")
    watch = watch or Watch()
    found: list[Readout | None] = []
    skipped: list[tuple[str, str]] = []
    known = np.isfinite(latents).all(1)
    for index, (name, binary) in enumerate(zip(table.names, table.binary, strict=True)):
        watch.check()
        rows = np.flatnonzero(known & np.isfinite(table.values[:, index]))
        if len(rows) > MAX_IMAGES:
            rows = rows[np.linspace(0, len(rows) - 1, MAX_IMAGES).astype(np.int64)]
        y = table.values[rows, index].astype(np.float64)
        reason = _too_few(y, binary)
        if reason:
            skipped.append((name, reason))
            found.append(None)
        else:
            x = latents[rows].astype(np.float64)
            chosen = np.arange(len(rows)) if groups is None else np.asarray(groups)[rows]
            found.append(_fit(name, x, y, binary, chosen))
        watch.step(index + 1, len(table.names))
    rows = np.flatnonzero(known)
    if len(rows) > MAX_IMAGES:
        rows = rows[np.linspace(0, len(rows) - 1, MAX_IMAGES).astype(np.int64)]
    centred = latents[rows].astype(np.float64)
    centred -= centred.mean(0) if len(rows) else 0.0
    covariance = centred.T @ centred / max(1, len(rows))
    return ReadoutSet(table.names, table.binary, tuple(found), tuple(skipped), covariance)


def folder_groups(labels: Sequence[str]) -> tuple[int, ...] | None:
    """The folder of each image as a number, for `fit_readouts`: a folder is often one person, or one scene.

    None, every image on its own, where no more than `MAX_CLASSES` folders have images (then folders are
    rather classes), or no two images share one.
    """
    folders = [label.rpartition("/")[0] for label in labels]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(folders))}
    if not MAX_CLASSES < len(numbers) < len(labels):
        return None
    return tuple(numbers[name] for name in folders)


def _too_few(y: np.ndarray, binary: bool) -> str:
    if len(y) < MIN_IMAGES:
        return f"only {counted(len(y), 'image has', 'images have')} a value, {MIN_IMAGES} are needed"
    rarer = min(int((y == y.min()).sum()), int((y == y.max()).sum()))
    if y.min() == y.max():
        return "all images have the same value"
    if binary and rarer < MIN_OF_A_KIND:
        return (
            f"only {counted(rarer, 'image is', 'images are')} of the rarer kind, {MIN_OF_A_KIND} are needed"
        )
    return ""


def _fit(name: str, x: np.ndarray, y: np.ndarray, binary: bool, groups: np.ndarray) -> Readout:
    x = x - x.mean(0)
    # Standardised: weights are in standard deviations; of a binary attribute the larger value means yes.
    y = (y - y.mean()) / y.std()
    folds = _folds(groups, y if binary else None)
    parts = [Moments.of(x[folds == fold], y[folds == fold]) for fold in range(FOLDS)]
    whole = Moments.total(parts)
    predicted, cut = np.empty(len(y)), np.empty(len(y))
    for fold, part in enumerate(parts):
        held = folds == fold
        fit = ridge(whole.without(part))
        predicted[held] = fit.predict(x[held])
        # Half-way between the class means of the training part, or its mean.
        training = ~held
        cut[held] = _half_way(x[training], y[training]) @ fit.weights + fit.offset if binary else fit.mean
    return Readout(name, ridge(whole).weights, binary, *_accuracy(y, predicted, cut, binary), len(y))


def _half_way(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    yes = y > 0
    if yes.all() or not yes.any():
        return x.mean(0)
    return (x[yes].mean(0) + x[~yes].mean(0)) / 2


def _accuracy(y: np.ndarray, predicted: np.ndarray, cut: np.ndarray, binary: bool) -> tuple[float, float]:
    """(accuracy, chance) over all held-out predictions."""
    if not binary:
        r2 = 1 - ((y - predicted) ** 2).sum() / ((y - cut) ** 2).sum()
        # The square of a correlation that is SURE standard errors from none.
        return float(r2), SURE**2 / len(y)
    yes = y > 0
    right = (predicted > cut) == yes
    error = math.sqrt(1 / (16 * yes.sum()) + 1 / (16 * (~yes).sum()))
    return float((right[yes].mean() + right[~yes].mean()) / 2), 0.5 + SURE * error


def _folds(groups: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    """A fold for each image: groups in a shuffled order that is always the same, dealt one by one.

    Groups of one image are dealt class by class, so that every fold has its share of the rarer kind.
    """
    _, group = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(0).permutation(group.max() + 1)
    if classes is not None and len(order) == len(group):
        order = order[np.argsort(classes[np.argsort(group)][order] > 0, kind="stable")]
    fold = np.empty(len(order), np.int64)
    fold[order] = np.arange(len(order)) % FOLDS
    return fold[group]
