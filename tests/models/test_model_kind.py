"""A kind of model is added by adding a file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

import jnn_studio.models
from jnn_studio.models.config import ModelConfig
from jnn_studio.models.model_kind import ModelKind, find_model_kind, model_kind_names
from jnn_studio.models.weights import WeightsError, load_denoiser, load_model, save_model

SQUARER = """
from typing import Literal

import torch
from torch import nn

from jnn_studio.models.config import ModelConfig
from jnn_studio.models.model_kind import ModelKind


class SquarerConfig(ModelConfig):
    kind: Literal["my-squarer"] = "my-squarer"


class Squarer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config, self.gain = config, nn.Parameter(torch.ones(1))


MODEL = ModelKind("my-squarer", SquarerConfig, "a squarer", Squarer, lambda config, seed: Squarer(config))
"""


@pytest.fixture
def squarer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a kind that consists of one added file."""
    (tmp_path / "my_squarer.py").write_text(SQUARER)
    monkeypatch.setattr(jnn_studio.models, "__path__", [*jnn_studio.models.__path__, str(tmp_path)])
    yield "my-squarer"
    sys.modules.pop("jnn_studio.models.my_squarer", None)


def test_the_kinds_there_are_have_the_names_they_are_found_by() -> None:
    assert {"autoencoder", "beta-vae", "denoiser"} <= set(model_kind_names())
    for name in model_kind_names():
        kind = find_model_kind(name)
        assert kind.name == name
        assert kind.config.model_fields["kind"].default == name
        assert isinstance(kind.build(kind.config(), 0).config, kind.config)


def test_other_modules_of_the_room_are_no_kinds() -> None:
    for name in ("weights", "dct", "latent-model", "model_kind"):
        with pytest.raises(KeyError):
            find_model_kind(name)


def test_an_added_file_is_a_kind_whose_weights_say_what_they_are(squarer: str, tmp_path: Path) -> None:
    kind = find_model_kind(squarer)
    path = tmp_path / "s.safetensors"
    save_model(path, kind.build(kind.config(), 0), "s")

    with pytest.raises(WeightsError, match=r"is a squarer, which has no latent to walk$"):
        load_model(path)
    with pytest.raises(WeightsError, match=r"is a squarer, not a denoiser$"):
        load_denoiser(path)


def test_a_buffer_that_no_file_keeps_is_named_instead_of_computing_with_nothing() -> None:
    class Scaled(nn.Module):
        def __init__(self, config: ModelConfig) -> None:
            super().__init__()
            self.config = config
            self.register_buffer("scale", torch.ones(2), persistent=False)

    kind = ModelKind("scaled", ModelConfig, "a scaler", Scaled, lambda config, seed: Scaled(config))

    with pytest.raises(RuntimeError, match="scale has no values"):
        kind.from_tensors(ModelConfig(kind="scaled"), {})


def test_every_kind_is_rebuilt_from_its_weights_without_gradients() -> None:
    for name in model_kind_names():
        kind = find_model_kind(name)
        model = kind.build(kind.config(), 0)
        copy = kind.from_tensors(kind.config(), model.state_dict())

        assert type(copy) is type(model)
        assert not copy.training
        assert not any(parameter.requires_grad for parameter in copy.parameters())
        assert not any(tensor.is_meta for tensor in (*copy.parameters(), *copy.buffers()))


def test_finding_them_loads_no_compiler() -> None:
    """It takes longer than all the rest of the window's start."""
    program = (
        "import sys; from jnn_studio.models.model_kind import model_kind_names; model_kind_names(); "
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
