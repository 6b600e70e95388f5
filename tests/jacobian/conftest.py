from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture
def encoder() -> nn.Sequential:
    """A small relative of the paper's encoder, in float64."""
    return nn.Sequential(nn.Sequential(nn.Linear(30, 20), nn.ELU()), nn.Linear(20, 8)).double()


@pytest.fixture
def with_spectrum() -> Callable[..., nn.Linear]:
    """A linear map with given singular values (decaying from 1 to nothing by default)."""

    def build(m: int, n: int, sigma: Tensor) -> nn.Linear:
        u = torch.linalg.qr(torch.randn(m, len(sigma), dtype=torch.float64))[0]
        v = torch.linalg.qr(torch.randn(n, len(sigma), dtype=torch.float64))[0]
        layer = nn.Linear(n, m, bias=False).double().requires_grad_(False)
        layer.weight.copy_((u * sigma) @ v.T)
        return layer

    return build
