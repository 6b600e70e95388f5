"""Walks that follow a direction as it turns."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from jnn_studio.explore.state import DirectionKind, Leg
from jnn_studio.explore.walking import curved
from jnn_studio.explore.walking.curved import CurvedPaths
from jnn_studio.explore.walking.place import Moved, Place
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.models.autoencoder import Autoencoder

from ..small_models import Handmade, tiny_autoencoder, walker_of


def legs(*parts: tuple[int, float]) -> tuple[Leg, ...]:
    return tuple(Leg(direction=direction, amount=amount) for direction, amount in parts)


def tiny(kind: DirectionKind = "encoder", seed: int = 3) -> tuple[Walker, Place]:
    walker = walker_of(tiny_autoencoder(seed), kind)
    return walker, walker.place(torch.full((1, 8, 8), 0.5, dtype=torch.float64), 4)


def basis(model: Autoencoder, kind: DirectionKind, z: Tensor) -> Tensor:
    """All directions at a latent by a full Jacobian and its SVD, as columns."""
    if kind == "decoder":
        j = torch.func.jacrev(lambda y: model.decode(y.unsqueeze(0)).flatten())(z)
        return torch.linalg.svd(j, full_matrices=False)[2].T
    picture = model.decode(z.unsqueeze(0))[0]
    j = torch.func.jacrev(lambda y: model.encode(y.unsqueeze(0)).flatten())(picture).flatten(1)
    return torch.linalg.svd(j, full_matrices=False)[0]


def reference(walker: Walker, place: Place, parts: tuple[Leg, ...], step: float) -> tuple[Tensor, Tensor]:
    """The same walk by the classical Runge–Kutta method in tiny steps: latent and directions."""
    model = walker.model
    assert isinstance(model, Autoencoder)
    z, frame = place.latent, place.directions

    def velocity(at: Tensor, d: int, near: Tensor) -> tuple[Tensor, Tensor]:
        found = basis(model, place.kind, at)
        overlap = near.T @ found
        best = overlap.abs().argmax(1)
        assert len(set(best.tolist())) == 4, "the step is too long to tell directions apart"
        turned = found[:, best] * overlap.gather(1, best.unsqueeze(1))[:, 0].sign()
        push = torch.func.jvp(model.decode, (at.unsqueeze(0),), (turned[:, d].unsqueeze(0),))[1]
        return turned[:, d] / push.square().mean().sqrt(), turned

    for leg in parts:
        count = round(abs(leg.amount) / step)
        h = leg.amount / count
        for _ in range(count):
            a, frame = velocity(z, leg.direction, frame)
            b = velocity(z + h / 2 * a, leg.direction, frame)[0]
            c = velocity(z + h / 2 * b, leg.direction, frame)[0]
            d = velocity(z + h * c, leg.direction, frame)[0]
            z = z + h / 6 * (a + 2 * b + 2 * c + d)
        frame = velocity(z, 0, frame)[1]
    return z, frame


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
@pytest.mark.parametrize("parts", [((0, 0.061),), ((1, -0.05),), ((0, 0.03), (2, -0.027), (0, 0.02))])
def test_they_follow_the_field_as_finer_steps_do(
    kind: DirectionKind, parts: tuple[tuple[int, float], ...]
) -> None:
    walker, place = tiny(kind)

    moved = walker.curved(place, legs(*parts), CurvedPaths())

    assert moved.stopped == ""
    latent, frame = reference(walker, place, legs(*parts), 2e-3)
    travelled = float((latent - place.latent).norm())
    assert float((moved.latent - latent).norm()) < 0.015 * travelled
    assert moved.here is not None
    assert float((moved.here.directions * frame).sum(0).min()) > 0.999
    assert moved.length == pytest.approx(sum(abs(amount) for _, amount in parts))


def test_the_field_of_these_tests_does_turn() -> None:
    walker, place = tiny()
    straight = walker.straight(place, [0.06]).latent - place.latent
    there = walker.curved(place, legs((0, 0.06)), CurvedPaths()).latent - place.latent
    assert float(torch.nn.functional.cosine_similarity(straight, there, dim=0)) < 0.9999


def test_path_length_is_the_way_the_picture_goes() -> None:
    walker, place = tiny()
    paths = CurvedPaths()
    pictures = [
        walker.model.decode(walker.curved(place, legs((0, amount)), paths).latent.unsqueeze(0)).clamp(0, 1)
        for amount in np.linspace(1e-9, 0.06, 200)
    ]
    way = sum(float((b - a).square().mean().sqrt()) for a, b in itertools.pairwise(pictures))
    assert way == pytest.approx(0.06, rel=0.005)


def linear_model() -> nn.Module:
    torch.manual_seed(5)
    decoder = nn.Linear(3, 16).double()
    decoder.weight.data *= 0.3
    decoder.bias.data.fill_(0.5)
    return Handmade(nn.Linear(16, 3).double(), decoder, 3, 4).requires_grad_(False)


@pytest.mark.parametrize("kind", ["encoder", "decoder", "axes"])
@pytest.mark.parametrize("amount", [0.07, -0.0333])
def test_where_nothing_turns_they_are_straight(kind: DirectionKind, amount: float) -> None:
    walker = walker_of(linear_model(), kind)
    place = walker.place(torch.full((1, 4, 4), 0.5, dtype=torch.float64), 3)

    there = walker.curved(place, legs((1, amount)), CurvedPaths())

    straight = walker.straight(place, [0.0, amount])
    torch.testing.assert_close(there.latent, straight.latent, rtol=1e-6, atol=1e-8)
    assert there.rms == pytest.approx(abs(amount))
    assert there.here is not None
    torch.testing.assert_close(there.here.directions, place.directions)
    np.testing.assert_allclose(there.here.sigma, place.sigma, rtol=1e-6)


def test_no_walk_is_the_base_to_the_last_bit() -> None:
    walker, place = tiny()
    for none in ((), legs((1, 0.0))):
        moved = walker.curved(place, none, CurvedPaths())
        assert moved.rms == 0
        assert (moved.image == place.reconstruction).all()
        assert moved.here is not None
        assert moved.here.effective_rank == place.effective_rank


def same(a: Moved, b: Moved) -> bool:
    assert a.here is not None
    assert b.here is not None
    return torch.equal(a.latent, b.latent) and torch.equal(a.here.directions, b.here.directions)


def test_where_they_lead_does_not_depend_on_what_was_walked_before() -> None:
    walker, place = tiny()
    used = CurvedPaths()
    for amount in (0.02, 0.09, -0.04, 0.051):
        walker.curved(place, legs((0, amount), (2, amount / 2)), used)
    for parts in (((0, 0.02), (2, 0.03)), ((0, 0.037),), ((0, -0.04), (2, 0.01))):
        assert same(
            walker.curved(place, legs(*parts), used), walker.curved(place, legs(*parts), CurvedPaths())
        )


def test_dragging_back_evaluates_no_new_knots() -> None:
    walker, place = tiny()
    paths = CurvedPaths()
    walker.curved(place, legs((0, 0.08)), paths)
    (path,) = paths.paths.values()
    knots = list(path.knots)

    for amount in (0.07, 0.03, 0.001):
        walker.curved(place, legs((0, amount)), paths)

    assert all(a is b for a, b in zip(path.knots, knots, strict=True))


def test_another_place_finds_nothing_of_the_last() -> None:
    walker, place = tiny()
    paths = CurvedPaths()
    walker.curved(place, legs((0, 0.02)), paths)
    other = walker.place(torch.full((1, 8, 8), 0.2, dtype=torch.float64), 4)
    assert same(
        walker.curved(other, legs((0, 0.02)), paths), walker.curved(other, legs((0, 0.02)), CurvedPaths())
    )


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curved, "KEPT_NUMBERS", 600)
    monkeypatch.setattr(curved, "KEPT_ARRIVALS", 5)
    walker, place = tiny()
    paths = CurvedPaths()
    for n in range(1, 12):
        there = walker.curved(place, legs((0, 0.002 * n), (1, 0.01)), paths)
        assert sum(path.size for path in paths.paths.values()) <= 600 or len(paths.paths) == 1
        assert len(paths.arrivals) <= 5
    assert same(there, walker.curved(place, legs((0, 0.022), (1, 0.01)), CurvedPaths()))


def test_reordered_directions_are_followed_in_their_order() -> None:
    walker, place = tiny()
    turned = place.reordered((2, 0), (-1.0, 1.0))
    there = walker.curved(turned, legs((0, 0.02)), CurvedPaths())
    torch.testing.assert_close(
        there.latent, walker.curved(place, legs((2, -0.02)), CurvedPaths()).latent, rtol=1e-6, atol=1e-8
    )


@pytest.mark.parametrize(
    ("sigma", "why"),
    [
        ((3.0, 2.0, 1.0), "it turns by more than 45°"),
        ((3.0, 2.95, 2.9), "it turns into its neighbours, whose σ are nearly as large"),
    ],
)
def test_a_direction_that_turns_at_once_is_lost_and_said_to_be(
    sigma: tuple[float, float, float], why: str
) -> None:
    spread = torch.linalg.qr(torch.eye(16, 3, dtype=torch.float64) + 0.1)[0] * torch.tensor(sigma)
    diagonal = torch.ones(3, 1, dtype=torch.float64) / 3**0.5
    # Beyond the step no direction is nearer to the old first than 54°.
    turned = torch.linalg.qr(torch.cat([diagonal, torch.eye(3, 2, dtype=torch.float64)], 1))[0]
    assert turned[0].abs().max() > 0.7
    mixed = torch.tensor([[2.0, -2.0, 1.0], [1.0, 2.0, 2.0], [2.0, 1.0, -2.0]], dtype=torch.float64) / 3

    def decode(z: Tensor) -> Tensor:
        before, after = z @ spread.T, z @ mixed.T @ spread.T
        return 0.5 + 0.1 * torch.where(z[:, :1] > 0.1, after, before)

    walker = walker_of(Handmade(nn.Linear(16, 3).double(), decode, 3, 4).requires_grad_(False), "decoder")
    grey = torch.full((1, 4, 4), 0.5, dtype=torch.float64)
    place = walker.place(grey, 3, latent=torch.zeros(3, dtype=torch.float64))
    sign = 1.0 if place.directions[0, 0] > 0 else -1.0

    moved = walker.curved(place, legs((0, sign * 0.05), (1, 0.01)), CurvedPaths())

    assert moved.stopped.startswith(f"u1 is lost here: {why}")
    assert moved.stopped_at is not None
    # 0.1 along the first axis, at 0.1 · 3 / √16 RMS each.
    assert moved.stopped_at == pytest.approx(sign * 0.1 * 0.3 / 4, abs=2e-4)
    assert moved.length == pytest.approx(abs(moved.stopped_at) + 0.01), "the next leg goes on from there"


def test_where_the_model_gives_back_another_picture_that_is_said_and_the_walk_begins_there() -> None:
    """As an untrained model does: the encoder's directions at the image say nothing of what it decodes to."""
    torch.manual_seed(1)
    of_bright, of_others = torch.randn(2, 12, 16, dtype=torch.float64)

    class Bent(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.where(x.mean(1, keepdim=True) > 0.8, x @ of_bright.mT, x @ of_others.mT)

    def decode(z: Tensor) -> Tensor:
        return 0.5 + 0.1 * torch.tanh(z @ of_others / 8)

    walker = walker_of(Handmade(Bent(), decode, 12, 4))
    image = 0.9 + 0.1 * torch.rand(1, 4, 4, dtype=torch.float64)
    place = walker.place(image, 3)
    moved = walker.curved(place, legs((0, 0.02)), CurvedPaths())
    assert moved.stopped.startswith("u1 is lost at once: the model gives back another picture")
    assert moved.stopped_at == 0

    there = walker.place(image, 3, latent=place.latent)
    moved = walker.curved(there, legs((0, 0.02)), CurvedPaths())
    assert (moved.length, moved.stopped) == (pytest.approx(0.02), "")


def test_a_picture_that_stops_changing_ends_the_walk() -> None:
    pattern = torch.ones(1, 16, dtype=torch.float64)

    def decode(z: Tensor) -> Tensor:
        return 0.5 + 0.05 * torch.tanh(z[:, :1]) @ pattern + 0.001 * z[:, 1:] * pattern

    walker = walker_of(Handmade(nn.Linear(16, 2).double(), decode, 2, 4).requires_grad_(False), "axes")
    grey = torch.full((1, 4, 4), 0.5, dtype=torch.float64)
    place = walker.place(grey, 2, latent=torch.zeros(2, dtype=torch.float64))

    moved = walker.curved(place, legs((0, 0.2)), CurvedPaths())

    assert "no longer changes" in moved.stopped
    assert moved.stopped_at == pytest.approx(0.05, abs=0.002)
    assert walker.curved(place, legs((0, 0.04)), CurvedPaths()).stopped == ""
