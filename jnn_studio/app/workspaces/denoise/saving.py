"""Writing a picture that is on show in its own resolution."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.file_dialogs import PICTURES, ask_new_file, file_name
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.data.image_formats import WRITTEN
from jnn_studio.data.pixels import write_picture


class PictureSaver:
    """Asks for a file, writes on the loading thread, and tells in ``message`` how it went."""

    def __init__(self, page: QWidget, context: AppContext, message: MessageBar) -> None:
        self._page, self._context, self._message = page, context, message

    def ask(
        self, photo: str, key: str, title: str, make: Callable[[], np.ndarray], profile: bytes | None = None
    ) -> None:
        """Choose a file for what ``make`` gives, uint8 or uint16 (h, w, 1 or 3), made from ``photo``."""
        name = f"{file_name(Path(photo).stem)}-{key}.png"
        save = partial(self.save, title, make, profile=profile)
        others = [ending for kind in WRITTEN for ending in kind.endings]
        ask_new_file(self._page, "Save picture", PICTURES, ".png", save, name, others)

    def save(
        self, title: str, make: Callable[[], np.ndarray], path: Path, profile: bytes | None = None
    ) -> None:
        """Write it; ``profile``: what its colours mean."""
        self._context.loading.request(
            self._page,
            f"{self._page.objectName()}.save",
            lambda _: write_picture(make(), path, profile=profile),
            lambda _: self._message.show_info("Saved", f"{title}: {path}"),
            self._failed,
            kept=True,
        )

    def _failed(self, failure: Failure) -> None:
        self._message.show_error("Cannot save the picture", failure.text, failure.details)
