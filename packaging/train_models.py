"""Train the bundled models from their fixed seeds and put them, in half precision, into resources/."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from jnn_studio.labs.denoise.config import DenoiseConfig
from jnn_studio.models.weights import load_denoiser, load_model, save_model
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.presets import load_preset
from jnn_studio.training.device import leave_a_core_free
from jnn_studio.training.events import Metrics, StateChanged
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.kind import run_members
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

PRESETS = ("faces", "beta-vae-quick")
SIGMAS = (0.5, 1.0)
TOLD = {"denoise-any": "any-sigma", "denoise-any-to-4": "to-4"}
"""Presets of denoisers that are told σ, and what their files begin with."""
PER_PHOTO = 64
"""Squares of each photograph for the denoisers that are told σ."""
RESOURCES = Path(__file__).resolve().parent.parent / "resources"


def main() -> None:
    """Train, convert, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", nargs="*", default=PRESETS)
    parser.add_argument(
        "--photos", type=Path, help="train the denoisers instead, on this folder of photographs"
    )
    parser.add_argument("--run", type=Path, nargs="*", help="take these finished denoising runs as they are")
    arguments = parser.parse_args()
    leave_a_core_free()
    if arguments.run:
        for run in arguments.run:
            put_denoisers(run)
    elif arguments.photos:
        preset = load_preset("denoise").with_changes(data=arguments.photos)
        assert isinstance(preset, DenoiseConfig)
        noises = [preset.noise.model_copy(update={"sigma": sigma}) for sigma in SIGMAS]
        configs = [preset.model_copy(update={"noise": noise}) for noise in noises]
        for name in TOLD:
            told = load_preset(name).with_changes(data=arguments.photos)
            assert isinstance(told, DenoiseConfig)
            squares = told.data.model_copy(update={"per_photo": PER_PHOTO})
            configs.append(told.model_copy(update={"data": squares}))
        for config in configs:
            with tempfile.TemporaryDirectory() as scratch:
                train(config, Path(scratch) / "run")
                put_denoisers(Path(scratch) / "run")
    else:
        for name in arguments.preset:
            with tempfile.TemporaryDirectory() as scratch:
                train(load_preset(name), Path(scratch) / "run")
                put_models(Path(scratch) / "run")


def train(config: RunConfig, run: Path) -> None:
    """Train a run to its end."""
    for event in start_run(config, run, Commands()):
        match event:
            case Metrics() if "held_out_psnr" in event.terms:
                text = f"{event.time:.0f} s, {event.member} {event.terms['held_out_psnr']:.2f} dB"
                print(f"step {event.step}: {text}", flush=True)
            case StateChanged():
                print(event.state, event.reason, flush=True)
            case _:
                pass


def put_models(run: Path) -> None:
    """The models of a run, each into a file named after it."""
    for member in run_members(RunFolder.open(run).config()):
        loaded = load_model(run / "models" / f"{member.key}.safetensors")
        path = RESOURCES / "models" / f"{member.key.replace('_', '-')}.safetensors"
        save_model(path, loaded.model, loaded.name, loaded.info, half=True)
        report(path)


def put_denoisers(run: Path) -> None:
    """The denoisers of a run, each into a file named after its σ, or range of σ, and its method."""
    config = RunFolder.open(run).config()
    assert isinstance(config, DenoiseConfig)
    preset, noise = names_of(config)
    for key in config.methods:
        loaded = load_denoiser(run / "models" / f"{key}.safetensors")
        # Where the photographs lie is nobody's business.
        info = dict(loaded.info) | {"run": preset, "data": f"squares of photographs ({config.data.kind})"}
        path = RESOURCES / "denoisers" / f"{noise}-{key}.safetensors"
        path.parent.mkdir(exist_ok=True)
        save_model(path, loaded.model, loaded.name, info, half=True)
        report(path)


def names_of(config: DenoiseConfig) -> tuple[str, str]:
    """The preset that a run's denoisers are of, and what their files begin with."""
    for name, begin in TOLD.items():
        preset = load_preset(name)
        if isinstance(preset, DenoiseConfig) and preset.model == config.model:
            return name, begin
    return "denoise", f"sigma-{config.noise.sigma:g}"


def report(path: Path) -> None:
    """Say how large a file has become."""
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
