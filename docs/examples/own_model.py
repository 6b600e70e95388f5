"""The window on a model of your own, following it while it learns; the same in a notebook."""

import torch
from torch import nn

import jnn_studio
from jnn_studio import open_source
from jnn_studio.data.config import FacesConfig

torch.manual_seed(0)
images = open_source(FacesConfig(count=256), 32).images(range(256))  # (256, 3, 32, 32) in [0, 1]

encoder = nn.Sequential(
    nn.Conv2d(3, 16, 3, 2, 1),
    nn.SiLU(),
    nn.Conv2d(16, 32, 3, 2, 1),
    nn.SiLU(),
    nn.Flatten(),
    nn.Linear(2048, 16),
)
decoder = nn.Sequential(
    nn.Linear(16, 2048),
    nn.Unflatten(1, (32, 8, 8)),
    nn.SiLU(),
    nn.Upsample(scale_factor=2),
    nn.Conv2d(32, 16, 3, padding=1),
    nn.SiLU(),
    nn.Upsample(scale_factor=2),
    nn.Conv2d(16, 3, 3, padding=1),
)

# block=False: the script goes on; without it, it stays here until the window is closed.
shown = jnn_studio.explore({"mine": (encoder, decoder)}, images, preprocess=(0.5, 0.5), block=False)

optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], 3e-3)
for step in range(60):
    x = 2 * images[torch.randint(0, 256, (16,))] - 1
    loss = (decoder(encoder(x)) - x).square().mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    if step % 20 == 19:
        shown.update()  # the window shows the weights of now

if shown.is_open:
    mine = shown.seen()["mine"]
    print(
        f"{mine.name}: {mine.psnr:.1f} dB, σ₁ {mine.sigma[0]:.2f}, effective rank {mine.effective_rank:.1f}"
    )
    print("where the sliders have led:", mine.moved.shape, mine.picture.shape, f"RMS change {mine.rms:.3f}")
shown.close()  # or shown.wait(), to stay until somebody closes it
