"""Which image is walked from, and which one is blended towards."""

from __future__ import annotations

from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.workspaces.explore.desk.desk import ExploreDesk
from jnn_studio.explore.state import ImageRef, SourceImage

BLEND = "Blend towards an image"


class Choosing:
    """An image that is chosen becomes the base, or after `begin_blending` what is blended towards."""

    def __init__(self, desk: ExploreDesk, message: MessageBar) -> None:
        self._desk, self._message = desk, message
        self.blending = False
        """The next image is to be blended towards."""

    def choose(self, ref: ImageRef) -> None:
        """Take this image."""
        if self.blending:
            self.end_blending()
            self._desk.blend_towards(ref)
        else:
            self._desk.select(ref)

    def begin_blending(self) -> None:
        """Ask for an image to blend towards."""
        self.blending = True
        self._message.show_info(
            BLEND, "Choose it among the images at the left, or press Esc to cancel.", stays=True
        )

    def end_blending(self) -> None:
        """It has been chosen, or will not be."""
        self.blending = False
        self._message.withdraw(BLEND)

    def step(self, by: int) -> None:
        """So many images further, within the source; the first one after an image of a file."""
        image, source = self._desk.state.base.image, self._desk.source
        if source is not None:
            index = image.index + by if isinstance(image, SourceImage) else 0
            self._desk.select(SourceImage(index=min(max(index, 0), len(source) - 1)))
