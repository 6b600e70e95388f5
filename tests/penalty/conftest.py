from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from jnn_studio.penalty import Composition


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture
def squared_norms(full_jacobian) -> Callable[[Callable[[Tensor], Tensor], Tensor], Tensor]:
    """‖J‖_F² of every element, from the full Jacobian."""
    return lambda f, x: full_jacobian(f, x).square().sum((1, 2))


@pytest.fixture
def encoder() -> Composition:
    """A small relative of the paper's encoder, in float64."""
    h = nn.Sequential(nn.Linear(12, 10), nn.ELU())
    return Composition(h, nn.Linear(10, 6)).double()
