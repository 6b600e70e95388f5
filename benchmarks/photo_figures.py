"""Tables and figures of what `benchmarks.photo_claims` measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from jnn_studio.base.drawing import Figure, drawing
from jnn_studio.explore.directions.direction_fields import DirectionField
from jnn_studio.models.weights import LoadedModel

SHOWN = 8
"""Directions in tables and charts."""
PICTURED = 6
"""Directions in pictures."""
STEP = 0.08
"""RMS change of the picture at which a direction is shown."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito's."""
MARKS = ("o", "s", "^", "D", "v", "P")
PCA_COLOUR = "#696973"
GRID = "#e6e8ec"
_SETTINGS = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}


def write_figures(
    found: Mapping[str, Any],
    models: Mapping[str, LoadedModel],
    starts: Mapping[str, tuple[Tensor, Tensor]],
    folder: Path,
    name: str,
) -> None:
    """Write NAME-levels.png, NAME-attributes.png and NAME-directions.png into ``folder``.

    ``starts``: by model, a latent to walk from and the directions, as columns.
    """
    with drawing(_SETTINGS):
        drawn = {
            "levels": _levels(found),
            "attributes": _attributes(found),
            "directions": _walks(models, starts),
        }
        for what, figure in drawn.items():
            path = folder / f"{name}-{what}.png"
            figure.savefig(path, dpi=72 if what == "directions" else 90)
            with Image.open(path) as picture:
                picture.convert("RGB").quantize(256).save(path, optimize=True)


def _style(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    styles = {}
    others = iter(zip(COLOURS, MARKS, strict=True))
    for name in sorted(found["models"], key=lambda name: name == "PCA"):
        colour, mark = (PCA_COLOUR, "x") if name == "PCA" else next(others)
        styles[name] = {"color": colour, "marker": mark, "markersize": 4, "linewidth": 1.4, "label": name}
    return styles


def _levels(found: Mapping[str, Any]) -> Figure:
    """By direction, how much of its change is one of levels."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    for column, kind in enumerate(("local", "averaged")):
        axes = figure.add_subplot(1, 2, column + 1)
        axes.grid(color=GRID, linewidth=0.8)
        for shift, (name, style) in enumerate(_style(found).items()):
            values = np.array(found["models"][name]["levels"][kind]["levels"][:SHOWN])
            x = np.arange(1, len(values) + 1) + 0.08 * (shift - 1.5)
            axes.plot(x, values[:, 0], **style)
            axes.vlines(x, values[:, 1], values[:, 2], color=style["color"], linewidth=1)
        axes.set(xlabel="direction", ylim=(0, 1), title=f"{kind} directions")
        axes.set_ylabel("share of the change that is of levels")
    figure.axes[0].legend(frameon=False, fontsize=8)
    return figure


def _attributes(found: Mapping[str, Any]) -> Figure:
    """By attribute, how well people never seen are told from the first k directions."""
    names = list(next(iter(found["models"].values()))["carried"])
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(3.2 * columns + 0.4, 2.5 * rows + 0.3), layout="constrained")
    for place, attribute in enumerate(names):
        axes = figure.add_subplot(rows, columns, place + 1)
        axes.grid(color=GRID, linewidth=0.8)
        lowest = 0.5 if " against " in attribute else 0.0
        for name, style in _style(found).items():
            entries = found["models"][name]["carried"][attribute]
            counts = [int(count) for count in entries]
            values = np.array([entry["value"] for entry in entries.values()])
            axes.plot(counts, values[:, 0], **style)
            axes.fill_between(
                counts, values[:, 1], values[:, 2], color=style["color"], alpha=0.1, linewidth=0
            )
        axes.set_xscale("log", base=2)
        axes.set_xticks(counts, [str(count) for count in counts], minor=False)
        axes.set(title=attribute.replace("_", " "), ylim=(lowest, 1), xlabel="first k directions")
        axes.set_ylabel("area under the curve" if lowest else "R²")
    figure.axes[0].legend(frameon=False, fontsize=7)
    return figure


@torch.no_grad()
def _walks(models: Mapping[str, LoadedModel], starts: Mapping[str, tuple[Tensor, Tensor]]) -> Figure:
    """Each model's directions from the mean latent, to both sides."""
    figure = Figure(figsize=(1.15 * PICTURED + 0.9, 2.3 * len(models) + 0.3), layout="constrained")
    axes = np.asarray(figure.subplots(2 * len(models), PICTURED))
    for row, (name, loaded) in enumerate(models.items()):
        latent, directions = starts[name]
        chosen = directions[:, :PICTURED]
        push = DirectionField(loaded.model).push(latent, chosen)
        lengths = STEP / push.square().mean(1).sqrt().clamp_min(1e-9)
        for half, sign in enumerate((-1, 1)):
            pictures = loaded.model.decode(latent + sign * (chosen * lengths).T).clamp(0, 1)
            for column, picture in enumerate(pictures):
                panel = axes[2 * row + half, column]
                panel.imshow(picture.permute(1, 2, 0).expand(-1, -1, 3).numpy(), interpolation="nearest")
                panel.set(xticks=[], yticks=[])
                for spine in panel.spines.values():
                    spine.set_visible(False)
                if not row and not half:
                    panel.set_title(f"{column + 1}", fontsize=9)
            axes[2 * row + half, 0].set_ylabel(f"{name.replace(', ', chr(10))}  {'−+'[half]}", fontsize=8)
    return figure


def tables(found: dict[str, Any]) -> Iterator[str]:
    """Markdown."""
    models = found["models"]
    lines = ["models", "", "| model | PSNR, dB | effective rank | σ₂/σ₁ | σ₈/σ₁ | σ₁₇/σ₁ | σ₃₂/σ₁ |"]
    lines.append("|---" * 7 + "|")
    for name, entry in models.items():
        sigma = entry.get("relative_sigma", {})
        cells = [str(value) for value in (entry["psnr"], entry.get("rank", ""), *sigma.values())]
        lines.append(f"| {name} | " + " | ".join(cells + [""] * (4 - len(sigma))) + " |")
    yield "\n".join(lines)
    header = "| model | " + " | ".join(f"{i + 1}" for i in range(SHOWN)) + " | all of these |"
    for kind in ("local", "averaged"):
        for share in ("brightness", "colour", "levels"):
            lines = [f"{share}, {kind} directions", "", header, "|---" * (SHOWN + 2) + "|"]
            for name, entry in models.items():
                cells = [_cell(value) for value in entry["levels"][kind][share]]
                lines.append(f"| {name} | {' | '.join(cells)} |")
            yield "\n".join(lines)
    for what in ("carried", "of_readout"):
        for attribute in next(iter(models.values()))[what]:
            rows: dict[str, dict[str, Any]] = {name: entry[what][attribute] for name, entry in models.items()}
            counts = [str(count) for count in sorted({int(count) for row in rows.values() for count in row})]
            lines = [f"{what}: {attribute}", "", "| model | " + " | ".join(counts) + " |"]
            lines.append("|---" * (len(counts) + 1) + "|")
            for name, row in rows.items():
                cells = [_carried(row[count]) if count in row else "" for count in counts]
                lines.append(f"| {name} | {' | '.join(cells)} |")
            yield "\n".join(lines)


def _cell(value: Sequence[float]) -> str:
    return f"{value[0]:.2f} ({value[1]:.2f}–{value[2]:.2f})"


def _carried(entry: Any) -> str:
    if isinstance(entry, list):
        return _cell(entry)
    better = entry.get("over_pca")
    text = _cell(entry["value"])
    # Bold: surely other than PCA's.
    return text if better is None or better[1] <= 0 <= better[2] else f"**{text}**"
