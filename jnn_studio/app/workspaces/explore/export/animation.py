"""The dialog that exports an animation of any motion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

from PySide6.QtWidgets import QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.workspaces.explore.export.dialog import ExportDialog, Job
from jnn_studio.base.endings import ending_of
from jnn_studio.base.text import capitalised, counted
from jnn_studio.explore.columns.references import split_reference
from jnn_studio.explore.figures.animation import GIF_MAX_FPS, Animation, save_animation
from jnn_studio.explore.figures.exporting import ExportError
from jnn_studio.explore.figures.frames import FrameStyle
from jnn_studio.explore.figures.motion import Loop, Motion, MotionKind, check_motion
from jnn_studio.explore.scene.renderer import SceneRenderer
from jnn_studio.explore.state import MAX_DIRECTIONS, ExploreState

FORMATS = {
    ".gif": ("GIF", "An animated picture, for pages and slides; 255 colours"),
    ".mp4": ("MP4", "A film (H.264), small and in full colour"),
    "": ("Frames", "A new folder of numbered PNG pictures, every pixel as it was rendered"),
}
MOTIONS = {
    "sweep": "One direction, from end to end",
    "directions": "All directions in turn",
    "walk": "From the base to where the walk has led",
    "interpolation": "From there to the other image",
}
LOOPS = {
    "once": ("Once", "From start to end, then stop"),
    "loop": ("Loop", "There and back without end, slowing down at the turns"),
    "ping-pong": ("Ping-pong", "There and back without end, at constant speed"),
}


class ExportAnimationDialog(ExportDialog):
    """Motion, timing, size and format.

    Args:
        captions: what columns are called, by key.
    """

    def __init__(
        self,
        context: AppContext,
        state: ExploreState,
        make_renderer: Callable[[], SceneRenderer],
        parent: QWidget | None = None,
        captions: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(context, state, make_renderer, parent, "explore.animation", "animation", FORMATS)
        self.motion = self.settings.choice("motion", MOTIONS)
        self.settings.add_row("Motion", self.motion, "What moves")
        self.direction = self.settings.spin("direction", 1, MAX_DIRECTIONS, 1)
        self.settings.add_row("Direction", self.direction, "The direction swept along")
        self.directions = self.settings.spin("directions", 1, MAX_DIRECTIONS, 5)
        self.settings.add_row(
            "Directions", self.directions, "How many directions are shown, one after the other"
        )
        self.limit = self.settings.number("limit", 0.001, 0.5, state.limit, 0.01, 3)
        self.limit.setPrefix("± ")
        self.settings.add_row(
            "Range",
            self.limit,
            "RMS change of the image at the ends of the motion, for colour values in 0 … 1",
        )
        self.seconds = self.settings.number("seconds", 0.1, 600, 4, 0.5, 1)
        self.seconds.setSuffix(" s")
        self.settings.add_row("Duration", self.seconds, "How long the animation is, there and back")
        self.fps = self.settings.spin("fps", 1, 60, 25, " / s")
        self.settings.add_row("Frame rate", self.fps, f"Frames a second; a GIF plays at most {GIF_MAX_FPS}")
        self.loop = SegmentedControl(LOOPS, "explore.animation.loop", "Repeat")
        self.loop.current = "loop"
        self.loop.currentChanged.connect(self.update_note)
        self.settings.add_row("Repeat", self.loop, "Whether the animation comes back to where it began")
        self.cell = self.settings.spin("size", 16, 1024, 256, " px", step=32)
        self.settings.add_row(
            "Size",
            self.cell,
            "Width and height of each model's image; whole multiples of its own size keep its pixels exactly",
        )
        names = captions or {}
        known = {
            column.key: names.get(column.key) or _name(column.name, column.where) for column in state.columns
        }
        self.models = self.settings.choice("models", {"": "All, side by side"} | known)
        self.settings.add_row("Models", self.models, "Which models are shown")
        self.labels = self.settings.tick("labels", "Names above, amounts below", True)
        self.settings.add_row("Labels", self.labels, "Write each model's name and how far it has moved")
        self.finish("animation", ".gif")

    def chosen(self) -> Animation:
        """The settings as they are."""
        motion = Motion(
            kind=cast(MotionKind, self.motion.currentData()),
            direction=self.direction.value() - 1,
            directions=self.directions.value(),
            limit=self.limit.value(),
            seconds=self.seconds.value(),
            fps=self.fps.value(),
            loop=cast(Loop, self.loop.current),
        )
        only = self.models.currentData()
        return Animation(
            motion, FrameStyle(self.cell.value(), self.labels.isChecked(), (only,) if only else None)
        )

    def use_state(self, state: ExploreState) -> None:
        """Export this from now on; a model that is gone is no choice any more."""
        keys = {column.key for column in state.columns}
        for index in reversed(range(1, self.models.count())):
            if self.models.itemData(index) not in keys:
                self.models.removeItem(index)
        super().use_state(state)

    def check(self, path: Path) -> str:
        """How many frames there will be, and what is needed for the motion chosen."""
        animation = self.chosen()
        motion = animation.motion
        self.direction.setEnabled(motion.kind == "sweep")
        self.directions.setEnabled(motion.kind == "directions")
        self.limit.setEnabled(motion.kind in ("sweep", "directions"))
        suffix = ending_of(path)
        if suffix not in FORMATS:
            raise ExportError("The name needs the ending .gif or .mp4, or none for a folder of frames")
        if suffix == ".gif" and motion.fps > GIF_MAX_FPS:
            raise ExportError(f"A GIF plays at most {GIF_MAX_FPS} frames a second; take fewer, or MP4")
        try:
            check_motion(self.state, motion)
        except ExportError as error:
            text = str(error)
            raise ExportError(capitalised(text)) from error
        models = 1 if animation.style.columns else len(self.state.columns)
        return f"{counted(motion.frame_count, 'frame')} of {counted(models, 'model')}."

    def job(self, path: Path) -> Job:
        """Render the frames and write them."""
        state, animation = self.state, self.chosen()
        return lambda renderer, watch: save_animation(renderer, state, animation, path, watch)


def _name(given: str, where: str) -> str:
    path, member = split_reference(where)
    return given or (member or Path(path).stem).capitalize()
