"""Images with classes: drawn faces, folders, tables, digits; what is trained on and what is measured on."""

from __future__ import annotations

import hashlib
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from jnn_studio.base.text import counted, printable
from jnn_studio.base.watch import Watch
from jnn_studio.data.attributes import open_words
from jnn_studio.data.config import NOT_CHOSEN, FolderConfig
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.source import ImageSource
from jnn_studio.labs.robustness.config import (
    FACTORS,
    ClassesConfig,
    ClassFolderConfig,
    ClassTableConfig,
    DigitsConfig,
    FaceClassesConfig,
    RobustnessConfig,
)
from jnn_studio.labs.robustness.errors import RobustnessError
from jnn_studio.training.gathering.images import open_images

MAX_CLASSES = 1000
_PORTION = 256
_FIRST_DRAW = 4
"""Faces looked at for each that is needed, at first."""


@dataclass(frozen=True)
class LabelledImages:
    """All images of a run.

    Attributes:
        name: short, for people.
        classes: their names, in the order of the logits.
        images: uint8 (count, channels, size, size), on the CPU.
        labels: int64 (count,).
        names: what the images are called, in their order.
        train: indices of those to train on; the training sets are drawn from them.
        held_out: of those to measure on.
        notes: what a person should know of them.
        tangents: of images by index, the derivatives by their true factors, (batch, values, factors); None
            where nobody knows them.
    """

    name: str
    classes: tuple[str, ...]
    images: Tensor
    labels: Tensor
    names: tuple[str, ...]
    train: np.ndarray
    held_out: np.ndarray
    notes: tuple[str, ...] = ()
    tangents: Callable[[Sequence[int]], Tensor] | None = None

    @property
    def fingerprint(self) -> np.ndarray:
        """Eight whole numbers below 2¹⁶, as float32: others as soon as a name, a label or the split is.

        Not of pixels, which another machine may draw or decode one level differently.
        """
        digest = hashlib.sha256("\n".join(self.names).encode("utf-8", "surrogatepass"))
        for array in (self.labels.numpy(), self.held_out, self.train):
            digest.update(np.ascontiguousarray(array, np.int64).tobytes())
        return np.frombuffer(digest.digest()[:16], np.uint16).astype(np.float32)


def open_classes(config: RobustnessConfig, watch: Watch) -> LabelledImages:
    """The images of a run with their classes.

    Raises:
        StudioError: they cannot be read, or there is not more than one class, or one without images.
        Cancelled: ``watch`` said so.
    """
    match config.data:
        case FaceClassesConfig():
            return _faces(config, config.data, watch)
        case DigitsConfig():
            return _digits(config)
        case _:
            return _from_files(config, config.data, watch)


def in_words(data: ClassesConfig) -> str:
    """What classes these are, in a few words."""
    match data:
        case FaceClassesConfig():
            return "faces by " + " × ".join(data.factors)
        case DigitsConfig():
            return "handwritten digits"
        case _:
            return printable(data.path.name)


def face_classes(data: FaceClassesConfig) -> tuple[str, ...]:
    """Names of the classes of drawn faces, in the order of the logits."""
    # "mouth+ hair−" where the first words tell the factors apart.
    short = [name.partition("-")[0] for name in data.factors]
    words = short if len(set(short)) == len(short) else data.factors
    return tuple(
        " ".join(f"{word}{'+' if code >> place & 1 else '−'}" for place, word in enumerate(words))
        for code in range(2 ** len(words))
    )


def _faces(config: RobustnessConfig, data: FaceClassesConfig, watch: Watch) -> LabelledImages:
    needed = config.sets.sizes[-1] + config.sets.held_out
    columns = [FACTORS.index(name) for name in data.factors]
    count, chosen = _FIRST_DRAW * needed, np.zeros(0, int)
    while len(chosen) < needed:  # face i of a seed is the same in sources of every length
        count *= 2
        source = FaceSource(count, config.model.size, data.seed)
        clear = source.factors(range(count))[:, columns].abs().min(dim=1).values >= data.margin
        chosen = clear.nonzero()[:, 0].numpy()[:needed]
    factors = source.factors(chosen.tolist())[:, columns]
    labels = ((factors > 0).long() * 2 ** torch.arange(len(columns))).sum(1)
    names = face_classes(data)
    images = _gather(source, chosen, watch)
    _check_classes("the drawn faces", names, labels)
    places = np.arange(needed)

    def tangents(indices: Sequence[int]) -> Tensor:
        found = [source.factor_derivatives(int(chosen[index])).flatten(1).T for index in indices]
        return torch.stack(found)

    train, held_out = places[config.sets.held_out :], places[: config.sets.held_out]
    called = tuple(source.label(int(index)) for index in chosen)
    return LabelledImages(in_words(data), names, images, labels, called, train, held_out, tangents=tangents)


def _from_files(
    config: RobustnessConfig, data: ClassFolderConfig | ClassTableConfig, watch: Watch
) -> LabelledImages:
    if isinstance(data, ClassTableConfig) and data.table == NOT_CHOSEN:
        raise RobustnessError(
            "No table was chosen. Give the one that says the images' classes as data.table."
        )
    source, notes = open_images(FolderConfig(path=data.path), config.model.size, config.model.channels, watch)
    paths = [source.label(index).split("/") for index in range(len(source))]
    if isinstance(data, ClassTableConfig):
        column = open_words(data.table, source, data.column, watch)
        words = [column.words.get(index, "") for index in range(len(source))]
        names = tuple(sorted(set(data.classes or words) - {""}))
        where, groups = f"the column {column.name} of {data.table}", ["/".join(path[:-1]) for path in paths]
    else:
        words = [path[0] if len(path) > 1 else "" for path in paths]
        names = tuple(sorted({*words, *_folders(data.path)} - {""}))
        where, groups = f"{data.path}", ["/".join(path[:-1]) for path in paths]
    kept = np.array([index for index, word in enumerate(words) if word in names], int)
    if left := len(words) - len(kept):
        notes = (*notes, f"{counted(left, 'image')} of no class {'is' if left == 1 else 'are'} left out.")
    labels = torch.tensor([names.index(words[index]) for index in kept], dtype=torch.long)
    _check_classes(where, names, labels)
    images = _gather(source, kept, watch)
    train, held_out = _apart(config, labels.numpy(), [groups[index] for index in kept])
    called = tuple(source.label(int(index)) for index in kept)
    return LabelledImages(in_words(data), names, images, labels, called, train, held_out, notes)


def _folders(path: Path) -> set[str]:
    """Names of the folders directly in ``path``, which may hold no image at all."""
    if not path.is_dir():
        return set()
    return {
        printable(entry.name) for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    }


def _digits(config: RobustnessConfig) -> LabelledImages:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from sklearn.datasets import load_digits
    except ImportError as error:
        raise RobustnessError(
            "the handwritten digits come with scikit-learn, which is not installed; install it, or choose "
            "other images"
        ) from error
    if config.model.channels != 1 or config.model.size != 8:
        raise RobustnessError(
            "the handwritten digits are grey, of 8 pixels: model.channels must be 1, model.size 8"
        )
    found = load_digits()
    images = torch.from_numpy(np.round(found.images / 16 * 255).astype(np.uint8)).unsqueeze(1)
    labels = torch.from_numpy(found.target.astype(np.int64))
    train, held_out = _apart(config, labels.numpy(), [str(index) for index in range(len(labels))])
    names = tuple(str(name) for name in found.target_names)
    called = tuple(f"digit {index}" for index in range(len(labels)))
    return LabelledImages("digits", names, images, labels, called, train, held_out)


def _gather(source: ImageSource, indices: np.ndarray, watch: Watch) -> Tensor:
    parts = []
    for start in range(0, len(indices), _PORTION):
        watch.step(start, len(indices), "Preparing images")
        images = source.images(indices[start : start + _PORTION].tolist())
        parts.append(images.mul(255).round_().clamp_(0, 255).to(torch.uint8))
    return torch.cat(parts)


def _check_classes(where: str, names: Sequence[str], labels: Tensor) -> None:
    """Raise unless there is more than one class, and an image at least of each to train and to measure on."""
    counts = Counter(labels.tolist())
    empty = [name for code, name in enumerate(names) if counts[code] == 0]
    single = [name for code, name in enumerate(names) if counts[code] == 1]
    if len(names) < 2:
        raise RobustnessError(
            f"{where} has {'only the class ' + names[0] if names else 'no classes'}: there is nothing to "
            f"tell "
            "apart. Each folder directly in it, or each word of a table's column, is a class; give two or "
            "more."
        )
    if len(names) > MAX_CLASSES:
        raise RobustnessError(
            f"{where} has {len(names):,} classes, more than {MAX_CLASSES:,}; leave some of them out."
        )
    if empty or single:
        what = (
            "no image that can be read"
            if empty
            else "a single image, and one to train and one to measure on are needed"
        )
        raise RobustnessError(
            f"{where}: the class {(empty or single)[0]} has {what}. Give it images, or take the class away."
        )


def _apart(
    config: RobustnessConfig, labels: np.ndarray, groups: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Indices to train on and to measure on; every class is among both.

    Raises:
        RobustnessError: whole folders are to be held out and some class would have none left.
    """
    random = np.random.default_rng(config.schedule.seed)
    wanted = min(config.sets.held_out, len(labels) // 3)
    if config.sets.apart == "folders":
        names = sorted(set(groups))
        chosen: set[str] = set()
        count = 0
        for place in random.permutation(len(names)):
            if count >= wanted:
                break
            chosen.add(names[place])
            count += groups.count(names[place])
        out = np.array([group in chosen for group in groups])
    else:
        out = np.zeros(len(labels), bool)
        for code in np.unique(labels):
            mine = random.permutation(np.flatnonzero(labels == code))
            share = round(wanted * len(mine) / len(labels))
            out[mine[: min(max(share, 1), len(mine) - 1)]] = True
    for code in np.unique(labels):
        if len({*out[labels == code].tolist()}) < 2:
            raise RobustnessError(
                "whole folders are held out (sets.apart), and one class would have images only among those "
                "trained on or only among those held out; hold out single images, or give more folders of "
                "each class"
            )
    # Mixed: of the first few, which are attacked, all classes are to be among them.
    return np.flatnonzero(~out), random.permutation(np.flatnonzero(out))
