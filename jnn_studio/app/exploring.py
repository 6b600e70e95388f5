"""The window on models of one's own, from a script or a notebook: what ``jnn_studio.explore(…)`` calls.

Free of Qt until there is a window to open.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor

from jnn_studio.app.system import complaint, missing_packages, wants_window
from jnn_studio.base.errors import StudioError
from jnn_studio.base.signals import ending_signals
from jnn_studio.base.watch import Watch
from jnn_studio.data.config import FolderConfig, GivenConfig
from jnn_studio.data.given import MOST, as_pixels, hand_over, take_back
from jnn_studio.data.opening import open_source
from jnn_studio.data.source import Size
from jnn_studio.explore.columns.own_modules import OwnModels, Pair, latents_of, pairs_of, pictures_made
from jnn_studio.explore.state import Column, ExploreState
from jnn_studio.models.weights import LoadedModel
from jnn_studio.models.wrapped import Prepared, WrapError

if TYPE_CHECKING:  # Qt is loaded once there is something to show
    from jnn_studio.app.engine.worker import Failure
    from jnn_studio.app.window import MainWindow
    from jnn_studio.app.workspaces.explore.desk.desk import ExploreDesk
    from jnn_studio.explore.scene.renderer import Scene
    from jnn_studio.explore.scene.seen import SeenModel

T = TypeVar("T")
_TRIED = 512
"""Images that are looked at before there is a window."""


def explore(
    models: Mapping[str, Pair] | Pair,
    images: Any = None,
    *,
    latents: Tensor | int | None = None,
    preprocess: Prepared = None,
    postprocess: Prepared = None,
    size: Size | None = None,
    channels: int = 3,
    most: int = MOST,
    block: bool | None = None,
) -> Exploration:
    """Open the window on models of one's own, side by side, and walk them along their singular directions.

    The modules are copied, on the calling thread; the copies are moved to the CPU, in float32, and evaluated,
    on threads of the window. The modules themselves are never run, and keep mode, buffers and gradients.

    Args:
        models: (encoder, decoder) by name, up to four; or one such pair. An encoder gives one tensor, a
            vector or a map of features for each image. Without a decoder, (encoder, None), pictures are
            those of a linear one, fitted to ``images``; without an encoder, (None, decoder), see ``latents``.
        images: a tensor or array (images, channels, height, width) with 1 or 3 channels, channels first or
            last, of bytes or in [0, 1]; a data set that gives such images, alone or first in a tuple; or a
            folder.
        latents: what decoders alone start from: latents (number, …), or the length of latents to draw from a
            standard normal. Their pictures are then the images.
        preprocess: images in [0, 1] → what encoders take: (mean, deviation), or a function without a memory.
        postprocess: what decoders give → images in [0, 1]; undoes ``preprocess`` where that is a pair.
        size: of the images of a folder, in pixels: (height, width), or the side of squares; of each its
            middle is seen.
        channels: how many they have.
        most: images taken of a tensor, an array or a data set, which is read once, before there is a window.
        block: stay until the window is closed. By default in a script, and not in IPython or a notebook.

    Returns:
        The window, with what it shows as arrays; see `Exploration`.

    Raises:
        StudioError: the images or a module cannot be shown; the message says what is accepted.

    Example:
        >>> import jnn_studio
        >>> shown = jnn_studio.explore({"mine": (encoder, decoder)}, images)  # doctest: +SKIP
    """
    pairs = pairs_of(models)
    alone = [name for name, (encoder, _) in pairs.items() if encoder is None]
    given: Tensor | None = None
    if alone:
        if len(alone) < len(pairs) or images is not None:
            raise WrapError(
                f"{alone[0]!r} is a decoder alone: it is shown on what it makes of latents=, without images, "
                "and beside other decoders alone"
            )
        given = latents_of(alone[0], latents)
        pixels = _elsewhere(partial(pictures_made, alone[0], pairs[alone[0]][1], given, postprocess))
        source: FolderConfig | GivenConfig = hand_over(pixels)
    elif isinstance(images, str | Path):
        if size is None:
            raise WrapError("say in size= how large the images of the folder are to be, in pixels")
        source = FolderConfig(path=Path(images))
        pixels = _first_of(source, size, channels)
    else:
        pixels = as_pixels(images, most)
        source = hand_over(pixels)
    tried = pixels[:_TRIED]
    tried = tried.float().div(255) if tried.dtype == torch.uint8 else tried
    own = OwnModels(pairs, tried, preprocess, postprocess, given)
    try:
        loaded = _elsewhere(partial(own.load, own.copies()))
        window = _window(own.hand_over(loaded), source, "decoder" if alone else "encoder")
    except BaseException:
        own.take_back()
        if isinstance(source, GivenConfig):
            take_back(source)
        raise
    exploration = Exploration(window, own, source)
    shell = _shell()
    if block if block is not None else shell is None:
        exploration.wait()
    elif shell is not None:
        shell.enable_gui("qt")
    return exploration


class Exploration:
    """A window on models of one's own, and what it shows.

    Pictures are painted while Qt's events are dealt with: in IPython and notebooks whenever no cell runs,
    else during `update`, `seen` and `wait`.
    """

    def __init__(self, window: MainWindow, own: OwnModels, source: FolderConfig | GivenConfig) -> None:
        self._window: MainWindow | None = window
        self._own, self._source = own, source
        self._desk: ExploreDesk | None = _desk_of(window)
        self._last: Scene | None = None
        self._asked = self._answered = 0
        """How many updates were asked for, and which has arrived."""
        self._newest: dict[str, LoadedModel] = {}
        self._desk.scene_changed.connect(self._keep)
        window.left.connect(self._end)

    @property
    def is_open(self) -> bool:
        """Whether the window is still there."""
        return self._window is not None

    @property
    def state(self) -> ExploreState | None:
        """What is in view: image, models, walks; None before the first picture."""
        return None if self._last is None else self._last.state

    @property
    def original(self) -> Any:
        """The image walks start from, uint8 (height, width, 3); None before the first picture."""
        return None if self._last is None else self._last.original.copy()

    def seen(self, timeout: float = 60.0) -> dict[str, SeenModel]:
        """What every model in view shows, by the names that were given; others by their captions.

        Waits for the pictures of the present state, and of the last update, while the window is open.

        Raises:
            TimeoutError: they have not come.
        """
        from jnn_studio.explore.scene.seen import seen

        end = time.monotonic() + timeout
        while not self._is_shown() and _on_main_thread():
            if time.monotonic() > end:
                raise TimeoutError(f"the window has not shown its pictures within {timeout:g} s")
            _deal_with_events(10)
        if self._last is None:
            raise TimeoutError("the window has not shown any picture")
        names = {where: name for name, where in self._own.references.items()}
        return {names.get(view.column.where, view.caption): seen(view) for view in self._last.columns}

    def update(self, models: Mapping[str, Pair] | Pair | None = None) -> None:
        """Show the weights that the modules have now; or those of other modules, by the same names.

        They are copied on the calling thread, which may be any, and the pictures follow. Once the window is
        closed nothing happens.

        Raises:
            StudioError: a module cannot be copied, or has another name. What cannot be shown the window says.
        """
        desk, own = self._desk, self._own
        if desk is None:
            return
        if models is not None:
            pairs = pairs_of(models)
            if unknown := sorted(set(pairs) - set(own.pairs)):
                raise WrapError(
                    f"there is no model {unknown[0]!r} in the window, only {', '.join(own.pairs)}"
                )
            own.pairs |= pairs
        copies = own.copies()

        self._asked += 1
        number = self._asked
        tell = desk.context.telling(desk.failed, "Cannot show the new weights")

        def work(_: Watch) -> dict[str, LoadedModel]:
            return own.hand_over(own.load(copies))

        def arrived(renewed: dict[str, LoadedModel]) -> None:
            self._answered, self._newest = number, renewed
            desk.renew(renewed)

        def failed(failure: Failure) -> None:
            self._answered = number
            tell(failure)

        desk.context.loading.request(desk, "own models", work, arrived, failed)
        if _on_main_thread():
            _deal_with_events(10)

    def wait(self) -> None:
        """Stay until the window is closed. Ctrl+C, or what else ends the program, closes it first."""
        from PySide6.QtCore import QEventLoop

        window = self._window
        if window is None:
            return
        loop = QEventLoop()
        window.left.connect(loop.quit)
        with _watched(window):
            loop.exec()

    def close(self) -> None:
        """Close the window; the arrays of what was last in view can still be read."""
        if self._window is not None:
            self._window.stop_and_quit()

    def _is_shown(self) -> bool:
        """Whether there is nothing to wait for."""
        desk, scene = self._desk, self._last
        if desk is None:
            return True
        if scene is None or not desk.settled or self._answered < self._asked:
            return False
        views = {view.column.where: view.loaded for view in scene.columns}
        return all(views.get(where, model) is model for where, model in self._newest.items())

    def _keep(self, scene: Scene) -> None:
        self._last = scene

    def _end(self) -> None:
        """The window has put everything away."""
        window, self._window, self._desk = self._window, None, None
        if window is None:
            return
        window.shutdown()
        window.deleteLater()
        self._own.take_back()
        if isinstance(self._source, GivenConfig):
            take_back(self._source)


def _elsewhere(work: Callable[[], T]) -> T:
    """What ``work`` gives, computed on another thread than this one, which waits for it."""
    with ThreadPoolExecutor(1, "own models") as pool:
        return pool.submit(work).result()


def _first_of(source: FolderConfig, size: Size, channels: int) -> Tensor:
    folder = open_source(source, size, channels)
    return folder.images(range(min(len(folder), _TRIED)))


def _window(loaded: Mapping[str, LoadedModel], source: Any, directions: Any) -> MainWindow:
    if not _on_main_thread():
        raise StudioError("a window can be opened on the main thread only; call explore() there")
    if missing := missing_packages(wants_window()):
        raise StudioError(complaint(missing))
    from jnn_studio.app.application import no_display, program_settings, the_application
    from jnn_studio.app.window import MainWindow

    if no_display():
        raise StudioError("there is no display to open a window on; set DISPLAY")
    _KEPT.append(the_application())
    columns = tuple(
        Column(key=f"c{number}", where=where, directions=directions)
        for number, where in enumerate(loaded, start=1)
    )
    window = MainWindow(program_settings(), ExploreState(columns=columns, source=source))
    window.show()
    return window


_KEPT: list[object] = []
"""An application that nobody holds is deleted, and every window with it."""


def _desk_of(window: MainWindow) -> ExploreDesk:
    from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace

    page = window.workspace("Explore")
    assert isinstance(page, ExploreWorkspace)
    return page.desk


def _shell() -> Any:
    """The IPython that this runs in, if it does."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def _on_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _deal_with_events(milliseconds: int) -> None:
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication

    end = time.monotonic() + milliseconds / 1000
    while time.monotonic() < end:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, milliseconds)
        time.sleep(0.001)


@contextmanager
def _watched(window: MainWindow) -> Iterator[None]:
    """Uncaught exceptions go to the window; a signal closes it first, and then does what it does."""
    from PySide6.QtCore import QTimer

    from jnn_studio.app.main import report_exceptions

    hooks = sys.excepthook, threading.excepthook
    received: list[int] = []

    def close_first(number: int, frame: FrameType | None) -> None:
        received.append(number)
        QTimer.singleShot(0, window.stop_and_quit)  # the window's timer lets Python notice

    report_exceptions(window)
    handlers = {number: signal.signal(number, close_first) for number in ending_signals()}
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = hooks
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if received:
        signal.raise_signal(received[0])
