"""What directions of models of photographs do, and what they say of people never seen.

    python -m benchmarks.photo_claims FOLDER TABLE RUN… --out DIR [--words emotion=happiness,neutral]

FOLDER has one folder a person; TABLE says attributes of its images; RUNs were trained on them with whole
folders held out, all the same ones (``jnn-studio train photos``, ``… train beta-vae-quick``). A PCA of the
same images is fitted beside them. Written are DIR/NAME.json and figures; tables are printed. Everything is
judged on the persons held out, whom neither models nor readouts have seen; [value, low, high] is with a 95 %
interval over persons, who are drawn again with all their images (`photo_measures.Persons`).

- ``levels``: by direction and mean over images, the share of the squared change of the picture that adds a
  constant (``brightness``, ``colour``), or a constant and a multiple (``levels``), to each channel. The
  change is the decoded push-forward J_dec u at the image (`photo_measures.level_shares`). ``local``:
  directions of the image; ``averaged``: those that training images have in common.
- ``carried``: R² (of two words, the area under the curve) of a ridge regression on the coordinates uᵢᵀz
  along the first k averaged directions, fitted to the persons trained on; ``over_pca``: the same less PCA's,
  in tables bold where its interval leaves out 0.
- ``of_readout``: of the readout of the whole latent, the share of variance that the first k *local*
  directions of an image carry (`photo_measures.share_of_readout`).

Directions are the encoder's; of a β-VAE its axes by their KL, at every image the same. How far directions are
tangent to the images cannot be measured: nobody knows the tangents of photographs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.photo_figures import tables, write_figures
from benchmarks.photo_measures import (
    Measured,
    area_under_curve,
    level_shares,
    mean_of,
    predicted,
    r_squared,
    share_of_readout,
    with_interval,
)
from benchmarks.photo_people import Part, Photographs, opened
from jnn_studio.data.pixels import psnr
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.columns.open_models import open_models
from jnn_studio.explore.directions.averaged import average_directions
from jnn_studio.explore.directions.direction_fields import DirectionField
from jnn_studio.explore.meaning.linear_fit import Moments, ridge
from jnn_studio.explore.state import DirectionKind
from jnn_studio.jacobian import effective_rank
from jnn_studio.models.weights import LoadedModel
from jnn_studio.training.pair.fit_pca import fit_pca

SHARES = 8
"""First directions whose changes are looked at."""
COUNTS = (1, 2, 4, 8, 17, 32, 64)
LOOKED_AT = 160
"""Images of people held out at which local directions are taken, evenly spread."""
SIGMA = (2, 8, 17, 32)
"""i of the σᵢ/σ₁ that are given, mean over images."""
CHUNK = 64


def main() -> None:
    """Measure, write and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--words", help="COLUMN=WORD,WORD: the first against the second, as an attribute")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    photographs = opened(arguments.folder, arguments.table, arguments.runs, arguments.words)
    models = {called(loaded): loaded for run in arguments.runs for loaded in open_models(run)}
    models["PCA"] = fitted(photographs, max(m.model.config.latent for m in models.values()))
    found = claims(photographs, models)
    arguments.out.mkdir(parents=True, exist_ok=True)
    name = arguments.folder.name
    (arguments.out / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    write_figures(found, models, mean_latents(photographs, models), arguments.out, name)
    print("\n\n".join(tables(found)))


def called(loaded: LoadedModel) -> str:
    """What tables call a model."""
    if "eta" not in loaded.info:
        return loaded.name
    rank, eta = loaded.info.get("target_rank"), float(loaded.info["eta"])
    return f"{loaded.info['run']}, " + (f"η = {eta:g}" if rank is None else f"η for rank {float(rank):g}")


def fitted(photographs: Photographs, components: int) -> LoadedModel:
    """A PCA of the images that are learnt from."""
    found = fit_pca(photographs.source, components, indices=photographs.train.tolist())
    return LoadedModel(found.model, "PCA", found.info)


@torch.no_grad()
def claims(photographs: Photographs, models: dict[str, LoadedModel]) -> dict[str, Any]:
    """All of it; "PCA" is what others are compared with."""
    result: dict[str, Any] = {
        "images": {"trained": len(photographs.train), "held_out": len(photographs.held_out)},
        "persons_held_out": len(set(photographs.persons(photographs.held_out).names)),
        "models": {},
    }
    at = np.linspace(0, len(photographs.held_out) - 1, LOOKED_AT).round().astype(int)
    looked_at = photographs.held_out[np.unique(at)]
    compared: dict[tuple[str, int], np.ndarray] = {}
    for name in sorted(models, key=lambda name: name != "PCA"):
        loaded = models[name]
        latents = latents_of(photographs.source, range(len(photographs.source)), loaded)
        common = in_common(photographs, loaded)
        local = list(local_directions(photographs.source, looked_at, loaded))
        entry: dict[str, Any] = {"psnr": round(quality(photographs, loaded), 2)}
        if kind_of(loaded) == "encoder":
            sigma = torch.stack([sigma for _, sigma in local])
            relative = (sigma / sigma[:, :1]).mean(0)
            entry["rank"] = round(float(effective_rank(sigma).mean()), 1)
            entry["relative_sigma"] = {
                str(i): round(float(relative[i - 1]), 3) for i in SIGMA if i <= len(relative)
            }
        entry["levels"] = {
            "local": levels(photographs, looked_at, loaded, latents, [vectors for vectors, _ in local]),
            "averaged": levels(photographs, looked_at, loaded, latents, [common] * len(looked_at)),
        }
        carried, of_readout = {}, {}
        for attribute, (binary, values) in photographs.attributes.items():
            carried[attribute] = by_count(
                photographs, latents @ common.numpy(), values, binary, compared, attribute, name == "PCA"
            )
            bases = [vectors.double().numpy() for vectors, _ in local]
            of_readout[attribute] = read_locally(photographs, latents, values, looked_at, bases)
        result["models"][name] = {**entry, "carried": carried, "of_readout": of_readout}
    return result


def kind_of(loaded: LoadedModel) -> DirectionKind:
    """The encoder's directions; of a β-VAE its axes."""
    return "axes" if hasattr(loaded.model, "axis_kl") else "encoder"


def latents_of(source: ImageSource, indices: Sequence[int], loaded: LoadedModel) -> np.ndarray:
    """float64 (images, latent)."""
    parts = [source.images(list(indices[i : i + CHUNK])) for i in range(0, len(indices), CHUNK)]
    return torch.cat([loaded.model.encode(part) for part in parts]).double().numpy()


def quality(photographs: Photographs, loaded: LoadedModel) -> float:
    """PSNR on the people held out."""
    images = photographs.source.images(photographs.held_out.tolist())
    decoded = [loaded.model.decode(loaded.model.encode(part)) for part in images.split(CHUNK)]
    return psnr(torch.cat(decoded), images)


def in_common(photographs: Photographs, loaded: LoadedModel) -> Tensor:
    """Directions that training images have in common, strongest first: float64 (latent, latent)."""
    kind = kind_of(loaded)
    if kind == "axes":
        origin = torch.zeros(loaded.model.config.latent)
        return DirectionField(loaded.model).at_latent(kind, origin).vectors.double()
    part = Part(photographs.source, photographs.train.tolist())
    return average_directions(loaded, kind, part).vectors.double()


def local_directions(
    source: ImageSource, indices: np.ndarray, loaded: LoadedModel
) -> Iterator[tuple[Tensor, Tensor]]:
    """(vectors, σ) at each of the images."""
    field, kind = DirectionField(loaded.model), kind_of(loaded)
    for index in indices.tolist():
        image = source.images([index])
        found = field.at_image(kind, image[0], loaded.model.encode(image)[0])
        yield found.vectors, found.sigma


def levels(
    photographs: Photographs,
    indices: np.ndarray,
    loaded: LoadedModel,
    latents: np.ndarray,
    bases: Sequence[Tensor],
) -> dict[str, list[list[float]]]:
    """By share, an interval for each of the first directions, and for all of those together at the end."""
    field, config = DirectionField(loaded.model), loaded.model.config
    weights = photographs.persons(indices).draws()
    rows: dict[str, list[np.ndarray]] = {}
    for index, basis in zip(indices.tolist(), bases, strict=True):
        latent = torch.from_numpy(latents[index]).float()
        picture, push = field.picture_and_push(latent, basis[:, :SHARES].float())
        shape = (1, len(push), config.channels, config.size, config.size)
        for name, share in level_shares(push.view(shape), picture.unsqueeze(0)).items():
            rows.setdefault(name, []).append(share[0].numpy())
    found = {}
    for name, values in rows.items():
        table = np.stack(values)
        columns = [*table.T, table.mean(1)]
        found[name] = [with_interval(mean_of(column)(weights)) for column in columns]
    return found


def by_count(
    photographs: Photographs,
    coordinates: np.ndarray,
    values: np.ndarray,
    binary: bool,
    compared: dict[tuple[str, int], np.ndarray],
    attribute: str,
    reference: bool,
) -> dict[str, dict[str, list[float]]]:
    """How well unseen people are told from the first k coordinates, by k, and how much better than by PCA."""
    known = np.isfinite(values)
    train, test = (part[known[part]] for part in (photographs.train, photographs.held_out))
    weights = photographs.persons(test).draws()
    found: dict[str, dict[str, list[float]]] = {}
    for count in COUNTS:
        if count > coordinates.shape[1]:
            break
        guesses = predicted(coordinates[train, :count], values[train], coordinates[test, :count])
        measure: Measured = (
            area_under_curve(values[test] > 0.5, guesses) if binary else r_squared(values[test], guesses)
        )
        drawn = measure(weights)
        found[str(count)] = {"value": with_interval(drawn)}
        if reference:
            compared[attribute, count] = drawn
        elif (attribute, count) in compared:
            found[str(count)]["over_pca"] = with_interval(drawn - compared[attribute, count])
    return found


def read_locally(
    photographs: Photographs,
    latents: np.ndarray,
    values: np.ndarray,
    indices: np.ndarray,
    bases: Sequence[np.ndarray],
) -> dict[str, list[float]]:
    """By k, the share of the whole latent's readout that the first k local directions carry."""
    train = photographs.train[np.isfinite(values[photographs.train])]
    centred = latents[train] - latents[train].mean(0)
    weights = ridge(Moments.of(centred, values[train] - values[train].mean())).weights
    covariance = centred.T @ centred / len(centred)
    shares = np.stack([share_of_readout(weights, covariance, basis) for basis in bases])
    draws = photographs.persons(indices).draws()
    counts = [count for count in COUNTS if count <= shares.shape[1]]
    return {str(count): with_interval(mean_of(shares[:, count - 1])(draws)) for count in counts}


def mean_latents(
    photographs: Photographs, models: dict[str, LoadedModel]
) -> dict[str, tuple[Tensor, Tensor]]:
    """By model, the mean latent of the images trained on, which is nobody's, and the directions in common."""
    some = photographs.train[:: max(1, len(photographs.train) // 1024)].tolist()
    with torch.no_grad():
        return {
            name: (
                torch.from_numpy(latents_of(photographs.source, some, loaded).mean(0)).float(),
                in_common(photographs, loaded).float(),
            )
            for name, loaded in models.items()
        }


if __name__ == "__main__":
    main()
