"""What keeps the bundled pair's tangent energy down: ``python -m benchmarks.faces_limits`` prints JSON.

On the unseen faces of `benchmarks.models`:

- ``band``: for DCT coefficients per side, the PSNR of the band-limited images, and the mean of the ten
  largest cos² between tangents and band: ten orthogonal push-forwards within the band cannot have a greater
  mean tangent energy.
- ``directions_in_tangents``: the share of the encoder's first ten directions that lies in J_enc·T, what the
  encoder makes of the tangents T.
- ``energy_of_tangents``: the tangent energy of the ten strongest of the push-forwards J_dec·J_enc·T: what ten
  directions would have if the encoder's came in that order and left J_enc·T nowhere.
"""

from __future__ import annotations

import json
from typing import Any

import torch
from torch import Tensor

from benchmarks.models import DIRECTIONS, UNSEEN_SEED
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.pixels import psnr
from jnn_studio.explore.columns.open_models import open_bundled
from jnn_studio.jacobian import jacobian_svd
from jnn_studio.jacobian.subspace import tangent_energy
from jnn_studio.models.autoencoder import Autoencoder
from jnn_studio.models.dct import TruncatedDCT

IMAGES, TANGENTS = 256, 32


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    models = [loaded.model for loaded in open_bundled() if isinstance(loaded.model, Autoencoder)]
    source = FaceSource(IMAGES, models[0].config.size, UNSEEN_SEED)
    tangents = [source.factor_derivatives(i).flatten(1) for i in range(TANGENTS)]
    result: dict[str, Any] = {"band": band(source, tangents)}
    for name, model in zip(("unregularised", "regularised"), models, strict=True):
        result[name] = reach(model, source, tangents)
    print(json.dumps(result, indent=2))


@torch.no_grad()
def band(source: FaceSource, tangents: list[Tensor]) -> dict[int, Any]:
    """What fits into the lowest DCT coefficients, by their number per side."""
    images, found = source.images(range(len(source))), {}
    bases = torch.stack([torch.linalg.qr(t.T)[0].T for t in tangents])
    for keep in (24, 32, 40, 48, 56):
        dct = TruncatedDCT(3, images.shape[-1], keep)
        inside = dct(bases.unflatten(2, images.shape[1:]).flatten(0, 1)).unflatten(0, bases.shape[:2])
        share = torch.linalg.svdvals(inside).square()[:, :DIRECTIONS].mean()
        found[keep] = {
            "psnr": round(psnr(dct.inverse(dct(images)), images), 2),
            "tangent_energy_at_most": round(float(share), 3),
        }
    return found


@torch.no_grad()
def reach(model: Autoencoder, source: FaceSource, tangents: list[Tensor]) -> dict[str, Any]:
    """Where the encoder's directions lie, and what the decoder would make of better ones."""
    inside, energies = [], []
    for index, tangent in enumerate(tangents):
        features = model.dct(source.images([index]))
        directions = jacobian_svd(model.encoder, features, DIRECTIONS).u[0]
        moves = model.dct(tangent.unflatten(1, source.image_shape))
        moves = torch.linalg.qr(moves.T)[0].T.contiguous()
        many = features.expand(len(moves), -1).contiguous()
        at_image = torch.func.jvp(model.encoder, (many,), (moves,))
        latents, moved = at_image[0], at_image[1]
        inside.append((torch.linalg.qr(moved.T)[0].T @ directions).square().sum(0).mean())
        pushed = torch.func.jvp(model.decode, (latents,), (moved,))[1].flatten(1)
        strongest = torch.linalg.svd(pushed.T, full_matrices=False)[0][:, :DIRECTIONS]
        energies.append(tangent_energy(strongest[None], tangent.T[None]).mean())
    return {
        "directions_in_tangents": round(float(torch.stack(inside).mean()), 3),
        "energy_of_tangents": round(float(torch.stack(energies).mean()), 3),
    }


if __name__ == "__main__":
    main()
