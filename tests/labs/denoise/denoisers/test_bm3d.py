"""BM3D in its own process: real, and over when it is told to be."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
import torch
from torch import Tensor

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.labs.denoise.denoisers import bm3d
from jnn_studio.labs.denoise.denoisers.bm3d import HOW_TO_GET, Bm3dError, available, denoise_bm3d
from jnn_studio.labs.denoise.measuring.measures import quality
from jnn_studio.labs.denoise.noisy.noise import add_noise
from jnn_studio.labs.denoise.noisy.noise_estimate import estimate_noise

installed = pytest.mark.skipif(
    not available(), reason="needs the package bm3d: pip install jnn-studio[denoise]"
)


def picture(side: int = 48, channels: int = 3) -> Tensor:
    """Two flat colours with a straight edge between them, which BM3D is made for."""
    image = torch.full((3, side, side), -0.5)
    image[0, :, side // 2 :], image[1, side // 3 :] = 0.6, 0.3
    return image[:channels]


@installed
@pytest.mark.parametrize("channels", [1, 3])
def test_most_of_the_noise_is_gone(channels: int) -> None:
    clean = picture(channels=channels)
    noisy = add_noise(clean, 0.5, 0)
    found = denoise_bm3d(noisy, 0.5)
    assert found.shape == noisy.shape
    assert found.dtype == torch.float32
    gain = quality(found, clean).psnr_paper - quality(noisy, clean).psnr_paper
    assert gain > 10


@installed
def test_colours_share_what_is_found_in_one_of_them() -> None:
    clean = picture(channels=1).repeat(3, 1, 1)
    noisy = add_noise(clean, 1.0, 0)
    together = quality(denoise_bm3d(noisy, 1.0), clean).psnr_paper
    alone = torch.cat([denoise_bm3d(channel[None], 1.0) for channel in noisy])
    assert together > quality(alone, clean).psnr_paper


@installed
def test_as_the_authors_call_it_is_another_method_in_colour_alone() -> None:
    """Blocks are matched by red, where the other matches them by luminance."""
    clean = picture()
    noisy = add_noise(clean, 1.0, 0)
    own, theirs = (quality(denoise_bm3d(noisy, 1.0, opponent=o), clean).psnr_paper for o in (True, False))
    assert own != pytest.approx(theirs, abs=0.1)
    assert min(own, theirs) > quality(noisy, clean).psnr_paper + 10
    grey = noisy[:1]
    assert torch.equal(denoise_bm3d(grey, 1.0), denoise_bm3d(grey, 1.0, opponent=False))


@installed
@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 40), (17, 9)])
def test_any_size_is_taken(height: int, width: int) -> None:
    noisy = add_noise(torch.zeros(3, height, width), 0.2, 0)
    found = denoise_bm3d(noisy, 0.2)
    assert found.shape == (3, height, width)
    assert bool(found.isfinite().all())


@installed
def test_an_image_of_one_colour_stays_as_it_is() -> None:
    flat = torch.full((3, 20, 20), 0.25)
    torch.testing.assert_close(denoise_bm3d(flat, 0.1), flat, atol=1e-3, rtol=0)


def workers() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "bm3d_process.py" in " ".join(child.cmdline())]


@installed
def test_cancelling_ends_the_process_at_once() -> None:
    wanted = threading.Event()
    seen: list[psutil.Process] = []

    def cancelled() -> bool:
        seen.extend(workers())
        return wanted.is_set()

    timer = threading.Timer(1.0, wanted.set)
    timer.start()
    with pytest.raises(Cancelled):
        denoise_bm3d(add_noise(torch.zeros(3, 900, 900), 1.0, 0), 1.0, watch=Watch(unwanted=cancelled))
    timer.join()
    assert seen
    assert workers() == []


@installed
def test_it_does_not_outlive_the_program_that_started_it() -> None:
    program = (
        "import torch\n"
        "from jnn_studio.labs.denoise.denoisers.bm3d import denoise_bm3d\n"
        "denoise_bm3d(torch.randn(3, 900, 900), 1.0)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program])
    found: list[psutil.Process] = []
    deadline = time.monotonic() + 240
    while not found and time.monotonic() < deadline:
        time.sleep(0.1)
        found = workers()
    parent.kill()
    parent.wait()
    assert found
    assert psutil.wait_procs(found, timeout=120)[1] == []


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bm3d, "available", lambda: False)
    with pytest.raises(Bm3dError) as caught:
        denoise_bm3d(picture(), 0.5)
    assert str(caught.value) == HOW_TO_GET
    assert 'pip install "jnn-studio[denoise]"' in HOW_TO_GET
    assert "non-commercial" in HOW_TO_GET


@installed
def test_its_own_complaint_is_passed_on_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise OSError('libgomp.so.1 is missing')")
    monkeypatch.setattr(bm3d, "_SCRIPT", broken)
    with pytest.raises(
        Bm3dError, match=r"^BM3D failed: OSError: libgomp\.so\.1 is missing\. Reinstall"
    ) as caught:
        denoise_bm3d(picture(), 0.5)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("noisy", "sigma"),
    [(torch.zeros(2, 8, 8), 1.0), (torch.zeros(3, 0, 8), 1.0)],
)
def test_what_it_cannot_do_is_refused(noisy: Tensor, sigma: float) -> None:
    with pytest.raises(ValueError):
        denoise_bm3d(noisy, sigma)


@pytest.mark.parametrize("sigma", [-0.1, float("inf"), float("nan")])
def test_what_is_no_sigma_is_refused_for_people(sigma: float) -> None:
    with pytest.raises(Bm3dError, match="has to be told a σ of 0 or more"):
        denoise_bm3d(picture(), sigma)


def test_where_there_is_no_noise_nothing_is_removed() -> None:
    """As a flat image has by its own estimate."""
    flat = torch.full((3, 24, 24), 0.25)
    assert estimate_noise(flat).sigma == 0
    assert torch.equal(denoise_bm3d(flat, estimate_noise(flat).sigma), flat)
    assert torch.equal(denoise_bm3d(picture(), 0.0), picture())
