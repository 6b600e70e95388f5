"""The moved image of one model, with the menu of what can be done with the model."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QInputDialog, QLineEdit, QMenu, QToolButton

from jnn_studio.app.icons import IconButton
from jnn_studio.app.widgets.picture_zoom import ZOOM_TIP, PictureZoom
from jnn_studio.app.workspaces.explore.pictures.region_pane import RegionPane
from jnn_studio.explore.scene.renderer import ColumnView
from jnn_studio.explore.state import Scope
from jnn_studio.models.latent_model import direction_kinds

KINDS = {
    "encoder": (
        "Encoder's Jacobian",
        "Left singular vectors of the encoder's Jacobian at the base: the paper's directions",
    ),
    "decoder": (
        "Decoder's Jacobian",
        "Right singular vectors of the decoder's Jacobian: what changes the picture most per latent step",
    ),
    "axes": (
        "Latent axes",
        "The axes of the latent space, most used first; a β-VAE's are sorted by their KL",
    ),
}


AVERAGED_TIP = (
    "Directions that the images of the source have in common: their leading subspaces averaged. Beside each "
    "slider stands how well it fits the image in view"
)

REGION_TIP = "Directions that change the picture most inside the region, and least outside"


class ModelPane(RegionPane):
    """A large picture; the button at its upper right opens the menu of its model."""

    renamed = Signal(str, str)
    removed = Signal(str)
    shifted = Signal(str, int)
    directions_chosen = Signal(str, str)
    scope_chosen = Signal(str, str)
    linked = Signal(str, bool)
    save_asked = Signal(str)

    def __init__(self, key: str, position: int, zoom: PictureZoom) -> None:
        super().__init__("", f"explore.moved.{position}", zoom)
        self.key = key
        self._view: ColumnView | None = None
        self._base: np.ndarray | None = None
        self._hidden: np.ndarray | None = None
        self._position, self._count = position, 1
        self._button = IconButton(
            "more", "What to do with this model", f"explore.model_menu.{position}", self
        )
        self._button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._button.setProperty("menu_button", True)
        self._menu = QMenu(self._button)
        self._menu.setToolTipsVisible(True)
        self._menu.aboutToShow.connect(self._fill)
        self._button.setMenu(self._menu)

    def show_view(self, view: ColumnView, count: int) -> None:
        """What the menu and the title tell."""
        self._view, self._count = view, count
        kind = view.column.directions
        name = KINDS[kind][0]
        extra = "" if kind == "encoder" else f" · {name[0].lower()}{name[1:]}"
        words = KINDS[kind][1]
        if view.place.kind == "region":
            extra, words = " · region", REGION_TIP
        elif view.place.fit is not None:
            extra, words = f"{extra} · all images", AVERAGED_TIP
        free = "" if view.column.linked else " · unlinked"
        self.set_role(view.role)
        self.set_title(f"{view.caption}{extra}{free}")
        self._button.setAccessibleName(f"What to do with {view.caption}")
        self.setToolTip(
            f"{view.caption}: the image decoded where the sliders have taken it. "
            f"{words}. Press to see the base, not moved; drag a rectangle, or paint, for directions "
            f"that change that part.\n{ZOOM_TIP}"
        )

    def set_base(self, image: np.ndarray) -> None:
        """What is shown instead for as long as the picture is pressed."""
        self._base = image

    def drag_began(self) -> None:
        """What the sliders do is to be seen again."""
        self._show_moved()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self.brush is None and self._base is not None and self.array is not None:
            self._hidden = self.array
            super().set_image(self._base)
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._show_moved()
        super().mouseReleaseEvent(event)

    def _show_moved(self) -> None:
        if self._hidden is not None:
            hidden, self._hidden = self._hidden, None
            super().set_image(hidden)

    def set_image(self, array: np.ndarray | None, sequence: int = 0) -> None:
        self._hidden = None  # what arrives while pressed is newer
        super().set_image(array, sequence)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_button()

    def _place_button(self) -> None:
        size = self._button.sizeHint()
        right = self.picture_rect().right() + 1
        top = max(0, self.picture_rect().top() - size.height() - 2)
        self._button.setGeometry(right - size.width(), top, size.width(), size.height())
        self.title_reserve = size.width()

    def _fill(self) -> None:
        view = self._view
        self._menu.clear()
        if view is None:
            return
        column = view.column
        self._add("Rename…", "rename", self._ask_name)
        kinds = self._menu.addMenu("Directions")
        kinds.setToolTipsVisible(True)
        group = QActionGroup(kinds)
        for kind, (text, tip) in KINDS.items():
            action = kinds.addAction(text)
            action.setObjectName(f"explore.directions.{kind}")
            action.setToolTip(tip)
            action.setCheckable(True)
            action.setChecked(kind == column.directions)
            action.setEnabled(kind in direction_kinds(view.loaded.model))
            action.triggered.connect(lambda _, kind=kind: self.directions_chosen.emit(self.key, kind))
            group.addAction(action)
        kinds.addSeparator()
        averaged = kinds.addAction("Of all images")
        averaged.setObjectName("explore.directions.averaged")
        averaged.setToolTip(AVERAGED_TIP)
        averaged.setCheckable(True)
        averaged.setChecked(column.scope == "images")
        averaged.setEnabled(column.directions != "axes")
        averaged.triggered.connect(self._choose_scope)
        linked = self._add("Move with the others", "linked", lambda on: self.linked.emit(self.key, on))
        linked.setCheckable(True)
        linked.setChecked(column.linked)
        linked.setToolTip("Off: this model has a walk of its own, chosen above the sliders")
        self._add("Save the direction…", "save_direction", lambda: self.save_asked.emit(self.key))
        self._menu.addSeparator()
        left = self._add("Move left", "left", lambda: self.shifted.emit(self.key, -1))
        left.setEnabled(self._position > 0)
        right = self._add("Move right", "right", lambda: self.shifted.emit(self.key, 1))
        right.setEnabled(self._position < self._count - 1)
        self._menu.addSeparator()
        remove = self._add("Remove from view", "remove", lambda: self.removed.emit(self.key))
        remove.setEnabled(self._count > 1)

    def _add(self, text: str, name: str, triggered: object) -> QAction:
        action = self._menu.addAction(text)
        action.setObjectName(f"explore.model.{name}")
        action.triggered.connect(triggered)
        return action

    def _choose_scope(self, on: bool) -> None:
        scope: Scope = "images" if on else "image"
        self.scope_chosen.emit(self.key, scope)

    def _ask_name(self) -> None:
        view = self._view
        if view is None:
            return
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Rename the model")
        dialog.setLabelText("Name in this view (empty: its own):")
        dialog.setTextEchoMode(QLineEdit.EchoMode.Normal)
        dialog.setTextValue(view.column.name or view.loaded.name)
        dialog.textValueSelected.connect(lambda name: self.renamed.emit(self.key, name))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
