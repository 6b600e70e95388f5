"""A model of your own in one file that opens everywhere and holds no code."""

import sys
from pathlib import Path

import torch
from torch import nn

from jnn_studio import Walker, load_model, save_portable


class Block(nn.Module):
    """Whatever `torch.export` takes."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.attend = nn.LayerNorm(width), nn.MultiheadAttention(width, 4, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm(x)
        return x + self.attend(y, y, y, need_weights=False)[0]


torch.manual_seed(0)
images = torch.rand(4, 3, 16, 16)
patches = nn.Sequential(nn.Conv2d(3, 32, 4, 4), nn.Flatten(2))
encoder = nn.Sequential(patches, nn.Linear(16, 32), Block(32), nn.Flatten(), nn.Linear(1024, 12))
decoder = nn.Sequential(nn.Linear(12, 512), nn.Unflatten(1, (32, 4, 4)), nn.ConvTranspose2d(32, 3, 4, 4))

file = Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "mine.jnnmodel"
save_portable(
    file, encoder, decoder, images, name="Mine", encoded=(0.5, 0.5), info={"made by": "portable.py"}
)

loaded = load_model(file)  # or: jnn-studio mine.jnnmodel photos/
place = Walker(loaded).place(images[0], k=3)
print(loaded.name, dict(loaded.info), "σ:", place.sigma[:3].round(3))
