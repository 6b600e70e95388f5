"""Makes as many run folders as one likes, as training would leave them, for looking at and measuring lists.

    python -m benchmarks.many_runs FOLDER 3000

Nothing is trained: their logs are drawn.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import time
from pathlib import Path

import numpy as np

from jnn_studio.runs.annotations import Annotation, annotate
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.events import Spectrum, State
from jnn_studio.training.folder.run_folder import OWNER, RunFolder
from jnn_studio.training.kind import run_members

LOGGED_EVERY = 10
SIGMAS = 32
SPECTRA = 8
STATES: tuple[State, ...] = ("finished",) * 7 + ("stopped", "failed", "running")
NAMES = ("faces", "heads", "faces at night", "landscapes", "celeba")
TAGS = ((), ("good",), ("for the paper", "figure 3"), (), ("odd",))


def make_runs(folder: Path, count: int, steps: int = 2_000, seed: int = 0) -> list[Path]:
    """New runs below ``folder``, of several kinds, states and η; each tenth has something noted about it."""
    rng = np.random.default_rng(seed)
    return [_make(folder / f"run-{number:05}", number, steps, rng) for number in range(count)]


def _make(path: Path, number: int, steps: int, rng: np.random.Generator) -> Path:
    config = _config(number, steps)
    folder = RunFolder.create(path, config)
    state = STATES[number % len(STATES)]
    last = steps if state == "finished" else int(steps * rng.uniform(0.2, 0.9)) // LOGGED_EVERY * LOGGED_EVERY
    members = run_members(config)
    lines: list[str] = []
    logged = np.arange(0, last + 1, LOGGED_EVERY)
    curves = [
        (4 + 60 * np.exp(-logged / (steps * rng.uniform(0.05, 0.3))))
        * np.exp(0.05 * rng.standard_normal(len(logged)))
        for _ in members
    ]
    for at, step in enumerate(logged.tolist()):
        for member, curve in zip(members, curves, strict=True):
            terms = {"total": float(curve[at]), "reconstruction": float(curve[at]) * 0.9, "penalty": 12.0}
            lines.append(_line(step, member.key, terms))
            if at % 5 == 0:
                quality = {"held_out_psnr": 20 + 8 * (1 - float(np.exp(-step / steps * 3)))}
                lines.append(_line(step, member.key, quality))
                if config.kind == "autoencoder-pair":
                    lines.append(_line(step, member.key, {"tightness_gap": float(rng.uniform(0, 2))}))
    (path / "metrics.jsonl").write_text("".join(lines), encoding="utf-8")
    for at in range(SPECTRA):
        for index, member in enumerate(members):
            decay = rng.uniform(0.1, 0.4)
            sigma = np.exp(-decay * np.arange(SIGMAS)).astype(np.float32)
            rank = float(sigma.sum() ** 2 / (sigma**2).sum())
            folder.log_spectrum(Spectrum(last * at // SPECTRA, member.key, sigma, rank), index)
    (path / "checkpoints").mkdir()
    (path / "checkpoints" / f"step-{last:07}.safetensors").write_bytes(b"")
    (path / "checkpoints" / "latest").write_text(f"step-{last:07}.safetensors", encoding="utf-8")
    said = {"id": "", "pid": os.getpid(), "host": socket.gethostname(), "since": round(time.time())}
    (path / OWNER).write_text(json.dumps(said), encoding="utf-8")
    folder.device = "CPU, 2 threads"
    folder.set_state(state, last, "The total of the model became nan." if state == "failed" else "")
    if number % 10 == 3:
        run_id = folder.config_and_identity()[1].id
        note = Annotation(note="Sharper than the others.", tags=TAGS[number // 10 % 5], pinned=number < 40)
        annotate(path, run_id, path, note)
    return path


def _config(number: int, steps: int) -> RunConfig:
    name = f"{NAMES[number % len(NAMES)]} {number}"
    schedule = {"steps": steps, "seed": number % 7}
    if number % 11 == 5:
        return validate_config({"kind": "beta-vae", "name": name, "schedule": schedule}, "here")
    if number % 11 == 8:
        return validate_config({"kind": "rof", "name": f"rof {number}", "schedule": schedule}, "here")
    eta = (0.01, 0.03, 0.1, 0.3, 1.0)[number // 2 % 5]
    penalty = {"eta": eta} if number % 9 else {"eta": eta, "target_rank": 4.0}
    return validate_config({"name": name, "penalty": penalty, "schedule": schedule}, "here")


def _line(step: int, member: str, terms: dict[str, float]) -> str:
    record = {"step": step, "time": round(0.05 * step + 0.013, 3), "model": member, "terms": terms}
    return json.dumps(record) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Make run folders.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    given = parser.parse_args()
    print(f"{len(make_runs(given.folder, given.count))} runs in {given.folder}")


if __name__ == "__main__":
    main()
