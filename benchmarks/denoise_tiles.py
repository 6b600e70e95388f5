"""What tiles cost: ``python -m benchmarks.denoise_tiles [--side 2000] [--tile 256]`` prints JSON.

A network that is told σ, of the size that ships and with weights of no training, which costs the same, on a
square of noise by one thread: processor seconds per megapixel, and how far the process's memory rose above
the square. One tile size a process, or the rise would be that of the largest.
"""

from __future__ import annotations

import argparse
import json
import time

import torch

from jnn_studio.labs.denoise.denoisers.tiling import denoise_photo, side_for
from jnn_studio.models.conditioned_denoiser import build
from jnn_studio.models.config import ConditionedDenoiserConfig
from jnn_studio.models.denoiser import STRIDE


def main() -> None:
    """Measure and print."""
    import resource  # not on Windows

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=2000, help="of the square, in pixels")
    parser.add_argument("--tile", type=int, help="side of a tile; else what the program takes")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    denoiser = build(ConditionedDenoiserConfig(), 0).eval().at(0.1)
    square = torch.randn(3, asked.side, asked.side, generator=torch.Generator().manual_seed(0))
    denoise_photo(denoiser, square[:, :64, :64])  # what is made once is not counted
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    denoise_photo(denoiser, square, tile=asked.tile)
    seconds = time.process_time() - began
    risen = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    margin = -(-denoiser.reach // STRIDE) * STRIDE
    found = {
        "tile": asked.tile or side_for(margin),
        "seconds_per_megapixel": round(seconds / asked.side**2 * 1e6, 2),
        "mebibytes": round(risen / 1024),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
