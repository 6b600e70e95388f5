"""Walking a model's latent space along its singular directions."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from jnn_studio.data.pixels import psnr, to_uint8
from jnn_studio.explore.directions.choice import DirectionChoice
from jnn_studio.explore.directions.direction_fields import DirectionField
from jnn_studio.explore.directions.groups import Grouping, basis_rotation, end_of_groups
from jnn_studio.explore.directions.turning import turning_scales
from jnn_studio.explore.state import DirectionKind, Leg
from jnn_studio.explore.walking.calibration import Calibration
from jnn_studio.explore.walking.curved import CurvedPaths, arrive
from jnn_studio.explore.walking.place import Here, Moved, Place
from jnn_studio.jacobian import effective_rank
from jnn_studio.models.latent_model import DecodesCoarser, LatentModel
from jnn_studio.models.weights import LoadedModel


class Walker:
    """A model at fixed weights, ready to be walked.

    Straight walks: z = h(x) + Σ α_d u_d, with u_d the d-th direction at x (Scarvelis & Solomon, NeurIPS
    2024, B.3). Amounts are given as RMS change of the image and turned into α by `Calibration`, so that the
    same amount means the same in every model. Curved walks follow the directions as they turn.

    Args:
        loaded: its model in evaluation mode, on the CPU; not to be trained while it is walked.
        kind: what its directions are, for a `DirectionChoice` of nothing but that.
        limit: RMS image change the calibration reaches out to.
    """

    def __init__(self, loaded: LoadedModel, kind: DirectionKind = "encoder", limit: float = 0.2) -> None:
        self.loaded = loaded
        self.model: LatentModel = loaded.model
        self.choice = DirectionChoice(kind)
        self.limit = limit
        self._field = DirectionField(loaded.model)

    def with_limit(self, limit: float) -> Walker:
        """The same model calibrated out to another limit; what was prepared for its weights is shared."""
        other = copy.copy(self)
        other.limit = limit
        return other

    def with_choice(self, choice: DirectionChoice) -> Walker:
        """The same model with other directions; what was prepared for its weights is shared."""
        other = copy.copy(self)
        other.choice = choice
        return other

    @torch.no_grad()
    def latent_of(self, image: Tensor) -> Tensor:
        """The latent (latent,) of an image (channels, height, width)."""
        return self.model.encode(image.unsqueeze(0))[0]

    @torch.no_grad()
    def place(
        self,
        image: Tensor,
        k: int,
        latent: Tensor | None = None,
        previous: Place | None = None,
        same: Place | None = None,
    ) -> Place:
        """Directions and calibration at ``image`` (channels, height, width), or at a latent led to from it.

        With ``previous``, the place at the same image before the weights changed, signs are kept. ``same``
        is the place there with the same weights and other directions: what it knows is not found again.
        """
        if same is not None:
            z = same.latent
        else:
            z = self.latent_of(image) if latent is None else latent.to(image.dtype)
        if latent is None:
            found = self.choice.at_image(self._field, image, z)
        else:
            found = self.choice.at_latent(self._field, z)
        start = self._field.decode(z).clamp(0, 1) if same is None else same.start
        grouping = None
        if not found.single:
            seen = image if latent is None else start
            scales = partial(turning_scales, self.choice, self._field, seen, z, found)
            grouping = Grouping(found.sigma.tolist(), scales)
        k = min(k, found.vectors.shape[1])
        groups = grouping.find() if grouping is not None and self.choice.rotates else ()
        # Bases are those of whole groups, also where not all members have a slider.
        end = end_of_groups(groups, k)
        u = found.vectors[:, :end]
        if found.lengths is not None:
            u = u * found.lengths[:end]
        push = self._field.push(z, u) if found.columns is None else u.mT @ found.columns
        rotated = any(len(group) > 1 and group[0] < k for group in groups)
        rotation = torch.eye(end, dtype=u.dtype)
        if rotated:
            aim = self.choice.aim
            effects = None if aim is None else aim.effects(u, push)
            rotation = basis_rotation(groups, push, start.shape, effects)
            u, push = u @ rotation, rotation.mT @ push
        u, push = u[:, :k], push[:k]
        if found.lengths is not None:
            length = torch.linalg.vector_norm(u, dim=0)
            u, push = u / length, push / length.unsqueeze(1)
        before = previous is not None and previous.kind == self.choice.found_kind
        if before and previous is not None and previous.push.shape == push.shape:
            sign = torch.where((push * previous.push).sum(1) < 0, -1.0, 1.0)
        else:
            # Of the two signs, the one that brightens the image: arbitrary, but always the same.
            sign = torch.where(push.sum(1) < 0, -1.0, 1.0)
        u, push = u * sign, push * sign.unsqueeze(1)
        spectrum = found.sigma if found.spectrum is None else found.spectrum
        if same is not None:
            quality = same.psnr
        else:
            quality = psnr(start.unsqueeze(0), image.unsqueeze(0)) if latent is None else None
        return Place(
            kind=self.choice.found_kind,
            method=found.method,
            latent=z,
            directions=u,
            push=push,
            sigma=_turned(found.sigma, rotation).numpy(),
            spectrum=spectrum.numpy(),
            effective_rank=float(effective_rank(spectrum)),
            calibration=Calibration(self.model.decode, z, u, self.limit),
            start=start,
            reconstruction=to_uint8(start) if same is None else same.reconstruction,
            psnr=quality,
            grouping=grouping,
            own=tuple(range(k)),
            rotated=rotated,
            inside=None if found.inside is None else _inside(push, self.choice, start.shape),
            fit=None if found.fit is None else found.fit[:k].numpy(),
        )

    @torch.no_grad()
    def straight(self, place: Place, amounts: Sequence[float], shrink: int = 1) -> Moved:
        """Go ``amounts[d]`` RMS along direction d, for all d at once."""
        if shrink == 1 and not any(amounts):
            return Moved(place.reconstruction, 0.0, place.latent)
        latent = place.latent.clone()
        for d, amount in enumerate(amounts):
            if amount:
                latent += place.calibration.distance(d, amount) * place.directions[:, d]
        return self._decoded(place, latent, shrink)

    @torch.no_grad()
    def strip(self, place: Place, direction: int, amounts: Sequence[float]) -> list[Moved]:
        """One image for each amount along one direction, straight."""
        alphas = [place.calibration.distance(direction, amount) for amount in amounts]
        steps = torch.tensor(alphas, dtype=place.latent.dtype).unsqueeze(1)
        latents = place.latent + steps * place.directions[:, direction]
        pictures = self.model.decode(latents).clamp(0, 1)
        rms = (pictures - place.start).square().flatten(1).mean(1).sqrt()
        return [
            Moved(to_uint8(picture), float(r), latent)
            for picture, r, latent in zip(pictures, rms, latents, strict=True)
        ]

    @torch.no_grad()
    def curved(self, place: Place, legs: Sequence[Leg], paths: CurvedPaths, shrink: int = 1) -> Moved:
        """Follow each leg's direction as it turns, one leg after the other.

        Args:
            paths: what has been walked from this place before; goes further with every call.
        """
        arrival = arrive(self._field, self.choice, place, legs, paths)
        knot = arrival.knot
        picture = None
        if knot.latent is place.latent:
            here = Here(place.directions, place.push, place.sigma, place.effective_rank)
        else:
            if knot.push is None:
                picture, push = self._field.picture_and_push(knot.latent, knot.directions)
            else:
                picture, push = self._field.decode(knot.latent), knot.push
            rank = float(effective_rank(torch.from_numpy(np.sort(knot.sigma)[::-1].copy())))
            here = Here(knot.directions, push, knot.sigma, rank)
        moved = self._decoded(place, knot.latent, shrink, picture)
        return replace(
            moved,
            length=arrival.length,
            here=here,
            stopped=arrival.stopped,
            stopped_at=arrival.stopped_at,
        )

    @torch.no_grad()
    def between(self, moved: Moved, other: Tensor, share: float, place: Place, shrink: int = 1) -> Moved:
        """``share`` of the way, in a straight line, from where a walk has led to another latent."""
        found = self._decoded(place, torch.lerp(moved.latent, other, share), shrink)
        return replace(moved, image=found.image, rms=found.rms, latent=found.latent, here=None)

    def _decoded(self, place: Place, latent: Tensor, shrink: int, picture: Tensor | None = None) -> Moved:
        """What is seen at a latent; ``picture`` is the decoded latent where it is known already."""
        start = place.start
        if shrink > 1 and isinstance(self.model, DecodesCoarser):
            # Both in the same way, so that no change is no change.
            both = self.model.decode_coarse(torch.stack([latent, place.latent]), shrink).clamp(0, 1)
            picture, start = both[0], both[1]
        elif picture is None:
            picture = self._field.decode(latent).clamp(0, 1)
        else:
            picture = picture.clamp(0, 1)
        rms = float((picture - start).square().mean().sqrt())
        return Moved(to_uint8(picture), rms, latent)


def _turned(sigma: Tensor, rotation: Tensor) -> Tensor:
    """Of rotated singular vectors ‖Jᵀu‖, which is √Σ R²σ²; of the others as they are."""
    end = len(rotation)
    return torch.cat([(rotation.square().mT @ sigma[:end].square()).sqrt(), sigma[end:]])


def _inside(push: Tensor, choice: DirectionChoice, shape: torch.Size) -> np.ndarray:
    assert choice.region is not None
    energy = push.square()
    inside = energy[:, choice.region.inside((shape[0], shape[1], shape[2]))].sum(1)
    share: np.ndarray = (inside / energy.sum(1).clamp_min(1e-30)).numpy()
    return share
