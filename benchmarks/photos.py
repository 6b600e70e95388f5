"""What pairs for photographs reach on unseen people: ``python -m benchmarks.photos FOLDER`` prints JSON.

Trains one member of the pair of a preset on a folder of photographs, step by step as a run does; or takes it
from a run that has been trained, if FOLDER is one. Measures it on the images that were held out (whole
folders, where there are four or more):

- ``psnr``: mean over images of 10 log₁₀(1 / MSE) in dB, images in [0, 1], reconstructions clipped;
- ``rank``: effective rank of the Jacobian of the encoder, of the decoder, and of the two one after the other,
  mean over some of these images;
- ``pca``: PSNR of PCA of the same images with as many components as the encoder's effective rank (between
  whole numbers, in proportion), and ``gain`` over it; ``pca_latent``: with as many as the latent has;
- ``step``: seconds of processor time that a step of this member takes;
- ``unaveraged``: the same of the weights themselves, where what is measured is their average.

``--set penalty.target_rank=32 --set optimiser.weight_decay=0`` changes settings of the preset. What is told
while it trains goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.data.pixels import psnr
from jnn_studio.explore.columns.open_models import open_models
from jnn_studio.jacobian import JacobianOperator, effective_rank
from jnn_studio.models.pca import PCA
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.configuration.presets import load_preset
from jnn_studio.training.events import Event, Metrics, Spectrum
from jnn_studio.training.experiment import Member
from jnn_studio.training.folder.run_folder import RunFolder, is_run
from jnn_studio.training.kind import find_kind
from jnn_studio.training.pair.autoencoder_pair import AutoencoderPair
from jnn_studio.training.pair.fit_pca import fit_pca
from jnn_studio.training.pair.pair_config import PairConfig
from jnn_studio.training.step.gradient_step import GradientStep
from jnn_studio.training.words import ETA, PSNR

RANK_IMAGES = 32
CHUNK = 64


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="photographs, one folder a person; or a run folder")
    parser.add_argument("--preset", default="photos")
    parser.add_argument("--member", choices=("regularised", "unregularised"), default="regularised")
    parser.add_argument("--set", action="append", default=[], metavar="SETTING=VALUE", dest="changes")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if is_run(arguments.folder):
        print(json.dumps(judged(arguments.folder, arguments.member), indent=2))
        return
    config = configured(arguments.preset, arguments.folder, arguments.changes)
    print(json.dumps(train_and_measure(config, arguments.member), indent=2))


def configured(preset: str, folder: Path, changes: list[str]) -> PairConfig:
    """The preset on these images, with changes ``"table.setting=value"``, the values as in JSON."""
    values = load_preset(preset).with_changes(data=folder).model_dump(mode="json")
    for change in changes:
        name, _, text = change.partition("=")
        table, _, setting = name.partition(".")
        values[table][setting] = json.loads(text)
    config = validate_config(values, preset)
    assert isinstance(config, PairConfig)
    return config


def train_and_measure(config: PairConfig, key: str) -> dict[str, Any]:
    """Train one member and give all figures of it."""
    experiment = find_kind(config.kind).prepare(config, Watch())
    assert isinstance(experiment, AutoencoderPair)
    member = next(member for member in experiment.members if member.key == key)
    experiment.members = (member,)
    descent = GradientStep(experiment, member, config.optimiser)
    steps, seconds, begun = config.schedule.steps, 0.0, time.perf_counter()
    for step in range(steps):
        start = time.process_time()
        batch, rate = experiment.batch(step), config.optimiser.rate(step, steps)
        descent.take(batch, step, rate)
        seconds += time.process_time() - start
        if experiment.due(step + 1) or step + 1 == steps:
            with descent.averaged():
                events = list(experiment.measure(step + 1))
            events.append(Metrics(step, 0.0, key, experiment.watch(member, batch, step)))
            tell(step + 1, time.perf_counter() - begun, events)
    eta = experiment.watch(member, batch, steps - 1).get("eta", member.eta)
    with descent.averaged():
        found = measure(experiment, member)
    if config.optimiser.ema:
        found["unaveraged"] = measure(experiment, member)
    return {"eta": float(f"{eta:.4g}"), **found, "step": round(seconds / steps, 4)}


def judged(run: Path, key: str) -> dict[str, Any]:
    """All figures of one member of a run, as it is in its newest checkpoint."""
    config = RunFolder.open(run).config()
    experiment = find_kind(config.kind).prepare(config, Watch())
    assert isinstance(experiment, AutoencoderPair)
    member = next(member for member in experiment.members if member.key == key)
    loaded = next(found for found in open_models(run) if found.info["member"] == key)
    member.model.load_state_dict(dict(loaded.model.state_dict()))
    return {"eta": float(f"{float(loaded.info['eta']):.4g}"), **measure(experiment, member)}


def tell(step: int, seconds: float, events: Sequence[Event]) -> None:
    """One line of how it goes."""
    words = [f"{step:6}", f"{seconds:6.0f} s"]
    for event in events:
        if isinstance(event, Spectrum):
            words.append(f"rank {event.effective_rank:.2f}")
        if isinstance(event, Metrics):
            words += [f"{name} {event.terms[name]:.4g}" for name in (PSNR, ETA) if name in event.terms]
    print("  ".join(words), file=sys.stderr, flush=True)


@torch.no_grad()
def measure(experiment: AutoencoderPair, member: Member) -> dict[str, Any]:
    """What the model does to images of people it never saw, and what PCA does."""
    batches, model = experiment.batches, member.model
    images = batches.images(batches.held_out.tolist())
    latent = experiment.config.model.latent
    pca = fit_pca(batches.source, latent, indices=sorted(batches.train.tolist())).model
    quality = psnr(torch.cat([model(part) for part in images.split(CHUNK)]), images)
    ranks = effective_ranks(model, images[:RANK_IMAGES])
    same = at_rank(pca, ranks["encoder"], images)
    return {
        "held_out": "; ".join(experiment.notes),
        "psnr": round(quality, 3),
        "rank": {name: round(rank, 2) for name, rank in ranks.items()},
        "pca": round(same, 3),
        "gain": round(quality - same, 3),
        "pca_latent": round(psnr(pca(images), images), 3),
    }


@torch.no_grad()
def effective_ranks(model: Any, images: Tensor) -> dict[str, float]:
    """Of encoder, decoder, and the two one after the other."""
    found = {"encoder": 0.0, "decoder": 0.0, "both": 0.0}
    for part in images.split(4):
        seen = model.encoder_input(part)
        encoder = JacobianOperator(model.encoder, seen).dense()
        decoder = JacobianOperator(model.decoder, model.encoder(seen)).dense()
        # The decoder's orthonormal factor turns directions of the picture and changes no singular value.
        both = torch.linalg.qr(decoder.double())[1] @ encoder.double()
        for name, jacobian in (("encoder", encoder), ("decoder", decoder), ("both", both)):
            ranks = effective_rank(torch.linalg.svdvals(jacobian))
            found[name] += float(ranks.sum()) / len(images)
    return found


def at_rank(pca: PCA, rank: float, images: Tensor) -> float:
    """PSNR of PCA with so many components, between whole numbers in proportion."""
    few = min(max(math.floor(rank), 1), len(pca.deviations))
    many = min(few + 1, len(pca.deviations))
    below, above = (psnr(pca.truncated(count)(images), images) for count in (few, many))
    return below + (rank - few) * (above - below)


if __name__ == "__main__":
    main()
