"""Explore's actions: what the menu, the palette, the buttons and the keys offer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from jnn_studio.app.workspaces.explore.asking import Asking
from jnn_studio.app.workspaces.explore.desk.desk import ExploreDesk
from jnn_studio.app.workspaces.explore.export.exports import Exports
from jnn_studio.app.workspaces.explore.meaning.explainer import Explainer
from jnn_studio.app.workspaces.explore.walking.choosing import Choosing
from jnn_studio.app.workspaces.explore.walking.direction_menu import BASES, COUNTS
from jnn_studio.app.workspaces.explore.walking.direction_sliders import DirectionSliders
from jnn_studio.data.config import FacesConfig
from jnn_studio.explore.state import DIRECTIONS

MENUS = {
    "&Models": ("open_bundled", "open_run", "open_weights", "add_run", "add_weights", "add_pca"),
    "&Images": (
        "open_faces",
        "open_image",
        "paste",
        "open_folder",
        "open_archive",
        "open_table",
        "close_table",
        "train",
        "next_image",
        "previous_image",
    ),
    "&Walk": (
        "undo",
        "redo",
        "reset",
        "mode",
        "match",
        "walk_on",
        "back_to_image",
        "blend",
        "random_step",
        "difference",
        "play",
    ),
    "&Directions": (
        "region",
        "paint",
        "averaged",
        *(f"basis_{basis}" for basis in BASES),
        *(f"show_{count}" for count in COUNTS),
        *(f"direction_{d + 1}" for d in range(DIRECTIONS)),
    ),
    "&Session": ("save_session", "open_session"),
    "&Export": ("export_figure", "export_animation"),
}
"""The menu bar's groups, by the names of actions."""

BEGINNINGS = ("open_bundled", "open_run", "open_weights", "open_session", "open_image", "open_folder")
"""Ways to begin where nothing is open."""

WITHOUT_MODELS = {
    *BEGINNINGS,
    "undo",
    "redo",
    "open_archive",
    "paste",
    "add_run",
    "add_weights",
    "open_faces",
}
"""What can be done there."""

PCA_TIP = (
    "Principal components of the images at the left, as many as the first model's latent has dimensions: "
    "what a linear map can do"
)

PASTE_TIP = "Walk from the picture, or open the file or folder, that is on the clipboard"

TRAIN_TIP = "Go to Train with these images, settings for photographs and a target rank filled in"

Key = str | QKeySequence.StandardKey


class Actions:
    """Named actions of a workspace, in the order they were made."""

    def __init__(self, owner: QObject) -> None:
        self._owner = owner
        self.all: list[QAction] = []

    def __getitem__(self, name: str) -> QAction:
        return next(action for action in self.all if action.objectName() == f"explore.{name}")

    def add(
        self, name: str, text: str, triggered: Callable[[], object], *keys: Key, tip: str = ""
    ) -> QAction:
        """A new action; the first key is the one shown."""
        action = QAction(text, self._owner, objectName=f"explore.{name}")
        action.triggered.connect(lambda _=False: triggered())
        self.take(action, *keys, tip=tip)
        return action

    def take(self, action: QAction, *keys: Key, tip: str = "") -> None:
        """An action made elsewhere."""
        # The same sequence twice would be ambiguous, and do nothing.
        different = dict.fromkeys(QKeySequence(key).toString() for key in keys)
        action.setShortcuts([QKeySequence(text) for text in different])
        if tip:
            shortcut = action.shortcut().toString()
            action.setToolTip(f"{tip} ({shortcut})" if shortcut else tip)
        self.all.append(action)


def make_actions(
    owner: QObject,
    desk: ExploreDesk,
    ask: Asking,
    exports: Exports,
    explainer: Explainer,
    choosing: Choosing,
    directions: DirectionSliders,
) -> Actions:
    """All of the page's actions."""
    actions = Actions(owner)
    add, standard = actions.add, QKeySequence.StandardKey
    add("open_image", "Open &image…", ask.image, standard.Open)
    add("paste", "&Paste an image", ask.paste, standard.Paste, tip=PASTE_TIP)
    add("open_folder", "Open image &folder…", ask.folder, "Ctrl+Alt+O")
    add("open_archive", "Open image &archive…", ask.archive)
    add("open_table", "Open attribute &table…", ask.table)
    add("close_table", "Close the attribute table", explainer.close_table)
    add("train", "Train on these &images…", ask.train, tip=TRAIN_TIP)
    add("open_run", "Open &run…", ask.run, "Ctrl+R")
    add("open_weights", "Open &weights…", ask.weights)
    add("add_run", "Add models of a run…", ask.add_run)
    add("add_weights", "Add weights beside…", ask.add_weights)
    add("add_pca", "Add &PCA of these images", desk.add_pca, tip=PCA_TIP)
    add("open_bundled", "&Bundled pair", desk.open_bundled)
    add("open_faces", "&Procedural faces", lambda: desk.open_source(FacesConfig()))
    add("reset", "R&eset", desk.reset, "R", tip="All walks back to where they started")
    undo = desk.undo.createUndoAction(owner, "Undo")
    redo = desk.undo.createRedoAction(owner, "Redo")
    undo.setObjectName("explore.undo")
    redo.setObjectName("explore.redo")
    actions.take(undo, "Ctrl+Z")
    actions.take(redo, "Ctrl+Y", "Ctrl+Shift+Z")
    add("next_image", "&Next image", lambda: choosing.step(1), "PgDown")
    add("previous_image", "Pre&vious image", lambda: choosing.step(-1), "PgUp")
    add("walk_on", "New base", desk.walk_on, "B", tip="Walk on from here: the moved image becomes the base")
    add("back_to_image", "Back to the image", desk.back_to_image, "Shift+B")
    add("random_step", "Random step", lambda: desk.random_step(DIRECTIONS), "N")
    add("blend", "Blend towards an image…", choosing.begin_blending, "T")
    add("mode", "Straight or curved walks", desk.toggle_mode, "C")
    add("match", "Match directions", lambda: desk.set_matched(not desk.state.matched), "M")
    difference = QAction("Show differences", owner, objectName="explore.difference", checkable=True)
    actions.take(difference, "D", tip="Signed change of luminance since the base")
    add("save_session", "&Save session…", ask.save_session, standard.Save)
    add("open_session", "Open sess&ion…", ask.open_session)
    add("export_figure", "Export fi&gure…", exports.figure, "Ctrl+E")
    add("export_animation", "Export ani&mation…", exports.animation, "Ctrl+Alt+E")
    for d in range(DIRECTIONS):
        add(f"direction_{d + 1}", f"Direction {d + 1}", partial(directions.pick, d), str(d + 1))
    add("play", "Play the direction", directions.play, "Ctrl+Space")
    return actions
