"""Which directions of a model are wanted, and finding them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from jnn_studio.explore.directions.aim import Aim
from jnn_studio.explore.directions.averaged import AveragedDirections
from jnn_studio.explore.directions.direction_fields import DirectionField, Directions
from jnn_studio.explore.directions.forms import Forms
from jnn_studio.explore.painted import AnyRegion
from jnn_studio.explore.state import BasisKind, DirectionKind, FoundKind


@dataclass(frozen=True)
class DirectionChoice:
    """Directions of one kind, at a point or averaged over images; or those of a region, instead of either.

    Attributes:
        averaged: of the model and of ``kind``, found beforehand; None: those at the point.
        basis: of groups with near-equal singular values.
        aim: of the basis ``"attributes"``; None: nothing is known to turn towards.
    """

    kind: DirectionKind = "encoder"
    averaged: AveragedDirections | None = None
    basis: BasisKind = "computed"
    aim: Aim | None = None
    region: AnyRegion | None = None

    @property
    def found_kind(self) -> FoundKind:
        """What will be found."""
        return self.kind if self.region is None else "region"

    @property
    def rotates(self) -> bool:
        """Whether groups have another basis than the decomposition gives."""
        return self.basis == "sparse" or (self.basis == "attributes" and self.aim is not None)

    @property
    def fixed(self) -> bool:
        """The same vectors at every latent."""
        return self.region is None and (self.kind == "axes" or self.averaged is not None)

    def at_image(self, field: DirectionField, image: Tensor, latent: Tensor) -> Directions:
        """Directions at an image (channels, height, width) and its latent."""
        if self.region is not None:
            return field.in_region(self.region, latent)
        found = field.at_image(self.kind, image, latent)
        return found if self.averaged is None else self.averaged.at(found)

    def at_latent(self, field: DirectionField, latent: Tensor) -> Directions:
        """Directions at a latent; those of the encoder are taken at the picture it decodes to."""
        if self.region is not None:
            return field.in_region(self.region, latent)
        found = field.at_latent(self.kind, latent)
        return found if self.averaged is None else self.averaged.at(found)

    def forms(self, field: DirectionField, latent: Tensor, count: int) -> Forms:
        """What the first ``count`` directions at a latent and near by can be told from, if not `fixed`."""
        if self.region is None and self.kind == "encoder":
            return field.forms_of_encoder(latent, count)
        return field.forms(self.region, latent)

    def of_forms(self, field: DirectionField, forms: Forms, like: Tensor) -> Directions:
        """The directions that forms tell, in the precision of ``like``."""
        return field.of_forms(self.region, forms, like)

    def near(self, field: DirectionField, latent: Tensor, forms: Forms, count: int) -> Directions:
        """Those at a latent, of which ``forms`` are nearly those: the first ``count`` as they are there."""
        if self.kind == "decoder" and self.region is None:
            return field.of_decoder_near(latent, self.of_forms(field, forms, latent), count)
        return self.at_latent(field, latent)
