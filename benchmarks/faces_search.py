"""One model of the search for better bundled faces: ``python -m benchmarks.faces_search NAME`` prints JSON.

``docs/weights.md`` has the results. A recipe trains one autoencoder, on one thread, on 32,768 faces and
measures it as `benchmarks.models` does. ``--steps`` and ``--eta 0 0`` try it longer, or without its penalty;
``--list`` shows what there is.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from benchmarks.models import UNSEEN_SEED, measure
from jnn_studio.data.faces import FaceSource
from jnn_studio.models.convolutional_decoder import channels_last, convolutional_decoder
from jnn_studio.models.dct import TruncatedDCT
from jnn_studio.penalty import Composition, NuclearNormPenalty

COUNT, SIZE, LATENT, HIDDEN = 32768, 64, 64, 400
Decoder = tuple[Composition, nn.Module]
"""What is penalised, and what makes an image of it."""


@dataclass(frozen=True)
class Recipe:
    """How one model is made.

    Attributes:
        decoder: makes a fresh one.
        eta: of the encoder's penalty and of the decoder's.
        read: DCT coefficients the encoder reads, per side and channel.
        rate: learning rate, which falls along a cosine.
    """

    decoder: Callable[[], Decoder]
    steps: int = 1500
    batch: int = 64
    eta: tuple[float, float] = (0.3, 0.06)
    read: int = 32
    rate: float = 2e-3
    weight_decay: float = 0.0


class _Inverse(nn.Module):
    def __init__(self, keep: int) -> None:
        super().__init__()
        self.dct = TruncatedDCT(3, SIZE, keep)

    def forward(self, coefficients: Tensor) -> Tensor:
        """Coefficients → images."""
        images: Tensor = self.dct.inverse(coefficients)
        return images


class Trial(nn.Module):
    """An autoencoder put together from a recipe; `measure` takes it for a model."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.dct = TruncatedDCT(3, SIZE, recipe.read)
        hidden = nn.Sequential(nn.Linear(self.dct.features, HIDDEN), nn.ELU())
        self.encoder = Composition(hidden, nn.Linear(HIDDEN, LATENT))
        self.decoder, self.render = recipe.decoder()

    def encode(self, images: Tensor) -> Tensor:
        """Images → latents."""
        latents: Tensor = self.encoder(self.dct(images))
        return latents

    def decode(self, latents: Tensor) -> Tensor:
        """Latents → images."""
        images: Tensor = self.render(self.decoder(latents))
        return images

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructions."""
        return self.decode(self.encode(images))


def mirrored(write: int, *widths: int) -> Decoder:
    """Linear layers to ``write`` DCT coefficients per side and channel."""
    factors = [nn.Sequential(nn.Linear(a, b), nn.ELU()) for a, b in itertools.pairwise((LATENT, *widths))]
    decoder = Composition(*factors, nn.Linear(widths[-1], 3 * write**2))
    return decoder, _Inverse(write)


def convolutions(grid: int, *widths: int, double: bool) -> Decoder:
    """3 × 3 convolutions from a grid of features; each but the last doubles the grid, or keeps it."""
    factors: list[nn.Module] = [
        nn.Sequential(
            nn.Linear(LATENT, widths[0] * grid**2), nn.ELU(), nn.Unflatten(1, (widths[0], grid, grid))
        )
    ]
    scale = 2 if double else 1
    for a, b in itertools.pairwise(widths):
        grow = nn.PixelShuffle(scale)
        factors.append(nn.Sequential(nn.Conv2d(a, scale**2 * b, 3, padding=1), grow, nn.ELU()))
        grid *= scale
    cell = SIZE // grid
    factors.append(nn.Sequential(nn.Conv2d(widths[-1], 3 * cell**2, 3, padding=1), nn.PixelShuffle(cell)))
    return Composition(*factors), nn.Identity()


def convolutional() -> Decoder:
    """The package's convolutional decoder."""
    return convolutional_decoder(3, SIZE, LATENT, 256, (128, 64, 48)), nn.Identity()


def transposed() -> Decoder:
    """The same without its first hidden layer."""
    factors = (
        nn.Sequential(nn.Linear(LATENT, 128 * 16), nn.ELU(), nn.Unflatten(1, (128, 4, 4))),
        nn.Sequential(nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1), nn.ELU()),
        nn.Sequential(nn.ConvTranspose2d(64, 48, 4, stride=2, padding=1), nn.ELU()),
        nn.Sequential(nn.Conv2d(48, 48, 3, padding=1), nn.PixelShuffle(4)),
    )
    return channels_last(Composition(*factors)), nn.Identity()


RECIPES = {
    "mirrored": Recipe(lambda: mirrored(32, 400)),
    "mirrored-deeper-48": Recipe(lambda: mirrored(48, 256, 400)),
    "mirrored-40": Recipe(lambda: mirrored(40, 400), eta=(0.1, 0.02), read=40),
    "mirrored-40-decay": Recipe(lambda: mirrored(40, 400), eta=(0.1, 0.02), read=40, weight_decay=0.5),
    "mirrored-40-deeper": Recipe(lambda: mirrored(40, 256, 400), eta=(0.1, 0.02), read=40),
    "shuffle-8": Recipe(lambda: convolutions(8, 64, 32, 24, double=True)),
    "grid-16": Recipe(lambda: convolutions(16, 32, 64, double=False)),
    "transposed": Recipe(transposed, steps=2500, batch=32, eta=(0.15, 0.03)),
    "convolutional": Recipe(convolutional, steps=2500, batch=32, eta=(0.15, 0.03)),
}


def main() -> None:
    """Train and print, or list the recipes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="?", choices=list(RECIPES))
    parser.add_argument("--list", action="store_true", help="say what each recipe is and stop")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--eta", type=float, nargs=2, metavar=("ENCODER", "DECODER"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.list or arguments.name is None:
        for name, recipe in RECIPES.items():
            print(name, dataclasses.replace(recipe, decoder=None))  # type: ignore[arg-type]
        return
    unseen = FaceSource(256, SIZE, UNSEEN_SEED)
    tangents = [unseen.factor_derivatives(i).flatten(1) for i in range(32)]
    recipe = RECIPES[arguments.name]
    if arguments.steps:
        recipe = dataclasses.replace(recipe, steps=arguments.steps)
    if arguments.eta:
        recipe = dataclasses.replace(recipe, eta=tuple(arguments.eta))
    start = time.process_time()
    model = train(recipe)
    seconds = time.process_time() - start
    result = measure(model, unseen, 256, tangents)  # type: ignore[arg-type]
    size = sum(p.numel() for p in model.parameters())
    print(json.dumps({"recipe": arguments.name, "steps": recipe.steps, "eta": recipe.eta, "weights": size,
                      "cpu_seconds": round(seconds), **result}, indent=2))  # fmt: skip


def train(recipe: Recipe) -> Trial:
    """A trained model, without gradients."""
    source, images = FaceSource(COUNT, SIZE, 0), torch.empty(COUNT, 3, SIZE, SIZE, dtype=torch.uint8)
    for part in torch.arange(COUNT).split(256):
        images[part] = source.images(part.tolist()).mul(255).round().clamp(0, 255).to(torch.uint8)
    torch.manual_seed(0)
    model = Trial(recipe)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay, fused=True
    )
    penalty, chance = NuclearNormPenalty(), torch.Generator().manual_seed(1)
    for step in range(recipe.steps):
        batch = images[torch.randint(0, COUNT, (recipe.batch,), generator=chance)].float() / 255
        optimiser.param_groups[0]["lr"] = recipe.rate * 0.5 * (1 + math.cos(math.pi * step / recipe.steps))
        encoded = model.encoder.trace(model.dct(batch))
        decoded = model.decoder.trace(encoded.output)
        loss = 0.5 * (model.render(decoded.output) - batch).square().sum() / recipe.batch
        for eta, composition, done in zip(
            recipe.eta, (model.encoder, model.decoder), (encoded, decoded), strict=True
        ):
            if eta:
                loss = loss + eta * penalty(composition, done)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.requires_grad_(False)


if __name__ == "__main__":
    main()
