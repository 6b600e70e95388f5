"""What installed packages bring is found by name; what is broken harms nobody who does not ask for it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jnn_studio.base import plugins
from jnn_studio.base.errors import StudioError
from jnn_studio.base.plugins import KINDS, MODELS, PluginError
from jnn_studio.models.model_kind import ModelKind, find_model_kind, model_kind_names
from jnn_studio.models.weights import WeightsError, load_model, save_model
from jnn_studio.training.config import ConfigError
from jnn_studio.training.configuration.config_file import parse_config
from jnn_studio.training.kind import find_kind, kind_names

Install = Callable[[str, str], None]

PLAIN = """
from typing import Literal

from torch import nn

from jnn_studio.models.config import LatentModelConfig
from jnn_studio.models.model_kind import ModelKind


class PlainConfig(LatentModelConfig):
    kind: Literal["plain"] = "plain"
    latent: int = 3


class Plain(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        values = config.channels * config.size**2
        self.encoder, self.decoder = nn.Linear(values, config.latent), nn.Linear(config.latent, values)

    def encoder_input(self, images):
        return images.flatten(1)

    def encode(self, images):
        return self.encoder(self.encoder_input(images))

    def decode(self, latents):
        return self.decoder(latents).unflatten(1, (self.config.channels, self.config.size, self.config.size))


MODEL = ModelKind("plain", PlainConfig, "a plain model", Plain, lambda config, seed: Plain(config))
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a package of one module, ``theirs``, with these entry points."""

    def install(module: str, entry_points: str) -> None:
        (tmp_path / "theirs.py").write_text(module, encoding="utf-8")
        info = tmp_path / "their_package-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-package\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entry_points)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "theirs", raising=False)

    return install


def test_a_kind_of_model_comes_with_a_package_and_its_weights_are_opened(
    install: Install, tmp_path: Path
) -> None:
    install(PLAIN, f"[{MODELS}]\nplain = theirs:MODEL\n")
    assert "plain" in model_kind_names()
    assert "theirs" not in sys.modules  # a name is not yet a reason to run somebody's code

    kind = find_model_kind("plain")
    model = kind.build(kind.config(channels=1, size=4), 0)
    save_model(tmp_path / "plain.safetensors", model, "Mine")
    loaded = load_model(tmp_path / "plain.safetensors")

    assert loaded.name == "Mine"
    assert loaded.model.config == model.config
    assert type(loaded.model) is type(model)


def test_a_package_that_cannot_be_loaded_is_named_to_those_who_ask_for_it(
    install: Install, tmp_path: Path
) -> None:
    install("import nowhere_to_be_found", f"[{MODELS}]\nplain = theirs:MODEL\n[{KINDS}]\nodd = theirs:KIND\n")

    assert "odd" in kind_names()
    assert find_kind("beta-vae").name == "beta-vae"
    complaint = r"'their-package' brings 'odd' .*ModuleNotFoundError: .*nowhere.*; update or uninstall it"
    with pytest.raises(StudioError, match=complaint):
        find_kind("odd")
    with pytest.raises(ConfigError, match=rf"mine: kind: the installed package {complaint}"):
        parse_config("kind = 'odd'", "mine")

    network = find_model_kind("autoencoder")
    config = network.config(size=8, dct=4, hidden=4, latent=2)
    model = network.build(config, 0)
    model.config = config.model_copy(update={"kind": "plain"})
    save_model(tmp_path / "a.safetensors", model, "a")
    with pytest.raises(WeightsError, match=r"a\.safetensors cannot be opened: .*'their-package' brings"):
        load_model(tmp_path / "a.safetensors")


def test_what_is_something_else_or_is_called_otherwise_is_refused(install: Install) -> None:
    install(PLAIN, f"[{MODELS}]\nplane = theirs:MODEL\nclass = theirs:Plain\n")

    for name in ("plane", "class"):
        with pytest.raises(PluginError, match=f"brings '{name}' .*is no ModelKind of that name"):
            find_model_kind(name)


def test_the_programs_own_cannot_be_replaced(install: Install) -> None:
    install(PLAIN, f"[{MODELS}]\nautoencoder = theirs:MODEL\n")

    assert find_model_kind("autoencoder").words == "an autoencoder"
    assert "theirs" not in sys.modules


def test_what_nobody_brings_is_not_found() -> None:
    with pytest.raises(KeyError):
        plugins.find(MODELS, "transformer", ModelKind)
    assert plugins.names("jnn_studio.nothing") == ()
