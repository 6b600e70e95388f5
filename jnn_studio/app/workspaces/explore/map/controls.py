"""What is asked of the map: whose latents, how they are laid out, what colours tell, and how it is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from jnn_studio.app.icons import IconButton
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.eliding_combo import ElidingCombo
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.explore.collection.latent_map import Layout

LAYOUTS: Mapping[str, tuple[str, str]] = {
    "pca": ("PCA", "Along two principal components of the latents: at once, and straight walks are straight"),
    "umap": ("UMAP", "Neighbours in the latent space together, by umap-learn; far distances mean little"),
}


class MapControls(QWidget):
    """Two rows above the map; `lasso`, `pictures` and `save` are actions for the palette too."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("explore.map.controls")
        self.model = self._combo("model", "Whose latents are shown")
        self.layout_choice = SegmentedControl(LAYOUTS, "explore.map.layout", "Layout of the map")
        self.colour = self._combo("colour", "What the colours tell: a factor, an attribute or a folder")
        self.pictures = self._toggle(
            "pictures", "Pictures", "Pictures on the map", "Pictures of the images where there is room"
        )
        self.lasso = self._toggle(
            "lasso",
            "Lasso",
            "Lasso on the map",
            "Draw around images with the left mouse button: the gallery then shows only these",
        )
        self.fit = IconButton("fit", "Show all of the map", "explore.map.fit")
        first, second = QHBoxLayout(), QHBoxLayout()
        for row in (first, second):
            row.setSpacing(GRID // 2)
        first.addWidget(self.model, 1)
        first.addWidget(self.layout_choice)
        second.addWidget(self.colour, 1)
        for action in (self.pictures, self.lasso):
            second.addWidget(_button(action))
        second.addWidget(self.fit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(first)
        column.addLayout(second)
        self.fill_colours(())

    @property
    def layout_kind(self) -> Layout:
        """The layout that is chosen."""
        return "umap" if self.layout_choice.current == "umap" else "pca"

    def choose_layout(self, layout: Layout) -> None:
        """Another layout, without telling anybody."""
        with QSignalBlocker(self.layout_choice):
            self.layout_choice.current = layout

    @property
    def model_key(self) -> str:
        """The key of the model that is chosen; "" if there is none."""
        return str(self.model.currentData() or "")

    def fill_models(self, names: Iterable[tuple[str, str]]) -> None:
        """(key, name) of the models in view; the one that was chosen stays, at first it is the last.

        Of a pair that is the regularised one.
        """
        chosen = self.model.currentData()
        with QSignalBlocker(self.model):
            self.model.clear()
            for key, name in names:
                self.model.addItem(name, key)
            at = self.model.findData(chosen)
            self.model.setCurrentIndex(at if at >= 0 else self.model.count() - 1)
        self.model.describe()

    @property
    def facet_name(self) -> str:
        """What the colours are to tell; "" if nothing."""
        return str(self.colour.currentData() or "")

    def fill_colours(self, names: Iterable[str]) -> None:
        """What colours can tell; what was chosen stays if it can."""
        chosen = self.colour.currentData()
        with QSignalBlocker(self.colour):
            self.colour.clear()
            self.colour.addItem("No colours", "")
            for name in names:
                self.colour.addItem(name, name)
            self.colour.setCurrentIndex(max(0, self.colour.findData(chosen)))
        self.colour.setEnabled(self.colour.count() > 1)
        self.colour.describe()

    def _combo(self, name: str, tip: str) -> ElidingCombo:
        combo = ElidingCombo(f"explore.map.{name}", tip)
        combo.setMinimumWidth(10 * GRID)
        return combo

    def _toggle(self, name: str, text: str, command: str, tip: str) -> QAction:
        action = QAction(command, self, objectName=f"explore.map.{name}", checkable=True)
        action.setIconText(text)
        action.setToolTip(tip)
        return action


def _button(action: QAction) -> QToolButton:
    button = QToolButton(objectName=f"{action.objectName()}.button")
    button.setDefaultAction(action)
    button.setAccessibleName(action.toolTip())
    return button
