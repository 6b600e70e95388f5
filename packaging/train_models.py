"""Train the bundled models from their fixed seeds and put them, in half precision, into resources/models."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from jnn_studio.models.weights import load_model, save_model
from jnn_studio.training.commands import Commands
from jnn_studio.training.device import leave_a_core_free
from jnn_studio.training.events import Metrics, StateChanged
from jnn_studio.training.kind import run_members
from jnn_studio.training.presets import load_preset
from jnn_studio.training.session import start_run

PRESETS = ("faces", "beta-vae-quick")
TARGET = Path(__file__).resolve().parent.parent / "resources" / "models"


def main() -> None:
    """Train, convert, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", nargs="*", default=PRESETS)
    arguments = parser.parse_args()
    leave_a_core_free()
    for name in arguments.preset:
        train(name)


def train(name: str) -> None:
    """The models of one preset, each into a file named after it."""
    config = load_preset(name)
    with tempfile.TemporaryDirectory() as scratch:
        run = Path(scratch) / "run"
        for event in start_run(config, run, Commands()):
            match event:
                case Metrics() if "held_out_psnr" in event.terms:
                    text = f"{event.time:.0f} s, {event.member} {event.terms['held_out_psnr']:.2f} dB"
                    print(f"step {event.step}: {text}", flush=True)
                case StateChanged():
                    print(event.state, event.reason, flush=True)
                case _:
                    pass
        for member in run_members(config):
            loaded = load_model(run / "models" / f"{member.key}.safetensors")
            path = TARGET / f"{member.key.replace('_', '-')}.safetensors"
            save_model(path, loaded.model, loaded.name, loaded.info, half=True)
            print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
