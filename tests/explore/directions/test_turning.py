"""How far a Jacobian changes where the image hardly does."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from jnn_studio.explore.directions.choice import DirectionChoice
from jnn_studio.explore.directions.direction_fields import DirectionField
from jnn_studio.explore.directions.turning import AROUND, half_a_pixel, turning_scales
from jnn_studio.explore.region import Region

from ..small_models import Handmade, tiny_autoencoder


def test_half_a_pixel_to_the_right_and_down() -> None:
    image = torch.zeros(1, 4, 4)
    image[0, 1, 1] = 1.0
    moved = half_a_pixel(image)
    assert (float(moved[0, 1, 1]), float(moved[0, 2, 2])) == (0.5, 0.5)
    assert float(moved.sum()) == 1.0
    flat = torch.full((3, 5, 5), 0.3)
    assert torch.equal(half_a_pixel(flat), flat), "its edges are repeated"


def scales(model: nn.Module, choice: DirectionChoice, image: Tensor) -> list[float]:
    field = DirectionField(model)  # type: ignore[arg-type]
    latent = model.encode(image.unsqueeze(0))[0]
    return turning_scales(choice, field, image, latent, choice.at_image(field, image, latent))


def picture(size: int) -> Tensor:
    return torch.rand(1, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
@pytest.mark.parametrize("region", [None, Region(left=0.2, top=0.1, right=0.7, bottom=0.6)])
def test_a_linear_model_never_turns(kind: str, region: Region | None) -> None:
    torch.manual_seed(0)
    decode = nn.Linear(4, 64).double()
    model = Handmade(nn.Linear(64, 4).double(), decode, 4, 8).requires_grad_(False)
    choice = DirectionChoice(kind, region=region)  # type: ignore[arg-type]
    found = scales(model, choice, picture(8))
    assert len(found) == 3
    assert max(found) < 1e-9


def full(f: object, x: Tensor) -> Tensor:
    return torch.func.jacrev(lambda y: f(y.unsqueeze(0)).flatten())(x).flatten(1)  # type: ignore[operator]


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
def test_it_is_the_relative_change_between_neighbours(kind: str) -> None:
    """By full Jacobians at both images."""
    model, image = tiny_autoencoder(3), picture(8)
    moved = half_a_pixel(image)
    if kind == "encoder":
        here, there = (full(model.encode, x) for x in (image, moved))
    else:
        here, there = (full(model.decode, model.encode(x.unsqueeze(0))[0]).T for x in (image, moved))
    u, sigma, _ = torch.linalg.svd(here, full_matrices=False)
    change = u.T @ (there @ there.T) @ u / torch.outer(sigma, sigma)
    apart = change[~torch.eye(4, dtype=torch.bool)]
    expected = float(apart.square().mean().sqrt())
    assert expected > 1e-4
    found = scales(model, DirectionChoice(kind), image)  # type: ignore[arg-type]
    assert found == pytest.approx([expected] * 3, rel=1e-6), "four directions are all around every gap"


def test_of_a_region_it_is_that_of_the_generalised_problem() -> None:
    """The change of σ² = vᵀAv / vᵀMv between its eigenvectors, to first order by full Jacobians."""
    model, image = tiny_autoencoder(3), picture(8)
    region = Region(left=0.2, top=0.1, right=0.7, bottom=0.6)
    choice, field = DirectionChoice(region=region), DirectionField(model)
    latents = [model.encode(x.unsqueeze(0))[0] for x in (image, half_a_pixel(image))]
    found = choice.at_image(field, image, latents[0])
    assert found.lengths is not None
    basis, sigma = found.vectors * found.lengths, found.sigma
    (j, k), mask = (full(model.decode, z) for z in latents), region.inside((1, 8, 8))
    a = basis.T @ (k[mask].T @ k[mask] - j[mask].T @ j[mask]) @ basis
    b = basis.T @ (k.T @ k - j.T @ j) @ basis
    relative = (a - torch.outer(sigma, sigma) * b) / torch.outer(sigma, sigma)
    expected = float(relative[~torch.eye(4, dtype=torch.bool)].square().mean().sqrt())
    assert scales(model, choice, image) == pytest.approx([expected] * 3, rel=1e-5)


def test_a_gap_is_judged_by_the_directions_around_it() -> None:
    """Of an encoder whose last directions change a lot and whose first do not."""
    count = 3 * AROUND

    class Bending(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            y = x[:, :count] * torch.linspace(2, 1, count, dtype=x.dtype)
            mixed = y[:, -AROUND:] @ torch.ones(AROUND, AROUND, dtype=x.dtype)
            return torch.cat([y[:, :-AROUND], y[:, -AROUND:] + (mixed - y[:, -AROUND:]).square()], 1)

    model = Handmade(Bending(), nn.Linear(count, 64).double(), count, 8)
    found = scales(model, DirectionChoice(), picture(8) * 0.1)
    assert found[0] < 1e-9
    assert found[-1] > 1e-3


def test_neighbours_apart_by_the_scale_turn_by_half_a_right_angles_half() -> None:
    """σ = 1 + e and 1, and JJᵀ changed by e σσ' off its diagonal: tan 2θ = 1 to first order in e."""
    e = 1e-3
    changed = torch.tensor([[(1 + e) ** 2, e * (1 + e)], [e * (1 + e), 1.0]], dtype=torch.float64)
    first = torch.linalg.eigh(changed)[1][:, 1]
    assert math.degrees(math.acos(abs(float(first[0])))) == pytest.approx(22.5, abs=0.1)
