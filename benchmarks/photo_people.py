"""Photographs of people for `benchmarks.photo_claims`: who is held out, and what a table says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from benchmarks.photo_measures import Persons
from jnn_studio.base.watch import Watch
from jnn_studio.data.attributes import open_attributes, open_words
from jnn_studio.data.config import FolderConfig
from jnn_studio.data.opening import open_source
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.columns.open_models import open_models
from jnn_studio.training.batches import Batches
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.image_config import ImageRunConfig


@dataclass(frozen=True)
class Photographs:
    """Photographs of people, some held out, and what a table says of them.

    Attributes:
        train: indices of the images that models and readouts learn from.
        held_out: indices of those of other people.
        attributes: by name, whether it is one of two words, and its values, NaN where nothing is known.
    """

    source: ImageSource
    train: np.ndarray
    held_out: np.ndarray
    attributes: dict[str, tuple[bool, np.ndarray]]

    def persons(self, indices: np.ndarray) -> Persons:
        """Who is on these images."""
        return Persons([self.source.label(int(index)).rpartition("/")[0] for index in indices])


class Part:
    """Some images of a source, as a source."""

    def __init__(self, whole: ImageSource, indices: Sequence[int]) -> None:
        self._whole, self._indices = whole, list(indices)
        self.name, self.key, self.image_shape = whole.name, f"part of {whole.key}", whole.image_shape

    def __len__(self) -> int:
        return len(self._indices)

    def images(self, indices: Sequence[int], device: str = "cpu") -> Tensor:
        """As the whole's."""
        return self._whole.images([self._indices[index] for index in indices], device)

    def thumbnails(self, indices: Sequence[int], size: int) -> np.ndarray:
        """As the whole's."""
        return self._whole.thumbnails([self._indices[index] for index in indices], size)

    def label(self, index: int) -> str:
        """As the whole's."""
        return self._whole.label(self._indices[index])


def opened(folder: Path, table: Path, runs: Sequence[Path], words: str | None = None) -> Photographs:
    """The photographs as the runs had them, with those people held out whom all of them held out.

    Raises:
        ValueError: the runs held out different ones.
    """
    splits = []
    for run in runs:
        config = RunFolder.open(run).config()
        assert isinstance(config, ImageRunConfig)
        channels = open_models(run)[0].model.config.channels
        source = open_source(FolderConfig(path=folder.absolute()), config.model.size, channels)
        schedule = config.schedule
        splits.append(
            Batches(source, 1, schedule.held_out, schedule.seed, "cpu", Watch(), settings=config.images)
        )
    first = splits[0]
    if any(sorted(other.held_out) != sorted(first.held_out) for other in splits[1:]):
        raise ValueError("the runs did not hold out the same people; give them one seed and one held_out")
    attributes: dict[str, tuple[bool, np.ndarray]] = {}
    if words is None:
        known = open_attributes(table, first.source)
        for index, (name, binary) in enumerate(zip(known.names, known.binary, strict=True)):
            attributes[name] = binary, known.values[:, index].astype(np.float64)
    else:
        column, _, pair = words.partition("=")
        yes, no = pair.split(",")
        cells = open_words(table, first.source, column).words
        chosen = [{yes: 1.0, no: 0.0}.get(cells.get(index, ""), np.nan) for index in range(len(first.source))]
        attributes[f"{yes} against {no}"] = True, np.array(chosen)
    return Photographs(first.source, np.sort(first.train), np.sort(first.held_out), attributes)
