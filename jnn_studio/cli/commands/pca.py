"""``jnn-studio pca``: the principal components of images, as a model, with how well they do on others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from jnn_studio.base.text import counted
from jnn_studio.cli.command_spec import CommandSpec
from jnn_studio.cli.output import UsageError, console, errors, reported, say, say_json
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import watching
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.holding_out import hold_out
from jnn_studio.data.opening import open_source
from jnn_studio.data.pixels import psnr
from jnn_studio.data.source import ImageSource
from jnn_studio.models.pca import PCA
from jnn_studio.models.weights import save_model
from jnn_studio.training.pair.fit_pca import fit_pca

FACES = "faces"
CHUNK = 256


@dataclass(frozen=True)
class _Result:
    """Of the first components: dB on what was held out, if anything was; share of the variance."""

    components: int
    psnr: float | None
    explained: float


def pca(
    source: Annotated[str, typer.Argument(help=f"Folder or .zip of images, or {FACES}: the drawn ones.")],
    out: Annotated[Path, typer.Option("--out", help="Weights file, .safetensors.", parser=path)],
    components: Annotated[
        list[int], typer.Option("--components", min=1, help="How many; given again, fewer are judged too.")
    ] = [32],  # noqa: B006  (Typer's way to say it)
    size: Annotated[
        int, typer.Option("--size", min=16, max=1024, help="Side of the images, in pixels.")
    ] = 64,
    held_out: Annotated[
        float,
        typer.Option(
            "--held-out", min=0, max=0.9, help="Share kept apart to judge it: folders, if 4 or more."
        ),
    ] = 0.1,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of what is kept apart.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Fit a principal component analysis, the linear baseline; Explore and traverse open it as any model."""
    with reported():
        if out.suffix != ".safetensors":
            raise UsageError(f"{out} is no weights file; give --out a name that ends in .safetensors")
        with watching(errors if as_json else console, "images", transient=True) as watch:
            config = FacesConfig() if source == FACES else FolderConfig(path=Path(source))
            images = open_source(config, size, watch=watch)
            parts = hold_out(images, held_out, seed)
            fitted = fit_pca(images, max(components), watch, indices=parts.rest)
            out.parent.mkdir(parents=True, exist_ok=True)
            save_model(out, fitted.model, fitted.name, {"of": images.name, **fitted.info})
            counts = sorted(set(components))
            qualities = _qualities([fitted.model.truncated(k) for k in counts], images, parts.images)
    rows = [
        _Result(k, quality, fitted.explained[k - 1]) for k, quality in zip(counts, qualities, strict=True)
    ]
    found: dict[str, Any] = {
        "source": images.name,
        "size": size,
        "fitted": fitted.images,
        "held_out": len(parts.images),
        "held_out_folders": parts.folders,
        "folders": parts.of_folders,
        "results": [asdict(row) for row in rows],
        "deviations": fitted.model.deviations.tolist(),
        "file": str(out),
    }
    if as_json:
        say_json(found)
        return
    say(f"{images.name}: fitted to {counted(int(fitted.info['images']), 'image')}; held out: {parts.words}")
    say("components   held-out PSNR   variance explained")
    for row in rows:
        quality = "—" if row.psnr is None else f"{row.psnr:.2f} dB"
        say(f"{row.components:10,}   {quality:>13}   {100 * row.explained:16.2f} %")
    say(f"wrote {out}")


@torch.no_grad()
def _qualities(models: Sequence[PCA], source: ImageSource, indices: Sequence[int]) -> list[float | None]:
    """PSNR of each model, the mean over images; None of none."""
    totals = [0.0] * len(models)
    for begin in range(0, len(indices), CHUNK):
        images = source.images(indices[begin : begin + CHUNK])
        totals = [
            total + len(images) * psnr(model(images), images)
            for total, model in zip(totals, models, strict=True)
        ]
    return [total / len(indices) if indices else None for total in totals]


COMMAND = CommandSpec(order=15, run=pca)
