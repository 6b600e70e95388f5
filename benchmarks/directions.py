"""How far directions can be trusted: ``python -m benchmarks.directions`` prints JSON.

For the bundled models, or those given, on procedural faces or a folder (``--images``):

- ``turning``: the image is changed hardly visibly, by noise of 0.01 RMS or by half a pixel. By the gap
  between neighbouring singular values, relative to σ₁: how many degrees the two vectors turn into each other
  (median and 90th percentile), and how often by more than 22.5°.
  ``turning_own`` is the same by the gap relative to the larger of the two.
- ``subspace``: degrees by which groups as a whole turn (largest principal angle), and their members.
- ``averaged``: cosine of the averaged directions with the leading subspaces of images that were averaged over
  and of others, by direction.
- ``region``: for rectangles, [share of the change that is inside, change inside by what is possible] of the
  first three directions: by several dampings (`MaskedJacobian`), of the singular vectors inside as
  they are, and of those projected away from the leading ones outside, as few as carry half or nine tenths of
  the squared change there (LOCO-Edit); milliseconds for another rectangle at the same latent.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from jnn_studio.data.config import FolderConfig
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.opening import open_source
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.averaged import LEADING, average_directions
from jnn_studio.explore.direction_fields import DirectionField, Directions
from jnn_studio.explore.gallery import fit_images
from jnn_studio.explore.groups import groups_of
from jnn_studio.explore.open_models import open_bundled, open_models
from jnn_studio.explore.region import Region
from jnn_studio.jacobian.masked import MaskedJacobian
from jnn_studio.jacobian.subspace import principal_angles
from jnn_studio.models.weights import LoadedModel

NOISE = 0.01
CONSIDERED = 16
"""Leading directions whose gaps are looked at."""
EDGES = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 1.0)
EVEN = 22.5
REGIONS = {
    "mouth": Region(left=0.34, top=0.62, right=0.66, bottom=0.8),
    "left eye": Region(left=0.25, top=0.35, right=0.48, bottom=0.5),
    "corner": Region(left=0.0, top=0.0, right=0.25, bottom=0.25),
}
DAMPINGS = (0.001, 0.01, 0.03, 0.1, 0.3)
PROJECTED = (0.5, 0.9)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", help="weights files or run folders; by default the bundled pair")
    parser.add_argument("--images", type=Path, help="a folder; by default procedural faces")
    parser.add_argument("--count", type=int, default=24, help="images looked at")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    models = [m for where in arguments.models for m in open_models(where)] or open_bundled()
    config = models[0].model.config
    source: ImageSource = FaceSource(2048, config.size, seed=11)
    if arguments.images is not None:
        source = open_source(FolderConfig(path=arguments.images.absolute()), config.size, config.channels)
    result = {loaded.name: measure(loaded, source, arguments.count) for loaded in models}
    print(json.dumps(result, indent=2))


def measure(loaded: LoadedModel, source: ImageSource, count: int) -> dict[str, Any]:
    """All of it for one model."""
    indices = np.linspace(0, len(source) - 1, count).round().astype(int).tolist()
    images = [fit_images(source.images([index]), loaded)[0] for index in indices]
    return {
        **turning(loaded, images),
        "averaged": averaged(loaded, source, count),
        "region": regions(loaded, images),
    }


def turning(loaded: LoadedModel, images: Sequence[Tensor]) -> dict[str, Any]:
    """Degrees by gap, and of groups."""
    field = DirectionField(loaded.model)
    pairs: list[tuple[float, float, float]] = []
    whole, members = list[float](), list[float]()
    for number, image in enumerate(images):
        here = _at(field, loaded, image)
        sigma = here.sigma.double().numpy()
        for other in _changed(image, number):
            overlap = (here.vectors.T @ _at(field, loaded, other).vectors).abs().double().numpy()
            for d in range(CONSIDERED - 1):
                gap = sigma[d] - sigma[d + 1]
                mixed = max(overlap[d, d + 1], overlap[d + 1, d])
                angle = float(np.degrees(np.arcsin(min(mixed, 1.0))))
                pairs.append((gap / sigma[0], gap / sigma[d], angle))
            there = _at(field, loaded, other).vectors
            for group in groups_of(sigma[:CONSIDERED].tolist())[:-1]:
                if len(group) > 1:
                    a, b = here.vectors[:, group], there[:, group]
                    whole.append(float(torch.rad2deg(principal_angles(a, b)[-1])))
                    own = (a * b).sum(0).abs().clamp_max(1)
                    members.append(float(torch.rad2deg(torch.acos(own)).max()))
    table = np.array(pairs)
    return {
        "turning": _by_gap(table[:, 0], table[:, 2]),
        "turning_own": _by_gap(table[:, 1], table[:, 2]),
        "subspace": {"groups": len(whole), "whole": _median(whole), "worst_member": _median(members)},
    }


def averaged(loaded: LoadedModel, source: ImageSource, count: int) -> dict[str, Any]:
    """Fit of the averaged directions, by direction."""
    field = DirectionField(loaded.model)
    begun = time.perf_counter()
    found = average_directions(loaded, "encoder", source)
    seconds = time.perf_counter() - begun
    step = max(1, len(source) // count)
    fits = []
    for index in range(step // 2, len(source), step):
        local = _at(field, loaded, fit_images(source.images([index]), loaded)[0])
        fit = found.at(local).fit
        assert fit is not None
        fits.append(fit[:LEADING].double().numpy())
    return {
        "seconds": round(seconds, 2),
        "images": found.images,
        "presence": np.round(found.presence[:LEADING], 3).tolist(),
        "fit_median": np.round(np.median(fits, 0), 3).tolist(),
        "fit_p10": np.round(np.quantile(fits, 0.1, 0), 3).tolist(),
    }


@torch.no_grad()
def regions(loaded: LoadedModel, images: Sequence[Tensor]) -> dict[str, Any]:
    """What the first three directions of a rectangle do, and how long another rectangle takes."""
    field, config = DirectionField(loaded.model), loaded.model.config
    found: dict[str, Any] = {}
    times = []
    for name, region in REGIONS.items():
        inside = region.inside(config.channels, config.size)
        rows: dict[str, list[tuple[float, float]]] = {}
        for image in images[:8]:
            latent = loaded.model.encode(image.unsqueeze(0))[0]
            columns = field.push(latent, torch.eye(len(latent)))
            within, outside = columns[:, inside].double(), columns[:, ~inside].double()
            for damping in DAMPINGS:
                masked = MaskedJacobian(columns, damping)
                one = masked.directions(inside).vectors.double()
                begun = time.perf_counter()
                masked.directions(inside)
                times.append(time.perf_counter() - begun)
                rows.setdefault(f"damping {damping}", []).append(_kept_to(one, within, outside))
            plain = torch.linalg.svd(within, full_matrices=False)[0]
            rows.setdefault("plain", []).append(_kept_to(plain, within, outside))
            for share in PROJECTED:
                basis, sigma, _ = torch.linalg.svd(outside, full_matrices=False)
                energy = sigma.square().cumsum(0) / sigma.square().sum()
                free = basis[:, int((energy < share).sum()) + 1 :]
                turned = torch.linalg.svd(free.T @ within, full_matrices=False)[0]
                rows.setdefault(f"projected {share}", []).append(_kept_to(free @ turned, within, outside))
        found[name] = {key: np.median(row, 0).round(3).tolist() for key, row in rows.items()}
    found["ms"] = [round(1e3 * float(np.quantile(times, q)), 2) for q in (0.5, 0.95)]
    return found


def _kept_to(vectors: Tensor, within: Tensor, outside: Tensor) -> tuple[float, float]:
    """Of the first three unit columns: mean share inside, and mean change inside by the largest possible."""
    first = vectors[:, :3]
    part, rest = ((first.T @ rows).square().sum(1) for rows in (within, outside))
    largest = float(torch.linalg.svdvals(within)[0])
    return float((part / (part + rest)).mean()), float(part.sqrt().mean()) / largest


def _at(field: DirectionField, loaded: LoadedModel, image: Tensor) -> Directions:
    with torch.no_grad():
        return field.at_image("encoder", image, loaded.model.encode(image.unsqueeze(0))[0])


def _changed(image: Tensor, seed: int) -> Iterator[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    yield (image + NOISE * torch.randn(image.shape, generator=generator)).clamp(0, 1)
    padded = F.pad(image.unsqueeze(0), (0, 1, 0, 0), "replicate")[0]
    yield (padded[:, :, :-1] + padded[:, :, 1:]) / 2


def _by_gap(gaps: np.ndarray, angles: np.ndarray) -> list[dict[str, Any]]:
    rows = []
    for low, high in itertools.pairwise(EDGES):
        chosen = angles[(gaps >= low) & (gaps < high)]
        if len(chosen):
            rows.append(
                {
                    "gap": [low, high],
                    "pairs": len(chosen),
                    "median": round(float(np.median(chosen)), 1),
                    "p90": round(float(np.quantile(chosen, 0.9)), 1),
                    "even": round(float((chosen > EVEN).mean()), 3),
                }
            )
    return rows


def _median(values: Sequence[float]) -> float | None:
    return round(float(np.median(values)), 1) if values else None


if __name__ == "__main__":
    main()
