"""The library part, as a script uses it."""

from __future__ import annotations

import runpy
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import torch
from torch import nn

import jnn_studio
from jnn_studio import Composition, NuclearNormPenalty, jacobian_svd


def test_the_names_a_script_needs_are_there() -> None:
    for name in jnn_studio.__all__:
        assert getattr(jnn_studio, name) is not None


def test_importing_the_package_imports_neither_torch_nor_qt() -> None:
    program = (
        "import sys, jnn_studio; print(*sorted({'torch', 'PySide6', 'scipy'} & {*sys.modules}), 'nothing')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["nothing"]


def test_the_reference_is_what_the_docstrings_say() -> None:
    root = Path(__file__).parents[1]
    page = runpy.run_path(str(root / "packaging" / "api.py"))["page"]()
    assert page == (root / "docs" / "api.md").read_text(encoding="utf-8"), "run make api"


def test_the_version_is_that_of_the_installed_package() -> None:
    assert jnn_studio.__version__ == version("jnn-studio")


def test_a_script_penalises_a_network_of_its_own_and_looks_at_its_spectrum() -> None:
    torch.manual_seed(0)
    f = Composition(nn.Sequential(nn.Linear(6, 20), nn.ELU()), nn.Linear(20, 6))
    penalty = NuclearNormPenalty()
    optimiser = torch.optim.Adam(f.parameters(), lr=3e-3)
    x = torch.randn(64, 6)

    def nuclear_norm() -> float:
        return float(jacobian_svd(f, x).sigma.sum(1).mean())

    before = nuclear_norm()
    for _ in range(100):
        loss = 0.01 * (f(x) - x).square().sum(1).mean() + penalty(f, x)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        # Pointwise the penalty is an upper bound of the nuclear norm it stands for.
        assert float(penalty(f, x).detach()) >= nuclear_norm() * (1 - 1e-5)

    assert nuclear_norm() < 0.5 * before
    assert len(penalty.terms) == 2
    u, sigma, vh = jacobian_svd(f, x[:3], k=2)
    assert (u.shape, sigma.shape, vh.shape) == ((3, 6, 2), (3, 2), (3, 2, 6))
