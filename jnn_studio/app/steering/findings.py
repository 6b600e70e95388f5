"""What is to be found out beyond what was typed: on the disk, of the machine, in earlier runs."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.steering.checking import images_problem, look_through, shortage, target_problem, unusable
from jnn_studio.base.watch import Watch
from jnn_studio.data.inventory import Inventory
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.common_settings import DEVICE
from jnn_studio.training.device import available_devices
from jnn_studio.training.words import RunWords


class Findings(QObject):
    """Asked for away from the main thread, and kept by what was typed. The run itself will say what else is
    wrong.

    Attributes:
        devices: of this machine; None until they are known.
        hints: what earlier runs say of settings, by name.

    Signals:
        found: something more is known: what was typed is to be checked again.
        devices_found: `devices` are known.
    """

    found = Signal()
    devices_found = Signal()

    def __init__(self, context: AppContext, page: str) -> None:
        super().__init__()
        self._context, self._page = context, page
        self.devices: tuple[str, ...] | None = None
        self.hints: Mapping[str, str] = {}
        self._reasons: dict[str, tuple[str, str]] = {}
        """By setting: the path that was looked at, and what is wrong with it."""
        self._images: dict[str, Inventory] = {}
        """What there is in the folders that were looked into, by what was typed."""
        self._asked = ""
        """What earlier runs were last asked about."""

    def ask_for_devices(self) -> None:
        """Have `devices` found."""
        self._context.loading.request(
            self, f"{self._page}.devices", lambda _: available_devices(), self._take_devices, _ignore
        )

    def forget_paths(self) -> None:
        """Other settings have the names of these."""
        self._reasons.clear()

    def images_at(self, text: str) -> Inventory | None:
        """What is known of the images at a path."""
        return self._images.get(text)

    def reasons(self, typed: Mapping[str, str], config: RunConfig | None, images: str) -> dict[str, str]:
        """What the configuration itself cannot know; ``images`` names the setting that is their folder."""
        found = {
            name: reason
            for name, (text, reason) in self._reasons.items()
            if reason and typed.get(name) == text
        }
        device = typed.get(DEVICE.name, "auto")
        if config is not None:
            inventory = self._images.get(typed.get(images, ""))
            found.update(shortage(config, 0 if inventory is None else inventory.likely_images))
        if self.devices is not None and device not in ("auto", *self.devices):
            found[DEVICE.name] = f"This machine has no {device}; choose Automatic."
        return found

    def look_on_disk(self, name: str, text: str, base: RunConfig | None) -> None:
        """Have a path looked at: for images for runs like ``base``, or for a new folder if that is None."""
        if not text.strip():
            return

        def look(watch: Watch) -> tuple[str, Inventory | None]:
            if base is not None:
                found = look_through(text, base, watch)
                return images_problem(text) or ("" if found is None else unusable(found)), found
            return target_problem(text), None

        def seen(found: tuple[str, Inventory | None]) -> None:
            reason, inventory = found
            self._reasons[name] = (text, reason)
            if inventory is not None:
                self._images[text] = inventory
            self.found.emit()

        self._context.loading.request(self, f"{self._page}.{name}", look, seen, _ignore)

    def look_back(self, config: RunConfig, words: RunWords, *, anew: bool = False) -> None:
        """Have earlier runs asked what they came to, once for each choice of images and of a network."""
        about = config.model_dump_json(include={"kind", "data", "images", "model"})
        if about == self._asked and not anew:
            return
        self._asked, self.hints = about, {}
        runs, background = self._context.runs_folder, words.background

        def seen(hints: Mapping[str, str]) -> None:
            if hints:
                self.hints = hints
                self.found.emit()

        self._context.loading.request(
            self, f"{self._page}.earlier", lambda watch: background(config, runs, watch), seen, _ignore
        )

    def _take_devices(self, devices: tuple[str, ...]) -> None:
        self.devices = devices
        self.devices_found.emit()
        self.found.emit()


def _ignore(failure: Failure) -> None:
    """The run itself will say what is wrong."""
