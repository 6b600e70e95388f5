"""The engine is right about every kind of layer: a part of the benchmark's matrix, and its table whole."""

import re
from pathlib import Path

import pytest

from benchmarks import layers
from benchmarks.architectures import ARCHITECTURES
from benchmarks.layer_list import LAYERS
from benchmarks.public_networks import PUBLIC

ROOT = Path(__file__).parents[2]
CASES = LAYERS | ARCHITECTURES
SHORT = [
    "Conv2d, strided",
    "GLU",
    "Hardsigmoid",
    "BatchNorm2d inside, training",
    "LayerNorm",
    "Dropout2d inside, training",
    "AdaptiveMaxPool2d",
    "linalg.solve",
    "LSTM with projection",
    "TransformerEncoderLayer",
    "Linear with pre-hook",
    "Linear, spectral-normed",
    "Linear, tied",
    "U-Net",
    "GPT block, causal",
    "VAE, latent drawn",
    "Spatial transformer",
    "StyleGAN2 modulated convolution",
    "Transformer autoencoder",
]


@pytest.mark.parametrize("name", SHORT)
def test_every_answer_is_right(name):
    found = layers.examine(*CASES[name], seconds=0)
    assert [found[key] for key in ("value", "gradient", "svd", "krylov")] == ["right"] * 4, found["plan"]


def test_what_is_refused_is_named():
    found = layers.examine(*CASES["CrossMapLRN2d"], seconds=0)
    assert found["plan"].startswith("finite_difference: CrossMapLRN2d has no forward mode")
    assert [found[key] for key in ("value", "gradient", "svd")] == ["right"] * 3
    assert found["krylov"].startswith("refused: layer '1' (CrossMapLRN2d) has no forward mode")


def test_the_table_of_the_documentation_is_of_all_layers_and_claims_nothing_wrong():
    rows = re.findall(r"^\| (.+?) \| .+? \| (\w+) \| (\w+) \| (\w+) \| (\w+) \|", _table(), re.M)
    known = CASES.keys() | PUBLIC.keys()
    assert {name for name, *_ in rows} - {"layer", "network", "public network"} == known
    assert {answer for name, *answers in rows if name in known for answer in answers} <= {"right", "refused"}
    assert len(LAYERS) >= 60
    assert len(ARCHITECTURES) >= 12


def _table() -> str:
    return (ROOT / "docs" / "layers.md").read_text(encoding="utf-8")
