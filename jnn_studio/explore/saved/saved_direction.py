"""A direction worth keeping: what it was found with, what it does, and how to find it elsewhere."""

from __future__ import annotations

import base64
import binascii
import io
import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, Protocol, Self

import numpy as np
import torch
from PIL import Image
from pydantic import AfterValidator, AwareDatetime, Field, model_validator
from torch import Tensor
from torch.nn import functional as F

from jnn_studio.base.settings import Finite, Frozen
from jnn_studio.base.text import printable
from jnn_studio.data.config import ShownConfig
from jnn_studio.data.decode import open_image
from jnn_studio.data.errors import UnreadableImageError
from jnn_studio.data.pixels import centre, middle, to_grey
from jnn_studio.explore.columns.roles import number
from jnn_studio.explore.state import FoundKind, ImageRef, WalkMode
from jnn_studio.models.weights import LoadedModel

SCHEMA_VERSION = 1
PUSH_SIDE = 32
"""Largest side a push-forward is kept at: what a direction does to an image is smooth."""

THUMBNAIL = 64
_LARGEST = 1_000_000  # numbers in an array, characters in a picture


class DirectionsAt(Protocol):
    """What is needed of the place where a direction is saved or looked for; `Place` has it."""

    @property
    def latent(self) -> Tensor:
        """(latent,)."""

    @property
    def directions(self) -> Tensor:
        """Columns (latent, k)."""

    @property
    def push(self) -> Tensor:
        """Decoded push-forwards (k, channels · height · width)."""

    @property
    def start(self) -> Tensor:
        """The decoded latent (channels, height, width)."""


class StoredArray(Frozen):
    """An array as base64 of its little-endian bytes."""

    shape: tuple[Annotated[int, Field(ge=1, le=_LARGEST)], ...] = Field(min_length=1, max_length=3)
    dtype: Literal["float32", "float16"] = "float32"
    data: str = Field(max_length=8 * _LARGEST)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        try:
            size = len(base64.b64decode(self.data, validate=True))
        except binascii.Error as error:
            raise ValueError(f"its numbers are no base64: {error}") from error
        if size != math.prod(self.shape) * self._type.itemsize:
            raise ValueError(f"{size} bytes are not an array of shape {self.shape}")
        if not np.isfinite(self.array()).all():
            raise ValueError("its numbers are not all finite")
        return self

    @classmethod
    def of(cls, array: np.ndarray, dtype: Literal["float32", "float16"] = "float32") -> StoredArray:
        """Store ``array``, rounded to ``dtype``."""
        data = base64.b64encode(np.ascontiguousarray(array, np.dtype(dtype).newbyteorder("<")).tobytes())
        return cls(shape=array.shape, dtype=dtype, data=data.decode())

    def array(self) -> np.ndarray:
        """The numbers as float32."""
        return np.frombuffer(base64.b64decode(self.data), self._type).reshape(self.shape).astype(np.float32)

    @property
    def _type(self) -> np.dtype[np.floating]:
        return np.dtype(self.dtype).newbyteorder("<")


Shown = Annotated[str, AfterValidator(printable)]
"""Text for people; a file may hold anything."""
ShownLines = Annotated[str, AfterValidator(lambda text: printable(text, lines=True))]


class ModelProvenance(Frozen):
    """The model a direction was found in. ``fingerprint``: SHA-256 of its weights."""

    name: Shown = Field(max_length=200)
    where: str = Field(max_length=4096)
    fingerprint: str = Field(max_length=128)
    eta: Finite | None = None
    run: Shown = Field("", max_length=200)


class SavedDirection(Frozen):
    """One direction of one model at one image.

    Attributes:
        index: which of the directions it was, from 0.
        amounts: where the walk was kept to, signed RMS image change.
        latent: the base (latent,).
        direction: the unit vector (latent,).
        push: what it does to the decoded image, (channels, h, w) with h, w ≤ `PUSH_SIDE`.
        base_png: the base's reconstruction and
        moved_png: the image at the upper end of ``amounts``, as base64 of small PNGs.
    """

    schema_version: Literal[1] = 1
    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    name: Shown = Field(min_length=1, max_length=120)
    note: ShownLines = Field("", max_length=4000)
    created: AwareDatetime
    model: ModelProvenance
    kind: FoundKind
    index: int = Field(ge=0)
    mode: WalkMode
    image: ImageRef
    label: Shown = Field(max_length=4096)
    source: ShownConfig
    amounts: tuple[Finite, Finite]
    latent: StoredArray
    direction: StoredArray
    push: StoredArray
    base_png: str = Field(max_length=_LARGEST)
    moved_png: str = Field(max_length=_LARGEST)

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if len(self.direction.shape) != 1 or self.direction.shape != self.latent.shape:
            raise ValueError(
                f"direction {self.direction.shape} and latent {self.latent.shape} differ in shape"
            )
        if len(self.push.shape) != 3 or self.push.shape[0] not in (1, 3):
            raise ValueError(f"a push-forward is (channels, height, width), not {self.push.shape}")
        return self

    def renamed(self, name: str, note: str | None = None) -> SavedDirection:
        """The same under another name, and with another note if one is given.

        Raises:
            ValueError: the name is empty or too long.
        """
        changes = {"name": name.strip(), "note": self.note if note is None else note.strip()}
        return SavedDirection.model_validate(self.model_dump() | changes)

    def pictures(self) -> tuple[np.ndarray, np.ndarray]:
        """Base and moved image, uint8 (height, width, 3); ValueError if they are no pictures."""
        return _picture(self.base_png), _picture(self.moved_png)


@dataclass(frozen=True)
class Applied:
    """Where a saved direction was found again.

    Attributes:
        index: the direction nearest to it, from 0.
        sign: -1 if that one points the other way.
        cosine: |cos| of the angle between them: of latents in the same model, else of push-forwards.
        same_model: which of the two it is.
    """

    index: int
    sign: int
    cosine: float
    same_model: bool


def save_direction(
    name: str,
    note: str,
    loaded: LoadedModel,
    where: str,
    fingerprint: str,
    kind: FoundKind,
    index: int,
    mode: WalkMode,
    image: ImageRef,
    label: str,
    source: ShownConfig,
    amounts: tuple[float, float],
    place: DirectionsAt,
    moved: np.ndarray,
) -> SavedDirection:
    """The ``index``-th direction of ``place`` as a value to keep.

    Args:
        moved: uint8 (height, width, 3), the image at the upper end of ``amounts``.

    Raises:
        ValueError: the name is empty or too long.
    """
    direction = place.directions[:, index]
    eta = number(loaded, "eta")
    base = place.start.clamp(0, 1).mul(255).round().to(torch.uint8).movedim(0, -1).cpu().numpy()
    return SavedDirection(
        id=uuid.uuid4().hex,
        name=name.strip(),
        note=note.strip(),
        created=datetime.now(UTC).replace(microsecond=0),
        model=ModelProvenance(
            name=loaded.name,
            where=where,
            fingerprint=fingerprint,
            eta=eta if math.isfinite(eta) else None,
            run=loaded.info.get("run", ""),
        ),
        kind=kind,
        index=index,
        mode=mode,
        image=image,
        label=label,
        source=source,
        amounts=amounts,
        latent=StoredArray.of(place.latent.cpu().numpy()),
        direction=StoredArray.of((direction / direction.norm()).cpu().numpy()),
        push=StoredArray.of(_small_push(place, index), "float16"),
        base_png=_png(base),
        moved_png=_png(moved),
    )


def nearest_direction(saved: SavedDirection, place: DirectionsAt, fingerprint: str) -> Applied:
    """The direction of ``place`` most nearly parallel to ``saved``, whatever its sign.

    In the model it was found in (equal fingerprints) latent directions are compared; in another, whose
    latent space is its own, what the directions do to the image, at the coarser resolution of the two.

    Raises:
        ValueError: ``place`` has no directions.
    """
    if not place.directions.shape[1]:
        raise ValueError("there are no directions here")
    kept = torch.from_numpy(saved.direction.array())
    same = fingerprint == saved.model.fingerprint and len(kept) == len(place.directions)
    if same:
        cosines = F.cosine_similarity(place.directions.T.float().cpu(), kept[None], dim=1)
    else:
        cosines = _push_cosines(torch.from_numpy(saved.push.array()), place)
    index = int(cosines.abs().argmax())
    cosine = float(cosines[index])
    return Applied(index, -1 if cosine < 0 else 1, min(abs(cosine), 1.0), same)


def search(directions: Sequence[SavedDirection], text: str) -> list[SavedDirection]:
    """Those with every word of ``text`` in their name, note, model, run or image, in any case."""
    words = text.casefold().split()

    def matches(saved: SavedDirection) -> bool:
        said = " ".join((saved.name, saved.note, saved.model.name, saved.model.run, saved.label)).casefold()
        return all(word in said for word in words)

    return [saved for saved in directions if matches(saved)]


def _push_cosines(kept: Tensor, place: DirectionsAt) -> Tensor:
    """Cosines (k,) of the push-forwards of ``place`` with one (channels, h, w)."""
    pushes = place.push.float().cpu().reshape(-1, *place.start.shape)
    channels = min(kept.shape[0], pushes.shape[1])
    sides = min(kept.shape[1], pushes.shape[2]), min(kept.shape[2], pushes.shape[3])
    ours, theirs = (_reduced(images, channels, sides).flatten(1) for images in (pushes, kept[None]))
    return F.cosine_similarity(ours, theirs, dim=1)


def _reduced(images: Tensor, channels: int, sides: tuple[int, int]) -> Tensor:
    """(b, c, h, w) in fewer colours and pixels; linear, so as good for derivatives as for images.

    Of images with other proportions, the middle.
    """
    if images.shape[1] == 3 and channels == 1:
        images = to_grey(images)
    _, _, high, wide = middle(images.shape[-2], images.shape[-1], sides)
    return F.adaptive_avg_pool2d(centre(images, round(high), round(wide)), sides)


def _small_push(place: DirectionsAt, index: int) -> np.ndarray:
    channels, height, width = place.start.shape
    push = place.push[index].float().cpu().reshape(1, channels, height, width)
    scale = min(1.0, PUSH_SIDE / max(height, width))
    push = _reduced(push, channels, (max(1, round(scale * height)), max(1, round(scale * width))))[0]
    return (push / push.abs().amax().clamp_min(1e-30)).numpy()  # only its direction counts: float16 is enough


def _png(image: np.ndarray) -> str:
    """uint8 (height, width, 1 or 3) as base64 of a PNG of at most `THUMBNAIL` pixels a side."""
    picture = Image.fromarray(np.ascontiguousarray(np.broadcast_to(image, (*image.shape[:2], 3))))
    picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def _picture(text: str) -> np.ndarray:
    try:
        file = io.BytesIO(base64.b64decode(text, validate=True))
        with open_image(file, (4 * THUMBNAIL) ** 2, ("PNG",)) as picture:
            return np.asarray(picture.convert("RGB"))
    except (UnreadableImageError, binascii.Error) as error:
        raise ValueError(f"the picture cannot be read: {error}") from error
