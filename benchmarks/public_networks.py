"""Networks of transformers and diffusers as these packages make them, small and randomly initialised.

Neither is a dependency: what is not installed is left out. Each is in evaluation mode, and gives one tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from torch import Tensor, nn

TOKENS, PICTURE = (3, 8), (1, 8, 8)


class Given(nn.Module):
    """A network that takes one tensor, ``take`` saying how, and gives one, by the names of its outputs."""

    def __init__(self, network: Any, take: Callable[[Any, Tensor], Tensor]) -> None:
        super().__init__()
        self.network, self._take = network.eval(), take

    def forward(self, x: Tensor) -> Tensor:
        """What it gives."""
        return self._take(self.network, x)


def _language(model: str, config: str, **sizes: Any) -> nn.Module:
    """One layer of a language model, on embedded tokens."""
    transformers = import_module("transformers")
    made = getattr(transformers, config)(vocab_size=10, **sizes)
    network = getattr(transformers, model)(made)
    return Given(network, lambda network, x: network(inputs_embeds=x).last_hidden_state)


def _image(model: str, config: str, **sizes: Any) -> nn.Module:
    """One layer of a network of pictures."""
    transformers = import_module("transformers")
    network = getattr(transformers, model)(getattr(transformers, config)(num_channels=1, **sizes))
    return Given(network, lambda network, x: network(pixel_values=x).last_hidden_state)


def _autoencoder_kl() -> Any:
    diffusers = import_module("diffusers")
    return diffusers.AutoencoderKL(
        in_channels=1,
        out_channels=1,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(4, 4),
        layers_per_block=1,
        latent_channels=2,
        norm_num_groups=2,
        sample_size=8,
    )


def _unet() -> nn.Module:
    diffusers = import_module("diffusers")
    network = diffusers.UNet2DModel(
        sample_size=8,
        in_channels=1,
        out_channels=1,
        layers_per_block=1,
        block_out_channels=(4, 4),
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=2,
        attention_head_dim=2,
    )
    return Given(network, lambda network, x: network(x, 10).sample)


_SMALL = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
TRANSFORMERS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "transformers BertModel": (lambda: _language("BertModel", "BertConfig", **_SMALL), TOKENS),
    "transformers GPT2Model": (
        lambda: _language("GPT2Model", "GPT2Config", n_embd=8, n_layer=1, n_head=2),
        TOKENS,
    ),
    "transformers LlamaModel": (lambda: _language("LlamaModel", "LlamaConfig", **_SMALL), TOKENS),
    "transformers T5EncoderModel": (
        lambda: _language(
            "T5EncoderModel", "T5Config", d_model=8, d_kv=4, d_ff=16, num_layers=1, num_heads=2
        ),
        TOKENS,
    ),
    "transformers ViTModel": (
        lambda: _image("ViTModel", "ViTConfig", image_size=8, patch_size=4, **_SMALL),
        PICTURE,
    ),
    "transformers ConvNextModel": (
        lambda: _image(
            "ConvNextModel", "ConvNextConfig", patch_size=2, num_stages=1, hidden_sizes=[4], depths=[1]
        ),
        PICTURE,
    ),
    "transformers ResNetModel": (
        lambda: _image(
            "ResNetModel",
            "ResNetConfig",
            embedding_size=4,
            hidden_sizes=[4],
            depths=[1],
            layer_type="basic",
        ),
        PICTURE,
    ),
}
DIFFUSERS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "diffusers AutoencoderKL, encoder": (
        lambda: Given(_autoencoder_kl(), lambda network, x: network.encode(x).latent_dist.mean),
        PICTURE,
    ),
    "diffusers AutoencoderKL, decoder": (
        lambda: Given(_autoencoder_kl(), lambda network, z: network.decode(z).sample),
        (2, 4, 4),
    ),
    "diffusers UNet2DModel": (_unet, PICTURE),
}
PUBLIC = TRANSFORMERS | DIFFUSERS
"""Makers and the shape of one input, by name."""


def installed() -> dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]]:
    """Those whose packages are there."""
    return {name: case for name, case in PUBLIC.items() if find_spec(name.split()[0]) is not None}
