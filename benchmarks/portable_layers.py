"""What goes into a portable file: ``python -m benchmarks.portable_layers`` prints the layers that do not.

Those of `benchmarks.layers`, in evaluation mode; each is written, and computed again at another batch size.
"""

from __future__ import annotations

import argparse
import re
import warnings

import torch

from benchmarks.architectures import ARCHITECTURES
from benchmarks.layer_list import LAYERS
from benchmarks.public_networks import installed
from jnn_studio.models.portable.exporting import ExportError, write_graph


def main() -> None:
    """Try, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="regular expression for names")
    only = parser.parse_args().only
    torch.set_num_threads(1)
    cases = {
        name: case for name, case in (LAYERS | ARCHITECTURES | installed()).items() if re.search(only, name)
    }
    refused: dict[str, str] = {}
    for name, (make, shape) in cases.items():
        torch.manual_seed(0)
        layer = make().eval()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                write_graph(layer, torch.randn(4, *shape), "it")
            except ExportError as error:
                refused[name] = str(error)
    print(f"{len(cases) - len(refused)} of {len(cases)} can be written\n\n| refused | why |\n|---|---|")
    for name, why in refused.items():
        print(f"| {name} | {' '.join(why.split())} |", flush=True)


if __name__ == "__main__":
    main()
