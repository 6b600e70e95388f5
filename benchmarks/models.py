"""What the penalty did to a trained pair: ``python -m benchmarks.models [RUN_FOLDER]`` prints JSON.

Without an argument, the bundled pair; the faces it is measured on were in neither's training. For each model:

- ``psnr``: mean over images of 10 log₁₀(1 / MSE) in dB, images in [0, 1], reconstructions clipped;
- ``relative_sigma``: σᵢ/σ₁ of the encoder's Jacobian at some i, mean over images;
- ``effective_rank``: exp of the entropy of σ/Σσ, mean over images;
- ``tangent_energy``: the share of the decoded push-forward of a left singular vector that lies in the span of
  the renderer's true factor derivatives at that image, for the first 10 directions, mean over images.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from jnn_studio.data.faces import FaceSource
from jnn_studio.data.pixels import psnr
from jnn_studio.explore.columns.open_models import open_bundled, open_models
from jnn_studio.jacobian import effective_rank, jacobian_svd
from jnn_studio.jacobian.subspace import tangent_energy
from jnn_studio.models.autoencoder import Autoencoder

UNSEEN_SEED = 12345
DIRECTIONS = 10
INDICES = (1, 8, 14, 21, 31, 64)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "run", nargs="?", type=Path, help="run folder or weights file; the bundled pair by default"
    )
    parser.add_argument("--images", type=int, default=256, help="faces for PSNR and spectra")
    parser.add_argument("--tangents", type=int, default=32, help="faces for the tangent energy")
    arguments = parser.parse_args()
    models = open_bundled() if arguments.run is None else open_models(arguments.run)
    size = models[0].model.config.size
    source = FaceSource(max(arguments.images, arguments.tangents), size, UNSEEN_SEED)
    tangents = [source.factor_derivatives(i).flatten(1) for i in range(arguments.tangents)]
    result = {
        loaded.name: {"info": dict(loaded.info), **measure(loaded.model, source, arguments.images, tangents)}
        for loaded in models
        if isinstance(loaded.model, Autoencoder)
    }
    print(json.dumps(result, indent=2))


@torch.no_grad()
def measure(
    model: Autoencoder, source: FaceSource, images: int, tangents: list[torch.Tensor]
) -> dict[str, Any]:
    """All figures of one model."""
    batch = source.images(range(images))
    svd = jacobian_svd(model.encoder, model.dct(batch))
    relative = (svd.sigma / svd.sigma[:, :1]).mean(0)
    energies = []
    for index, tangent in enumerate(tangents):
        directions = svd.u[index, :, :DIRECTIONS].T.contiguous()
        latent = model.encode(batch[index : index + 1]).expand(len(directions), -1).contiguous()
        pushed = torch.func.jvp(model.decode, (latent,), (directions,))[1].flatten(1)
        energies.append(tangent_energy(pushed.T[None], tangent.T[None])[0])
    energy = torch.stack(energies).mean(0)
    return {
        "psnr": round(psnr(model(batch), batch), 2),
        "relative_sigma": {i: float(f"{relative[i - 1]:.3g}") for i in INDICES if i <= len(relative)},
        "effective_rank": round(float(effective_rank(svd.sigma).mean()), 1),
        "tangent_energy": [round(float(value), 2) for value in energy],
        "mean_tangent_energy": round(float(energy.mean()), 3),
    }


if __name__ == "__main__":
    main()
