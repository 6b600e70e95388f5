"""The directions a model offers at a point of its latent space, and what they do to the picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import torch
from torch import Tensor, nn

from jnn_studio.base.errors import StudioError
from jnn_studio.explore.directions.forms import Forms
from jnn_studio.explore.directions.layered_decoder import LayeredDecoder
from jnn_studio.explore.painted import AnyRegion
from jnn_studio.explore.state import DirectionKind
from jnn_studio.jacobian import JacobianOperator, jacobian_svd
from jnn_studio.jacobian.gram import two_layers
from jnn_studio.jacobian.kernels import differentiable_kernels
from jnn_studio.jacobian.latent_side import LatentSide
from jnn_studio.jacobian.masked import MaskedJacobian, masked_directions
from jnn_studio.jacobian.thin_svd import float64, from_gram
from jnn_studio.models.latent_model import (
    AffineDecoding,
    LatentModel,
    affine_decoding,
    direction_kinds,
    image_shape,
)


class DirectionsError(StudioError):
    """A model has no directions of the kind that was asked for; the message says what there is."""


@dataclass(frozen=True)
class Directions:
    """All directions at one point, strongest first.

    Attributes:
        vectors: unit columns (latent, k).
        sigma: (k,): singular values of the Jacobian in question; for latent axes, the length of their
            push-forwards.
        method: how they were found.
        spectrum: the singular values of the Jacobian itself, descending, where ``sigma`` are others.
        inside: (k,) share of each one's squared change that is in the region they were asked for.
        fit: (k,) cosine of each with the leading directions here, where it was found over many images.
        lengths: (k,) which make the columns a basis whose rotations are of the same kind; None where they
            are one as they are.
        columns: how the picture changes along every latent axis, (latent, values), where that was found.
        pushes: how the picture changes along the first of them, (some, values), where that was found.
        single: each is determined by itself, however near its neighbours' singular values are.
    """

    vectors: Tensor
    sigma: Tensor
    method: str
    spectrum: Tensor | None = None
    inside: Tensor | None = None
    fit: Tensor | None = None
    lengths: Tensor | None = None
    columns: Tensor | None = None
    pushes: Tensor | None = None
    single: bool = False


class DirectionField:
    """One model at fixed weights; what depends on the weights alone is prepared once, when first needed.

    Kinds: ``"encoder"``: left singular vectors of the encoder's Jacobian (Scarvelis & Solomon, NeurIPS
    2024, B.3); ``"decoder"``: right singular vectors of the decoder's; ``"axes"``: the latent's axes, by
    their KL where the model knows it (a β-VAE; the paper's Fig. 8), else by how far they move the picture.
    """

    def __init__(self, model: LatentModel) -> None:
        self.model = model
        self._masked: tuple[Tensor, MaskedJacobian] | None = None

    @torch.no_grad()
    def at_image(self, kind: DirectionKind, image: Tensor, latent: Tensor) -> Directions:
        """Directions at an image (channels, height, width) and its latent."""
        if kind != "encoder":
            return self.at_latent(kind, latent)
        self._check(kind)
        features = self.model.encoder_input(image.unsqueeze(0))
        if self._encoder_side is not None:
            sigma, vectors = self._encoder_side(features[0])
            return Directions(vectors, sigma, "gram")
        svd = jacobian_svd(self.model.encoder, features, method="dense")
        return Directions(svd.u[0], svd.sigma[0], svd.method)

    @torch.no_grad()
    def at_latent(self, kind: DirectionKind, latent: Tensor) -> Directions:
        """Directions at a latent; those of the encoder are taken at the picture it decodes to."""
        if kind == "decoder":
            return self._of_decoder(latent)
        if kind == "axes":
            return self._axes(latent)
        self._check(kind)
        if self._encoder_after_decoder is not None:
            sigma, vectors = self._encoder_after_decoder(latent)
            return Directions(vectors, sigma, "gram")
        return self.at_image(kind, self.decode(latent), latent)

    @torch.no_grad()
    def in_region(self, region: AnyRegion, latent: Tensor) -> Directions:
        """Those that change the picture inside ``region`` most, and the rest of it least: `MaskedJacobian`.

        The decoder's Jacobian is kept for the next region at the same latent.
        """
        known = self._masked
        if known is None or not torch.equal(known[0], latent):
            columns = self.push(latent, torch.eye(len(latent), dtype=latent.dtype))
            known = self._masked = latent, MaskedJacobian(columns)
        found = known[1].directions(region.inside(image_shape(self.model.config)))
        return Directions(
            found.vectors,
            found.sigma,
            "region",
            inside=found.share,
            lengths=found.lengths,
            columns=known[1].columns,
        )

    @torch.no_grad()
    def forms(self, region: AnyRegion | None, latent: Tensor) -> Forms:
        """What the decoder's directions, or a region's, at a latent and near by can be told from."""
        if self._layers is not None:
            picture, columns, basis = self._layers.picture_and_leading(latent)
        else:
            basis = torch.eye(len(latent), dtype=latent.dtype)
            picture, columns = self.picture_and_push(latent, basis)
        wide, basis = float64(columns), float64(basis)
        whole = wide @ wide.mT
        grams = [whole]
        if region is not None:
            inside = wide[:, region.inside(image_shape(self.model.config))]
            grams = [inside @ inside.mT, whole]
        speed = _as_seen(whole, wide, picture)
        return Forms(tuple(basis @ gram @ basis.mT for gram in grams), basis @ speed @ basis.mT)

    @torch.no_grad()
    def forms_of_encoder(self, latent: Tensor, count: int) -> Forms:
        """What the encoder's first ``count`` directions can be told from, and the speed along those."""
        self._check("encoder")
        gram = self._encoder_gram(latent)
        basis = torch.linalg.eigh(gram)[1][:, -count:]
        picture, columns = self.picture_and_push(latent, basis.to(latent))
        wide = float64(columns)
        return Forms((gram,), basis @ _as_seen(wide @ wide.mT, wide, picture) @ basis.mT)

    def of_forms(self, region: AnyRegion | None, forms: Forms, like: Tensor) -> Directions:
        """All directions where the forms are those, in the precision of ``like``."""
        if region is not None:
            within, whole = forms.grams
            vectors, sigma, share, norms = (part.to(like) for part in masked_directions(within, whole))
            return Directions(vectors, sigma, "region", inside=share, lengths=norms)
        sigma, vectors = from_gram(forms.grams[0])
        return Directions(vectors.to(like), sigma.to(like), "gram")

    @torch.no_grad()
    def of_decoder_near(self, latent: Tensor, guess: Directions, count: int) -> Directions:
        """The decoder's directions at a latent by those of a latent near by.

        In the span of the first ``count`` they are what the Jacobian there says (Rayleigh–Ritz), which
        leaves an error of second order; where all of them cost hardly more, they are taken.
        """
        if self._decoder_side is not None or 2 * count >= len(latent):
            return self._of_decoder(latent)
        basis = guess.vectors[:, :count]
        columns = float64(self.push(latent, basis))
        sigma, turned = from_gram(columns @ columns.mT)
        vectors = torch.cat([basis @ turned.to(basis), guess.vectors[:, count:]], 1)
        pushes = (turned.mT @ columns).to(latent)
        return Directions(vectors, torch.cat([sigma.to(latent), guess.sigma[count:]]), "gram", pushes=pushes)

    def _encoder_gram(self, latent: Tensor) -> Tensor:
        """JJᵀ of the encoder at the picture that a latent decodes to."""
        if self._encoder_after_decoder is not None:
            return self._encoder_after_decoder.gram(latent)
        features = self.model.encoder_input(self.decode(latent).unsqueeze(0))
        if self._encoder_side is not None:
            return self._encoder_side.gram(features[0])
        svd = jacobian_svd(self.model.encoder, features, method="dense")
        scaled = float64(svd.u[0] * svd.sigma[0])
        return scaled @ scaled.mT

    @torch.no_grad()
    def decode(self, latent: Tensor) -> Tensor:
        """One latent (latent,) → image (channels, height, width), not clipped."""
        if self._layers is not None:
            return self._layers.picture(latent)
        return self.model.decode(latent.unsqueeze(0))[0]

    def push(self, latent: Tensor, vectors: Tensor) -> Tensor:
        """Decoded push-forwards J V of columns (latent, k): the change of the picture, (k, values)."""
        return self.picture_and_push(latent, vectors)[1]

    @torch.no_grad()
    def picture_and_push(self, latent: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Both `decode` and `push`, for little more than one of them."""
        if self._decoding is not None and self._decoder_side is not None:
            value, push = self._decoder_side.value_and_push(latent, vectors)
            return self._decoding.picture_and_push(value.unsqueeze(0), push)
        if self._layers is not None:
            return self._layers.picture_and_push(latent, vectors)
        latents = latent.expand(vectors.shape[1], -1).contiguous()
        try:
            with differentiable_kernels(cast(nn.Module, self.model)):
                both = torch.func.jvp(self.model.decode, (latents,), (vectors.T.contiguous(),))
        except (NotImplementedError, RuntimeError):  # no forward mode; there may be another way
            operator = JacobianOperator(self.model.decode, latent.unsqueeze(0))
            output = cast(Tensor, operator.output)
            return output[0], operator.push(vectors.unsqueeze(0))[0].mT
        return both[0][0], both[1].flatten(1)

    def _check(self, kind: DirectionKind) -> None:
        if kind not in direction_kinds(self.model):
            raise DirectionsError(
                "this model is a decoder alone, and has no encoder's directions; choose the decoder's or the "
                "axes in the menu at its picture"
            )

    @cached_property
    def _decoding(self) -> AffineDecoding | None:
        return affine_decoding(self.model)

    @cached_property
    def _encoder_side(self) -> LatentSide | None:
        encoder = self.model.encoder
        return None if two_layers(encoder) is None else LatentSide(encoder, "left")

    @cached_property
    def _encoder_after_decoder(self) -> LatentSide | None:
        # Both on what the decoder gives: no picture is made in between.
        if self._decoding is None or not self._decoding.undone:
            return None
        if self._encoder_side is None or self._decoder_side is None:
            return None
        return self._encoder_side.after(self._decoder_side)

    @cached_property
    def _decoder_side(self) -> LatentSide | None:
        # What comes after the decoder must change none of its singular values.
        if self._decoding is None or not self._decoding.isometric:
            return None
        decoder = self._decoding.decoder
        return None if two_layers(decoder) is None else LatentSide(decoder, "right")

    @cached_property
    def _layers(self) -> LayeredDecoder | None:
        if self._decoding is None or self._decoder_side is not None:
            return None
        return LayeredDecoder(self._decoding)

    def _of_decoder(self, latent: Tensor) -> Directions:
        if self._decoder_side is not None:
            sigma, vectors = self._decoder_side(latent)
            return Directions(vectors, sigma, "gram")
        if self._layers is not None:
            columns = float64(self.push(latent, torch.eye(len(latent), dtype=latent.dtype)))
            sigma, vectors = from_gram(columns @ columns.T)
            return Directions(vectors.to(latent), sigma.to(latent), "gram")
        svd = jacobian_svd(self.model.decode, latent.unsqueeze(0), method="dense")
        return Directions(svd.vh[0].T, svd.sigma[0], svd.method)

    def _axes(self, latent: Tensor) -> Directions:
        identity = torch.eye(len(latent), dtype=latent.dtype)
        lengths = torch.linalg.vector_norm(self.push(latent, identity), dim=1)
        known = getattr(self.model, "axis_kl", None)
        rank = known if isinstance(known, Tensor) and bool(known.any()) else lengths
        order = rank.argsort(descending=True, stable=True)
        return Directions(identity[:, order], lengths[order], "axes", single=True)


def _as_seen(gram: Tensor, columns: Tensor, picture: Tensor) -> Tensor:
    """JᵀJ per value of the picture, without the rows of clipped ones; from columns (k, values) of J."""
    clipped = columns[:, ~((picture > 0) & (picture < 1)).flatten()]
    return (gram - clipped @ clipped.mT) / columns.shape[1]
