"""Says that directions are those of a region, and holds what paints one; there only while that is wanted."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from jnn_studio.app.icons import IconButton
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.app.widgets.number_box import WholeNumberBox
from jnn_studio.explore.painted import AnyRegion, Brush, PaintedRegion

TIP = (
    "Directions that change the picture most inside the region and least outside, by the decoder's Jacobian. "
    "Beside each slider stands how much of its change is inside."
)

TOOLS = {
    "rectangle": "Drag a rectangle on a picture; the arrow keys move it, with Shift its lower right corner",
    "brush": "Paint the region on a picture (Shift+G). From the keyboard: the arrow keys move the brush, "
    "with Shift they paint on the way, Space paints a dot",
    "eraser": "Erase from the region, likewise",
}


class RegionRow(QWidget):
    """Which region there is, what a drag on a picture does to it, and a button that ends it."""

    ended = Signal()
    cleared = Signal()
    """Nothing of what is painted is to stay; painting goes on."""
    brush_changed = Signal(object)
    """(Brush, or None for rectangles)"""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("explore.region")
        self._region: AnyRegion | None = None
        self._label = ElidingLabel(object_name="explore.region.words")
        self._label.setFont(ui_font(0.92, digits=True))
        self.setToolTip(TIP)
        self._tools = {name: IconButton(name, tip, f"explore.region.{name}") for name, tip in TOOLS.items()}
        one = QButtonGroup(self)
        for button in self._tools.values():
            button.setCheckable(True)
            one.addButton(button)
            button.clicked.connect(self._tell)
        self._tools["rectangle"].setChecked(True)
        self._width = WholeNumberBox("explore.region.width")
        self._width.setRange(1, 50)
        self._width.setValue(10)
        self._width.setSuffix(" %")
        self._width.setToolTip("Width of the brush, in parts of the picture's")
        self._width.setAccessibleName("Width of the brush")
        self._width.valueChanged.connect(self._tell)
        self._clear = IconButton("reset", "Clear what is painted, and paint anew", "explore.region.clear")
        self._clear.clicked.connect(self.cleared)
        close = IconButton(
            "close", "End the region: the models' own directions again (Esc)", "explore.region.end"
        )
        close.clicked.connect(self.ended)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID // 2)
        row.addWidget(self._label, 1)
        for widget in (*self._tools.values(), self._width, self._clear, close):
            row.addWidget(widget)
        self._show()

    @property
    def brush(self) -> Brush | None:
        """What a drag on a picture paints with; None: it chooses a rectangle."""
        if self._tools["rectangle"].isChecked():
            return None
        return Brush(self._width.value() / 100, self._tools["eraser"].isChecked())

    def choose(self, tool: str) -> None:
        """Take one of `TOOLS` up."""
        if not self._tools[tool].isChecked():
            self._tools[tool].setChecked(True)
            self._tell()

    def show_region(self, region: AnyRegion | None) -> None:
        """Which it is."""
        self._region = region
        self._show()

    def _tell(self) -> None:
        self._show()
        self.brush_changed.emit(self.brush)

    def _show(self) -> None:
        region, painting = self._region, self.brush is not None
        self.setVisible(region is not None or painting)
        self._width.setVisible(painting)
        self._clear.setVisible(painting)
        self._clear.setEnabled(region is not None)
        if region is None:
            self._label.setText("Paint on a picture what directions are to change")
        elif isinstance(region, PaintedRegion):
            self._label.setText(f"Directions for the region: {region.words}")
        else:
            self._label.setText(f"Directions for the rectangle: {region.words}")
