"""A run of a fraction of a second, of every kind there is."""

from __future__ import annotations

from typing import Any

from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.kind import find_kind, kind_names

_IMAGES: dict[str, Any] = {
    "data": {"kind": "faces", "count": 48, "seed": 1},
    "schedule": {"steps": 12, "batch_size": 8, "held_out": 6, "device": "cpu"},
    "logging": {"metrics_every": 3, "spectrum_every": 2, "preview_every": 4, "checkpoint_every": 3},
}
_TINY: dict[str, dict[str, Any]] = {
    "autoencoder-pair": _IMAGES
    | {
        "model": {"size": 16, "dct": 8, "hidden": 24, "latent": 8},
        "penalty": {"eta": 0.5, "eta_decoder": 0.1},
    },
    "beta-vae": _IMAGES
    | {
        "model": {"size": 32, "latent": 6, "widths": [4, 6, 8, 8, 8]},
        "optimiser": {"decay": 0.5, "decay_every": 6},
    },
    "denoise": {
        "data": {"kind": "dead-leaves", "count": 24},
        "model": {"widths": [2, 3, 4, 4]},
        "noise": {"sigma": 0.5},
        "methods": ["supervised", "noise2noise", "penalised", "unpenalised"],
        "schedule": {"steps": 8, "batch_size": 4, "held_out": 8, "crop": 16, "device": "cpu"},
        "logging": {"metrics_every": 2, "spectrum_every": 3, "preview_every": 3, "checkpoint_every": 2},
    },
    "robustness": {
        "data": {"kind": "face-classes", "factors": ["hair-length"]},
        "sets": {"sizes": [8], "held_out": 8},
        "model": {"size": 16, "widths": [3], "hidden": 4},
        "strengths": {
            "decay": [],
            "frobenius": [0.01],
            "nuclear": [0.01],
            "adversarial": [0.02],
            "attack_steps": 2,
        },
        "evaluation": {"epsilons_linf": [0.05]},
        "schedule": {"steps": 8, "batch_size": 4, "repeats": 1, "device": "cpu"},
        "logging": {"metrics_every": 2, "measure_every": 4, "checkpoint_every": 2},
    },
    "rof": {
        "network": {"frequencies": 12, "hidden": 12},
        "penalty": {"draws": 3},
        "optimiser": {"learning_rate": 1e-2},
        "schedule": {"steps": 12, "batch_size": 64, "device": "cpu"},
        "logging": {"metrics_every": 2, "measure_every": 4, "checkpoint_every": 3},
        "measuring": {"grid": 16, "sample": 128, "shells": 5},
    },
}


def tiny_runs() -> dict[str, RunConfig]:
    """By kind that this program trains; KeyError for one that has come since and has none here."""
    return {
        kind: validate_config(_TINY[kind] | {"kind": kind, "name": "tiny"}, f"tiny {kind}")
        for kind in kind_names()
        if find_kind(kind).trainable
    }
