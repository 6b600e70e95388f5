"""How far directions can be trusted: ``python -m benchmarks.directions`` prints JSON.

For the bundled models, or those given, on procedural faces or a folder (``--images``):

- ``scale``: the turning scale e of the first two directions, [median, 10th, 90th percentile] over images.
- ``turning``: images are moved by half a pixel to the left, down and up (the scale was measured to the right
  and down). By Δσ/(σ·e) of neighbours: by how many degrees they turn into each other, [median, 90th
  percentile], and how often by more than 22.5°. ``turning_sigma``: the same by Δσ/σ₁ alone.
- ``groups``: degrees by which groups turn as a whole (largest principal angle), and their worst member.
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
from jnn_studio.explore.collection.gallery import fit_images
from jnn_studio.explore.columns.open_models import open_bundled, open_models
from jnn_studio.explore.directions.averaged import LEADING, average_directions
from jnn_studio.explore.directions.direction_fields import DirectionField, Directions
from jnn_studio.explore.directions.groups import TURNS
from jnn_studio.explore.region import Region
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.jacobian.masked import MaskedJacobian
from jnn_studio.jacobian.subspace import principal_angles
from jnn_studio.models.latent_model import image_shape
from jnn_studio.models.weights import LoadedModel

CONSIDERED = 16
"""Leading directions whose gaps are looked at."""
EDGES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 6.0, 1e9)
SIGMA_EDGES = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 1.0)
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
    walker, field = Walker(loaded), DirectionField(loaded.model)
    pairs: list[tuple[float, float, float]] = []
    scales, whole, members = list[float](), list[float](), list[float]()
    for image in images:
        place = walker.place(image, CONSIDERED)
        assert place.grouping is not None
        groups = place.grouping.find()
        each = [gap / TURNS for gap in place.grouping.gaps]
        scales.append(each[0])
        sigma = place.sigma
        for moved in _moved(image):
            there = _at(field, loaded, moved).vectors
            overlap = (place.directions.T @ there).abs().double().numpy()
            for d in range(CONSIDERED - 1):
                gap = sigma[d] - sigma[d + 1]
                mixed = min(max(overlap[d, d + 1], overlap[d + 1, d]), 1.0)
                relative = gap / np.sqrt(sigma[d] * sigma[d + 1]) / each[d]
                pairs.append((relative, gap / sigma[0], float(np.degrees(np.arcsin(mixed)))))
            for group in map(list, groups):
                if len(group) > 1 and group[-1] < CONSIDERED:
                    a, b = place.directions[:, group], there[:, group]
                    whole.append(float(torch.rad2deg(principal_angles(a, b)[-1])))
                    own = (a * b).sum(0).abs().clamp_max(1)
                    members.append(float(torch.rad2deg(torch.acos(own)).max()))
    table = np.array(pairs)
    return {
        "scale": np.quantile(scales, (0.5, 0.1, 0.9)).round(4).tolist(),
        "turning": _by_gap(table[:, 0], table[:, 2], EDGES),
        "turning_sigma": _by_gap(table[:, 1], table[:, 2], SIGMA_EDGES),
        "groups": {"count": len(whole), "whole": _median(whole), "worst_member": _median(members)},
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
        inside = region.inside(image_shape(config))
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


def _moved(image: Tensor) -> Iterator[Tensor]:
    """By half a pixel to the left, down and up."""
    around, size = F.pad(image.unsqueeze(0), (1, 1, 1, 1), "replicate")[0], image.shape[-1]
    for x, y in ((2, 1), (1, 0), (1, 2)):
        yield (image + around[:, y : y + size, x : x + size]) / 2


def _by_gap(gaps: np.ndarray, angles: np.ndarray, edges: Sequence[float]) -> list[dict[str, Any]]:
    rows = []
    for low, high in itertools.pairwise(edges):
        chosen = angles[(gaps >= low) & (gaps < high)]
        if len(chosen):
            degrees = np.quantile(chosen, (0.5, 0.9)).round(1).tolist()
            over = round(float((chosen > EVEN).mean()), 3)
            rows.append({"gap": [low, high], "pairs": len(chosen), "degrees": degrees, "over": over})
    return rows


def _median(values: Sequence[float]) -> float | None:
    return round(float(np.median(values)), 1) if values else None


if __name__ == "__main__":
    main()
