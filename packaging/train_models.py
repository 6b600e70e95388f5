"""Train the bundled pair from its fixed seed and put it, in half precision, into resources/models."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from jnn_studio.models.weights import load_model, save_model
from jnn_studio.training.autoencoder_pair import MEMBERS
from jnn_studio.training.commands import Commands
from jnn_studio.training.device import leave_a_core_free
from jnn_studio.training.events import Metrics, StateChanged
from jnn_studio.training.presets import load_preset
from jnn_studio.training.session import start_run

TARGET = Path(__file__).resolve().parent.parent / "resources" / "models"


def main() -> None:
    """Train, convert, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="faces")
    arguments = parser.parse_args()
    leave_a_core_free()
    with tempfile.TemporaryDirectory() as scratch:
        run = Path(scratch) / "run"
        for event in start_run(load_preset(arguments.preset), run, Commands()):
            match event:
                case Metrics() if "held_out_psnr" in event.terms:
                    text = f"{event.time:.0f} s, {event.member} {event.terms['held_out_psnr']:.2f} dB"
                    print(f"step {event.step}: {text}", flush=True)
                case StateChanged():
                    print(event.state, event.reason, flush=True)
                case _:
                    pass
        for key in MEMBERS:
            loaded = load_model(run / "models" / f"{key}.safetensors")
            path = TARGET / f"{key}.safetensors"
            save_model(path, loaded.model, loaded.name, loaded.info, half=True)
            print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
