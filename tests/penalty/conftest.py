from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from jnn_studio.penalty import Composition


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture
def full_jacobian() -> Callable[[Callable[[Tensor], Tensor], Tensor], Tensor]:
    """Row by row with plain autograd: shares no code with the package."""

    def rows(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        found = []
        for element in x:
            leaf = element.unsqueeze(0).detach().requires_grad_()
            outputs = f(leaf).flatten()
            grads = [torch.autograd.grad(y, leaf, retain_graph=True)[0].flatten() for y in outputs]
            found.append(torch.stack(grads))
        return torch.stack(found)

    return rows


@pytest.fixture
def squared_norms(full_jacobian) -> Callable[[Callable[[Tensor], Tensor], Tensor], Tensor]:
    """‖J‖_F² of every element, from the full Jacobian."""
    return lambda f, x: full_jacobian(f, x).square().sum((1, 2))


@pytest.fixture
def encoder() -> Composition:
    """A small relative of the paper's encoder, in float64."""
    h = nn.Sequential(nn.Linear(12, 10), nn.ELU())
    return Composition(h, nn.Linear(10, 6)).double()
