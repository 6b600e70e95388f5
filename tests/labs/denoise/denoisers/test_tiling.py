"""A photograph in tiles is the photograph whole."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.labs.denoise.denoisers.tiling import OVERHEAD, SIDES, denoise_photo, side_for
from jnn_studio.models.conditioned_denoiser import build as build_conditioned
from jnn_studio.models.config import ConditionedDenoiserConfig, DenoiserConfig
from jnn_studio.models.denoiser import STRIDE, Denoiser, build, denoise


@pytest.fixture(scope="module")
def denoiser() -> Denoiser:
    return build(DenoiserConfig(widths=(4, 8, 8, 8)), 0).eval()


def photo(height: int, width: int, channels: int = 3) -> Tensor:
    return torch.randn(channels, height, width, generator=torch.Generator().manual_seed(height * width))


def whole(denoiser: Denoiser, noisy: Tensor) -> Tensor:
    with torch.inference_mode():
        return denoise(denoiser, noisy[None])[0]


def test_reach_covers_every_pixel_that_changes_an_output_and_hardly_more() -> None:
    denoiser = build(DenoiserConfig(channels=1, widths=(3, 4, 4, 4)), 0).double()
    side = 2 * (denoiser.reach + 3 * STRIDE)
    farthest = 0
    for row in range(side // 2, side // 2 + STRIDE):
        x = torch.randn(1, 1, side, 16, dtype=torch.float64, requires_grad=True)
        denoiser(x)[0, 0, row, 8].backward()
        assert x.grad is not None
        touched = x.grad[0, 0].abs().amax(1).nonzero().ravel()
        farthest = max(farthest, row - int(touched.min()), int(touched.max()) - row)
    assert farthest <= denoiser.reach <= farthest + STRIDE


@pytest.mark.parametrize(("height", "width"), [(413, 307), (256, 520), (399, 161)])
def test_tiles_give_the_untiled_result_to_rounding(denoiser: Denoiser, height: int, width: int) -> None:
    noisy = photo(height, width)
    tiles: list[tuple[int, int]] = []
    watch = Watch(lambda now: tiles.append((now.done, now.total)))
    found = denoise_photo(denoiser, noisy, tile=64, watch=watch)
    assert tiles[-1][0] == tiles[-1][1] > 4
    assert [done for done, _ in tiles] == list(range(tiles[-1][1] + 1))
    expected = whole(denoiser, noisy)
    assert found.shape == noisy.shape
    assert float((found - expected).abs().max()) < 1e-5 * float(expected.abs().max())


def test_a_tile_that_sees_too_little_would_show(denoiser: Denoiser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Denoiser, "reach", 16)
    noisy = photo(200, 200)
    error = (denoise_photo(denoiser, noisy, tile=64) - whole(denoiser, noisy)).abs().max()
    assert float(error) > 1e-4


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 90), (7, 9), (8, 8), (65, 64)])
def test_small_photographs_of_any_sides_are_done_whole(denoiser: Denoiser, height: int, width: int) -> None:
    noisy = photo(height, width)
    calls: list[tuple[int, int]] = []
    found = denoise_photo(denoiser, noisy, watch=Watch(lambda now: calls.append((now.done, now.total))))
    assert calls == [(0, 1), (1, 1)]
    torch.testing.assert_close(found, whole(denoiser, noisy))


def test_cancelling_ends_it_before_the_next_tile(denoiser: Denoiser) -> None:
    done: list[int] = []
    watch = Watch(lambda now: done.append(now.done), lambda: len(done) == 3)
    with pytest.raises(Cancelled):
        denoise_photo(denoiser, photo(500, 500), tile=64, watch=watch)
    assert done == [0, 1, 2]


def test_a_grey_network_takes_colour_channel_by_channel() -> None:
    grey = build(DenoiserConfig(channels=1, widths=(3, 4, 4, 4)), 1).eval()
    noisy = photo(40, 50)
    found = denoise_photo(grey, noisy)
    for channel in range(3):
        torch.testing.assert_close(found[channel], whole(grey, noisy[channel : channel + 1])[0])


def test_memory_is_that_of_a_tile_however_long_the_photograph(denoiser: Denoiser) -> None:
    largest = 0

    def watch(module: object, inputs: tuple[Tensor, ...]) -> None:
        nonlocal largest
        largest = max(largest, inputs[0].shape[-1] * inputs[0].shape[-2])

    hook = denoiser.register_forward_pre_hook(watch)
    try:
        denoise_photo(denoiser, photo(40, 6000), tile=64)
    finally:
        hook.remove()
    assert largest <= (64 + 2 * 72) * 40


@pytest.mark.parametrize("shape", [(3, 0, 8), (2, 8, 8), (4, 8, 8)])
def test_what_is_no_photograph_is_refused(denoiser: Denoiser, shape: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="channels"):
        denoise_photo(denoiser, torch.zeros(shape))


def test_tiles_of_one_that_is_told_sigma_give_the_untiled_result() -> None:
    told = build_conditioned(ConditionedDenoiserConfig(widths=(4,)), 0).at(0.3)
    noisy = photo(296, 250)
    tiles: list[int] = []
    found = denoise_photo(told, noisy, tile=64, watch=Watch(lambda now: tiles.append(now.total)))
    assert tiles[-1] > 4
    with torch.inference_mode():
        torch.testing.assert_close(found, denoise(told, noisy[None])[0], rtol=0, atol=2e-5)


@pytest.mark.parametrize("reach", [0, 72, 101, 200, 480])
def test_tiles_are_as_large_as_their_margins_ask_for_and_no_larger_than_memory_allows(reach: int) -> None:
    margin = -(-reach // STRIDE) * STRIDE
    side = side_for(margin)
    assert side % STRIDE == 0
    assert SIDES[0] <= side <= SIDES[1]
    assert ((side + 2 * margin) / side) ** 2 <= OVERHEAD or side == SIDES[1]
