"""Models of one's own through every door: ``python -m benchmarks.own_models`` prints tables.

(a) a convolutional VAE and (b) a transformer autoencoder, both trained for a minute on drawn faces, and (c) a
randomly initialised `AutoencoderKL` where diffusers is installed. Each is looked at

- from a script: ``jnn_studio.explore(…)``, the window, moved there;
- as a portable file, ``save_portable``, through what draws the command line's figures;
- as weights of an installed package's model (docs/plugin), the same way.

σ are the encoder's and the decoder's singular values at one face; what is compared with the script's is the
largest difference of any, relative to σ₁. Walks are along the first direction, by 0.05 RMS.

``--screenshots FOLDER`` keeps what the window shows, 1280 × 800, light and dark.
"""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from jnn_studio.data.config import FolderConfig
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.pixels import psnr
from jnn_studio.explore.columns.open_models import images_of
from jnn_studio.explore.scene.renderer import ColumnView, Scene, SceneRenderer
from jnn_studio.explore.state import Base, Column, DirectionKind, ExploreState, Leg, Walk
from jnn_studio.models.model_kind import find_model_kind
from jnn_studio.models.portable.saving import save_portable
from jnn_studio.models.weights import save_model

PLUGIN = Path(__file__).parents[1] / "docs" / "plugin"
SIZE, COUNT, AMOUNT = 32, 512, 0.05
KINDS: tuple[DirectionKind, ...] = ("encoder", "decoder")

Render = Callable[[ExploreState], Scene]


@dataclass(frozen=True)
class Case:
    """One model: as its package has it, and as the modules that a script has."""

    name: str
    model: Any
    encoder: nn.Module
    decoder: nn.Module


@dataclass(frozen=True)
class Seen:
    """What one door shows: singular values by whose they are, and where walks have led."""

    door: str
    sigma: dict[DirectionKind, np.ndarray]
    straight: dict[DirectionKind, str]
    curved: dict[DirectionKind, str]


def main() -> None:
    """Look, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=400, help="of training, for (a) and (b)")
    parser.add_argument("--only", default="abc", help="letters of the models")
    parser.add_argument("--screenshots", type=Path, help="where to keep pictures of the window")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    images = FaceSource(COUNT, SIZE, seed=5).images(range(COUNT))
    with TemporaryDirectory() as temporary, installed(Path(temporary)):
        for name in ("CONFIG", "CACHE", "DATA"):  # whoever runs this keeps settings and recent files
            os.environ[f"XDG_{name}_HOME"] = temporary
        for case in cases(images, arguments.steps, arguments.only):
            seen = list(doors(case, images, Path(temporary), arguments.screenshots))
            print(f"\n{case.name}: {psnr(case.model.decode(case.model.encode(images)), images):.1f} dB\n")
            print(table(seen))
    if find_spec("diffusers") is None:
        print("\ndiffusers is not installed: without (c)")


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """As if somebody had installed docs/plugin: what pip would write, and nothing of it kept."""
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = folder / f"jnn_studio_patches-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n", encoding="utf-8"
    )
    groups = [
        "\n".join([f"[{group}]", *(f"{name} = {place}" for name, place in entries.items())])
        for group, entries in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n\n".join(groups), encoding="utf-8")
    added = [str(folder), str(PLUGIN)]
    sys.path[:0] = added
    try:
        yield
    finally:
        for path in added:
            sys.path.remove(path)


def cases(images: Tensor, steps: int, only: str) -> Iterator[Case]:
    """(a), (b), and (c) if it can be made."""
    if "a" in only:
        kind = find_model_kind("conv-vae")
        vae = kind.build(kind.config(size=SIZE, widths=(16, 32), latent=12), 0)
        train(vae, images, steps, vae.loss)
        yield Case("(a) convolutional VAE", vae, vae.encoder, vae.decoder)
    if "b" in only:
        kind = find_model_kind("patches")
        patches = kind.build(kind.config(size=SIZE, patch=8, width=48, latent=16), 0)
        train(patches, images, steps, lambda x: (patches(x) - x).square().flatten(1).sum(1).mean())
        yield Case("(b) transformer autoencoder", patches, patches.encoder, patches.decoder)
    if "c" in only and find_spec("diffusers") is not None:
        kind = find_model_kind("autoencoder-kl")
        model = kind.build(kind.config(size=SIZE, widths=(8, 16, 16), groups=4), 0).eval()
        model.requires_grad_(False)
        yield Case("(c) AutoencoderKL, randomly initialised", model, model.encoder, model.decoder)


def train(model: nn.Module, images: Tensor, steps: int, loss: Callable[[Tensor], Tensor]) -> None:
    """As somebody's script does."""
    torch.manual_seed(0)
    optimiser = torch.optim.Adam(model.parameters(), 2e-3)
    for _ in range(steps):
        optimiser.zero_grad()
        loss(images[torch.randint(0, len(images), (32,))]).backward()
        optimiser.step()
    model.eval().requires_grad_(False)


def doors(case: Case, images: Tensor, folder: Path, screenshots: Path | None) -> Iterator[Seen]:
    """The same model through each of them."""
    yield from_script(case, images, screenshots)

    path = folder / f"{case.name[1]}.jnnmodel"
    save_portable(
        path, case.encoder, case.decoder, images[:4], name=case.name, encoded=(0.5, 0.5), thumbnails=4
    )
    pictures = images_of(path)
    assert isinstance(pictures, FolderConfig)
    yield looked_at("portable file", str(path), SceneRenderer().render, pictures)

    weights = folder / f"{case.name[1]}.safetensors"
    save_model(weights, case.model, case.name)
    yield looked_at("installed package", str(weights), SceneRenderer().render, pictures)


def from_script(case: Case, images: Tensor, screenshots: Path | None) -> Seen:
    """In the window that ``jnn_studio.explore(…)`` opens."""
    from PySide6.QtWidgets import QApplication

    import jnn_studio
    from jnn_studio.app.theme import theme
    from jnn_studio.app.window import MainWindow

    # As files have it: the first picture is compared.
    pixels = images.mul(255).round() / 255
    pair = {case.name: (case.encoder, case.decoder)}
    shown = jnn_studio.explore(pair, pixels, preprocess=(0.5, 0.5), block=False)
    windows = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow)]
    (window,) = (found for found in windows if found.isVisible())
    window.resize(1280, 800)
    desk: Any = window.workspace("Explore").desk  # type: ignore[attr-defined]

    def render(state: ExploreState) -> Scene:
        desk.open_state(state, "look")
        shown.seen(timeout=600)
        assert desk.scene is not None
        scene: Scene = desk.scene
        return scene

    assert shown.seen(timeout=600)
    state: ExploreState = desk.state
    seen = looked_at("script, in the window", state.columns[0].where, render, state.source)
    if screenshots is not None:
        screenshots.mkdir(parents=True, exist_ok=True)
        for mode in ("light", "dark"):
            theme().mode = mode
            shown.seen(timeout=600)
            for _ in range(50):
                QApplication.processEvents()
            window.grab().save(str(screenshots / f"own-{case.name[1]}-{mode}.png"))
    shown.close()
    return seen


def looked_at(door: str, where: str, render: Render, source: Any) -> Seen:
    """Singular values, straight and curved walks of a model."""
    sigma: dict[DirectionKind, np.ndarray] = {}
    straight: dict[DirectionKind, str] = {}
    curved: dict[DirectionKind, str] = {}
    for kind in KINDS:
        state = ExploreState(columns=(Column(key="c1", where=where, directions=kind),), source=source)
        (view,) = render(state.with_amount(0, AMOUNT)).columns
        sigma[kind] = view.place.spectrum
        straight[kind] = f"{view.moved.rms:.3f}"
        walk = Walk(legs=(Leg(direction=0, amount=AMOUNT),))
        (view,) = render(state.change(mode="curved", walk=walk)).columns
        curved[kind] = _reached(view)
        if view.moved.stopped_at == 0:  # as the message says: from the picture that the model gives back
            base = Base(image=state.base.image, latents={"c1": tuple(view.place.latent.tolist())})
            (view,) = render(state.change(mode="curved", walk=walk, base=base)).columns
            curved[kind] += f" from that picture: {_reached(view)}"
    return Seen(door, sigma, straight, curved)


def _reached(view: ColumnView) -> str:
    moved = view.moved
    return f"{moved.length:.3f}" + (f", {moved.stopped}." if moved.stopped else "")


def table(seen: list[Seen]) -> str:
    """What the doors show, a row for each and for whose directions they are."""
    rows = [
        "| door | directions | σ₁, σ₂, σ₃ | differ by | straight, RMS | curved, length |",
        "|---|---|---|---|---|---|",
    ]
    for one in seen:
        for kind in KINDS:
            ours, script = one.sigma[kind], seen[0].sigma[kind]
            apart = "" if one is seen[0] else f"{np.abs(ours - script).max() / script[0]:.0e}"
            first = ", ".join(f"{value:.4g}" for value in ours[:3])
            rows.append(
                f"| {one.door} | {kind}'s | {first} | {apart} | {one.straight[kind]} | {one.curved[kind]} |"
            )
    return "\n".join(rows)


if __name__ == "__main__":
    main()
