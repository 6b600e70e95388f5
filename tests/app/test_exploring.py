"""``jnn_studio.explore(…)``: the window on models of one's own, from a script and from a notebook."""

from __future__ import annotations

import copy
import inspect
import os
import runpy
import signal
import sys
import threading
import types
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from PySide6.QtCore import QEvent, QSettings, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from torch import nn

import jnn_studio
from jnn_studio.app.exploring import Exploration
from jnn_studio.base.errors import StudioError
from jnn_studio.explore.saved.session_file import SessionError, not_kept, save_session

IMAGES = torch.rand(40, 1, 8, 8, generator=torch.Generator().manual_seed(0))


class Mine(nn.Module):
    """An encoder that remembers which copy of it was run where."""

    ran: ClassVar[set[tuple[int, str]]] = set()

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Flatten(), nn.Linear(64, 12), nn.BatchNorm1d(12), nn.SiLU())
        self.head = nn.Linear(12, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        Mine.ran.add((id(self), threading.current_thread().name))
        found: torch.Tensor = self.head(self.inner(x))
        return found


def a_decoder() -> nn.Module:
    return nn.Sequential(nn.Linear(5, 64), nn.Unflatten(1, (1, 8, 8)))


Opened = Callable[..., Exploration]


@pytest.fixture
def opened(qapp: QApplication, settings: QSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Opens a window that is closed at the end."""
    monkeypatch.setattr("jnn_studio.app.application.program_settings", lambda: settings)
    found: list[Exploration] = []

    def opened(*args: object, **more: object) -> Exploration:
        found.append(jnn_studio.explore(*args, **{"block": False, **more}))
        return found[-1]

    yield opened
    for exploration in found:
        exploration.close()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_a_script_sees_its_models_and_the_modules_are_left_alone(
    opened: Opened, settings: QSettings, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    encoder, decoder = Mine(), a_decoder()
    Mine.ran.clear()
    shown = opened({"mine": (encoder, decoder), "twin": (Mine(), a_decoder())}, IMAGES)

    models = shown.seen()
    assert list(models) == ["mine", "twin"]
    assert Mine.ran
    assert all(thread != "MainThread" and copy != id(encoder) for copy, thread in Mine.ran)
    assert encoder.training
    assert all(parameter.grad is None and parameter.requires_grad for parameter in encoder.parameters())
    assert int(encoder.inner[2].num_batches_tracked) == 0
    mine, same = models["mine"], copy.deepcopy(encoder).eval()
    np.testing.assert_allclose(mine.latent, same(IMAGES[:1])[0].detach(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(mine.sigma, jnn_studio.jacobian_svd(same, IMAGES[:1]).sigma[0], rtol=1e-4)
    assert mine.directions.shape == (5, 5)
    assert mine.picture.shape == shown.original.shape == (8, 8, 3)

    # New weights, from the loop of the one who trains them.
    with torch.no_grad():
        encoder.head.weight.mul_(2)
        encoder.head.bias.mul_(2)
    shown.update()
    np.testing.assert_allclose(shown.seen()["mine"].latent, 2 * mine.latent, rtol=1e-4)
    assert encoder.training

    state = shown.state
    assert state is not None
    assert not_kept(state).startswith("mine, twin: handed over by a program")
    with pytest.raises(SessionError, match="save_portable"):
        save_session(tmp_path / "mine.jnnsession", state)
    with pytest.raises(StudioError, match="no model 'other' in the window, only mine, twin"):
        shown.update({"other": (encoder, decoder)})
    shown.close()
    assert not settings.value("Explore/state"), "what is in no file is not looked for next time"
    assert not shown.is_open
    assert shown.seen()["twin"].rms == 0, "what was last in view can still be read"
    shown.update()  # and this does nothing


def test_in_a_script_it_stays_until_the_window_is_closed(opened: Opened, settings: QSettings) -> None:
    before = sys.excepthook, signal.getsignal(signal.SIGINT)
    # An encoder alone: what can be told linearly from its latents is what is seen.
    alone, images = {"alone": (Mine(), None)}, (IMAGES * 255).to(torch.uint8)
    closing = QTimer(interval=50)
    closing.timeout.connect(lambda: [window.close() for window in windows()])
    closing.start()
    assert not opened(alone, images, block=None).is_open
    closing.stop()

    interrupting = QTimer(interval=50)
    interrupting.timeout.connect(lambda: windows() and os.kill(os.getpid(), signal.SIGINT))
    interrupting.start()
    with pytest.raises(KeyboardInterrupt):
        opened(alone, images, block=None)
    interrupting.stop()
    assert not windows()
    assert (sys.excepthook, signal.getsignal(signal.SIGINT)) == before


def windows() -> list[QWidget]:
    """Those that can be seen."""
    found = QApplication.topLevelWidgets()
    return [window for window in found if window.objectName() == "main_window" and window.isVisible()]


def test_a_notebook_goes_on_and_shows_a_decoder_alone(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    loops: list[str] = []
    shell = types.SimpleNamespace(enable_gui=loops.append)
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    torch.manual_seed(0)
    decoder = nn.Sequential(nn.Linear(5, 64), nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8)))

    shown = opened((None, decoder), latents=5, block=None)

    assert loops == ["qt"]
    seen = shown.seen()["model"]
    assert seen.psnr is not None
    assert seen.psnr > 60, "its latents are known"
    svd = jnn_studio.jacobian_svd(decoder, torch.from_numpy(seen.latent)[None])
    np.testing.assert_allclose(seen.sigma, svd.sigma[0], rtol=1e-3)


def test_what_cannot_be_shown_is_refused_before_there_is_a_window(opened: Opened) -> None:
    refused: list[tuple[tuple[Any, ...], str]] = [
        (({"mine": (None, a_decoder())}, IMAGES), "a decoder alone"),
        (({"mine": (None, a_decoder())},), "give latents="),
        (({"mine": (None, None)}, IMAGES), "one of the two may be None"),
        (({}, IMAGES), "room for 1 to 4"),
        (({"mine": (Mine(), a_decoder())}, "folder"), "say in size="),
        (({"mine": (Mine(), a_decoder())}, torch.rand(2, 2, 8, 8)), "with 1 or 3 channels"),
        (({"mine": (Mine(), nn.Linear(5, 64))}, IMAGES), "where the images are"),
    ]
    for arguments, words in refused:
        with pytest.raises(StudioError) as caught:
            opened(*arguments)
        assert words in str(caught.value)
    with ThreadPoolExecutor(1) as elsewhere, pytest.raises(StudioError, match="on the main thread only"):
        elsewhere.submit(opened, (Mine(), a_decoder()), IMAGES).result()
    assert not windows()


def test_the_example_runs_as_it_stands_in_the_docs(
    opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    runpy.run_path(str(Path(__file__).parents[2] / "docs" / "examples" / "own_model.py"))
    assert "mine: " in capsys.readouterr().out


def test_the_room_of_that_name_is_the_call_too() -> None:
    import jnn_studio.explore.state as state

    assert state.ExploreState is jnn_studio.ExploreState
    assert list(inspect.signature(jnn_studio.explore).parameters)[:2] == ["models", "images"]
