"""How quickly Explore walks: ``python -m benchmarks.walking`` prints JSON.

On one thread, for the bundled models and every kind of direction, in milliseconds (p50, p95): ``place`` at a
new image; ``straight`` for a slider's change, with its preview at half the size; ``curved`` for each update
while a slider is dragged out to the limit, with the directions, their push-forwards and the spectrum at the
point. ``together`` is the same for 2 and 4 models at once, ``together_decoder`` for 2 along the decoder's.
``pair``: ``region``, the directions of another rectangle while it is dragged over the bundled pair's picture,
and ``region_moved``, the same with a slider that is not at rest; ``painted`` and ``painted_moved`` likewise
for a part that is being painted. ``krylov``: along a curved walk, eight singular vectors of the decoder to
1e-5 by block Krylov from the last point's, in products with J and its transpose, and ``dense``, the whole
Jacobian instead.
``*_cpu_ms`` is processor time, which other programs at work disturb less.

Budgets: curved ≥ 15 updates/s with 4 models; straight p95 with 4 models ≤ 16 ms; region ≥ 10 updates/s.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any, get_args

import numpy as np
import torch

from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.columns.open_models import open_bundled
from jnn_studio.explore.painted import AnyRegion, Brush
from jnn_studio.explore.region import Region
from jnn_studio.explore.scene.renderer import SceneRenderer
from jnn_studio.explore.state import DIRECTIONS, DirectionKind, Leg, bundled_state
from jnn_studio.explore.walking.curved import CurvedPaths
from jnn_studio.explore.walking.place import Place
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.jacobian import JacobianOperator, krylov_svd
from jnn_studio.models.latent_model import affine_decoding
from jnn_studio.models.weights import LoadedModel

LIMIT = 0.1
DRAG = 30
"""Updates in one drag from the base to the limit: two seconds at 15 a second."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=2, help="bases walked from")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    images = FaceSource(64, open_bundled()[0].model.config.size, seed=11).images(range(arguments.images))
    result: dict[str, Any] = {"threads": torch.get_num_threads(), "torch": torch.__version__, "models": {}}
    for loaded in open_bundled():
        kinds = {kind: measure([Walker(loaded, kind, LIMIT)], images) for kind in get_args(DirectionKind)}
        result["models"][loaded.name] = kinds
    result["together"] = {}
    for count in (2, 4):
        walkers = [Walker(loaded, "encoder", LIMIT) for loaded in open_bundled() * (count // 2)]
        result["together"][count] = measure(walkers, images)
    result["together_decoder"] = measure([Walker(one, "decoder", LIMIT) for one in open_bundled()], images)
    result["pair"] = drag_region()
    result["krylov"] = {loaded.name: warm_krylov(loaded, images[0]) for loaded in open_bundled()}
    print(json.dumps(result, indent=2))


def measure(walkers: list[Walker], images: torch.Tensor) -> dict[str, Any]:
    """All walkers one after the other for every update, as in the window."""
    place, straight, preview, curved = Times(), Times(), Times(), Times()
    for walker in walkers:
        walker.place(images[0], DIRECTIONS)  # what depends on the weights alone is prepared
    for image in images:
        places = place.of(partial(_places, walkers, image))
        for d in range(DIRECTIONS):
            paths = [CurvedPaths() for _ in walkers]
            for amount in np.linspace(LIMIT / DRAG, LIMIT, DRAG).tolist():
                straight.of(partial(_straight, walkers, places, d, amount))
                preview.of(partial(_straight, walkers, places, d, amount, shrink=2))
                curved.of(partial(_curved, walkers, places, d, amount, paths))
    found: dict[str, Any] = {}
    for name, times in (("place", place), ("straight", straight), ("preview", preview), ("curved", curved)):
        found |= times.summary(name)
    found["curved_updates_per_s"] = round(1 / float(np.mean(curved.wall)), 1)
    found["curved_updates_per_cpu_s"] = round(1 / float(np.mean(curved.cpu)), 1)
    return found


def drag_region() -> dict[str, Any]:
    """One region after another at one image, as the window renders them for the pair."""
    renderer, found = SceneRenderer(), dict[str, Any]()
    rectangles: list[AnyRegion] = [
        Region(left=0.2, top=0.3, right=0.4 + 0.01 * step, bottom=0.5 + 0.01 * step)
        for step in range(DRAG + 1)
    ]
    painted: list[AnyRegion] = []
    for step in range(DRAG + 1):
        at = 0.2 + 0.02 * step, 0.6 + 0.05 * (step % 2)
        stroke = Brush(0.1).stroke(painted[-1] if painted else None, at, at)
        assert stroke is not None
        painted.append(stroke)
    drags = (
        ("region", 0.0, rectangles),
        ("region_moved", LIMIT / 2, rectangles),
        ("painted", 0.0, painted),
        ("painted_moved", LIMIT / 2, painted),
    )
    for name, amount, regions in drags:
        state, times = bundled_state().with_amount(0, amount), Times()
        for step, region in enumerate(regions):
            if step:
                times.of(partial(renderer.render, state.change(region=region)))
            else:  # the decoders' Jacobians are taken once
                renderer.render(state.change(region=region))
        found |= times.summary(name)
        found[f"{name}_updates_per_s"] = round(1 / float(np.mean(times.wall)), 1)
        found[f"{name}_updates_per_cpu_s"] = round(1 / float(np.mean(times.cpu)), 1)
    return found


def warm_krylov(loaded: LoadedModel, image: torch.Tensor) -> dict[str, Any]:
    """Whether the decoder's leading vectors could be followed without its whole Jacobian."""
    walker, paths, decoding = Walker(loaded, "decoder", LIMIT), CurvedPaths(), affine_decoding(loaded.model)
    assert decoding is not None
    walker.curved(walker.place(image, DIRECTIONS), (Leg(direction=0, amount=LIMIT / 2),), paths)
    (path,) = paths.paths.values()
    krylov, dense, products, last = Times(), Times(), list[int](), None
    for knot in path.knots[: DRAG + 1]:
        j = Counted(JacobianOperator(decoding.decoder, knot.latent.unsqueeze(0)))
        last = krylov.of(partial(krylov_svd, j, DIRECTIONS, tolerance=1e-5, start=last))
        products.append(j.products)
        dense.of(JacobianOperator(decoding.decoder, knot.latent.unsqueeze(0)).dense)
    found = {"products": int(np.median(products)), "latent": len(knot.latent)}
    return found | krylov.summary("krylov") | dense.summary("dense")


class Counted(JacobianOperator):
    """Counts what it is asked for, in vectors."""

    def __init__(self, j: JacobianOperator) -> None:
        vars(self).update(vars(j))
        self.products = 0

    def push(self, v: torch.Tensor) -> torch.Tensor:
        self.products += v.shape[-1]
        return super().push(v)

    def pull(self, u: torch.Tensor) -> torch.Tensor:
        self.products += u.shape[-1]
        return super().pull(u)


def _places(walkers: list[Walker], image: torch.Tensor) -> list[Place]:
    return [walker.place(image, DIRECTIONS) for walker in walkers]


def _straight(walkers: list[Walker], places: list[Place], d: int, amount: float, shrink: int = 1) -> None:
    for walker, place in zip(walkers, places, strict=True):
        walker.straight(place, [0.0] * d + [amount], shrink)


def _curved(
    walkers: list[Walker], places: list[Place], d: int, amount: float, paths: list[CurvedPaths]
) -> None:
    for walker, place, known in zip(walkers, places, paths, strict=True):
        walker.curved(place, (Leg(direction=d, amount=amount),), known)


class Times:
    """Seconds that calls took, on the wall and of the processor."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def of(self, call: Callable[[], Any]) -> Any:
        """Call, and note how long it took."""
        wall, cpu = time.perf_counter(), time.thread_time()
        answer = call()
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.thread_time() - cpu)
        return answer

    def summary(self, name: str) -> dict[str, list[float]]:
        """[p50, p95] in milliseconds."""
        return {
            f"{name}_ms": [round(1e3 * float(np.quantile(self.wall, q)), 2) for q in (0.5, 0.95)],
            f"{name}_cpu_ms": [round(1e3 * float(np.quantile(self.cpu, q)), 2) for q in (0.5, 0.95)],
        }


if __name__ == "__main__":
    main()
