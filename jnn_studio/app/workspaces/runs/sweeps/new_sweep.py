"""The dialog that begins a sweep: what all runs have in common, and what varies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.file_dialogs import TABLES, ask_file
from jnn_studio.app.plain_text import literal
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.fields import PathEdit, field_for
from jnn_studio.app.widgets.number_box import WholeNumberBox
from jnn_studio.app.widgets.own_windows import StudioDialog
from jnn_studio.app.workspaces.runs.sweeps.typed_sweep import (
    TypedAxis,
    TypedSweep,
    check_sweep,
    settings_to_vary,
)
from jnn_studio.base.errors import StudioError
from jnn_studio.sweeps.config import MOST_RUNS, SweepConfig
from jnn_studio.sweeps.folder import load_sweep, sweep_preset_names
from jnn_studio.training.configuration.common_settings import COMMON
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.configuration.presets import preset_names, preset_table

PAGE = "runs.new_sweep"
AXES = 3
TYPING_MS = 200
_SPREADS = (
    ("values", "These values", "0.1, 0.3, 1"),
    ("log", "By the same ratio", "0.05, 3, 6"),
    ("linear", "By the same difference", "0, 1, 5"),
)
_WAYS = (
    ("grid", "All of them"),
    ("psnr", "Search for PSNR"),
    ("front", "Search for the front"),
)
_TYPE = {
    "values": "Values with commas between them: 0.1, 0.3, 1",
    "log": "The smallest, the largest, and for a grid how many: 0.05, 3, 6; neighbours have one ratio",
    "linear": "The smallest, the largest, and for a grid how many: 0, 1, 5; neighbours have one distance",
}


class NewSweepDialog(StudioDialog):
    """Checked while it is typed.

    ``base``: (name, configuration as a table) of a run to begin with, None: a sweep that ships.

    Signals:
        begun: (SweepConfig) train this.
    """

    begun = Signal(object)

    def __init__(self, parent: QWidget, base: tuple[str, Mapping[str, Any]] | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(PAGE)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("New sweep")
        self.setMinimumWidth(90 * GRID)
        self._tables: dict[str, Mapping[str, Any]] = {}
        self._run: Mapping[str, Any] = {}
        self.config: SweepConfig | None = None
        self.bases = _combo("base", "Begins with", "The settings that all runs have in common")
        self.name = _edit("name", "Name", "What to call the sweep; its runs are called after it")
        self.images = field_for(COMMON["data.path"], PAGE)
        self.attributes = PathEdit()
        self.attributes.setObjectName(f"{PAGE}.attributes")
        self.attributes.setAccessibleName("Attributes")
        self.attributes.setToolTip(
            "A table of what is known of the images: how well a model's latent tells it is drawn against the "
            "effective rank. Empty: the names of their folders"
        )
        self.attributes.setPlaceholderText("A table, if there is one")
        self.browse = QToolButton(objectName=f"{PAGE}.attributes.browse")
        self.browse.setText("Browse…")
        self.browse.setAccessibleName("Choose a table of attributes")
        self.browse.setToolTip("Choose a table of attributes")
        self.browse.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.further = _edit(
            "further", "Further settings", "Other settings of all runs, named as in config.toml: "
            "schedule.steps=1500, model.latent=32"
        )  # fmt: skip
        self.further.setPlaceholderText("schedule.steps=1500")
        self.axes = [_AxisRow(number) for number in range(AXES)]
        self.way = _combo("way", "Which are tried", "Every combination, or as many as a search is given")
        for key, words in _WAYS:
            self.way.addItem(words, key)
        self.trials = WholeNumberBox(f"{PAGE}.trials")
        self.trials.setRange(1, MOST_RUNS)
        self.trials.setValue(24)
        self.trials.setAccessibleName("Trials")
        self.trials.setToolTip("Runs that the search may try")
        self.rank = _edit(
            "rank", "Largest rank", "Only models of this effective rank or less count; empty: all do"
        )
        self.said = QLabel(objectName=f"{PAGE}.said")
        self.said.setWordWrap(True)
        self.said.setMinimumHeight(5 * GRID)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.start = self.buttons.addButton("&Start", QDialogButtonBox.ButtonRole.AcceptRole)
        self.start.setObjectName(f"{PAGE}.start")
        self.start.setToolTip("Train all of it, several runs at a time")
        self._arrange()
        self._soon = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._soon.timeout.connect(self.check)
        self._offer(base)
        self._connect()
        self._begin_with()

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID)
        grid.setColumnStretch(1, 1)
        self._images_label = QLabel("&Images")
        self._images_label.setBuddy(self.images.editor)
        self._attributes_label = _label("A&ttributes", self.attributes)
        rows: list[tuple[QLabel, QWidget]] = [
            (_label("&Begins with", self.bases), self.bases),
            (_label("&Name", self.name), self.name),
            (self._images_label, self.images),
            (self._attributes_label, self._attributes_row()),
            (_label("&Further", self.further), self.further),
            *((_label("&Varies" if n == 0 else "and", row.setting), row) for n, row in enumerate(self.axes)),
            (_label("&Tried", self.way), self._way_row()),
        ]
        for number, (label, widget) in enumerate(rows):
            grid.addWidget(label, number, 0)
            grid.addWidget(widget, number, 1)
        column = QVBoxLayout(self)
        column.setSpacing(2 * GRID)
        column.addLayout(grid)
        column.addWidget(self.said)
        column.addWidget(self.buttons)

    def _attributes_row(self) -> QWidget:
        self._table = QWidget()
        row = QHBoxLayout(self._table)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.attributes, 1)
        row.addWidget(self.browse)
        return self._table

    def _way_row(self) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        self._of_search = [QLabel("trials"), self.trials, QLabel("rank at most"), self.rank]
        row.addWidget(self.way)
        for widget in self._of_search:
            row.addWidget(widget)
        self.rank.setMaximumWidth(10 * GRID)
        row.addStretch(1)
        return box

    def _offer(self, base: tuple[str, Mapping[str, Any]] | None) -> None:
        if base is not None:
            self._tables["run"] = base[1]
            self.bases.addItem(base[0], ("run", base[0]))
        for name in sweep_preset_names():
            self.bases.addItem(f"{name} (sweep)", ("sweep", name))
        for name in preset_names():
            self.bases.addItem(name, ("preset", name))

    def _connect(self) -> None:
        self.bases.currentIndexChanged.connect(lambda _: self._begin_with())
        self.browse.clicked.connect(
            lambda: ask_file(self, "Choose a table of attributes", TABLES, self._take)
        )
        for edit in (self.name, self.further, self.rank, self.attributes):
            edit.textChanged.connect(lambda _: self._soon.start())
        self.images.changed.connect(self._soon.start)
        self.trials.valueChanged.connect(lambda _: self._soon.start())
        self.way.currentIndexChanged.connect(lambda _: self._soon.start())
        for row in self.axes:
            row.changed.connect(self._soon.start)
        self.buttons.rejected.connect(self.reject)
        self.buttons.accepted.connect(self._start)

    # --- what is typed ----------------------------------------------------------------------------------

    def _begin_with(self) -> None:
        """Take the settings of another base over."""
        kind, name = self.bases.currentData()
        sweep: SweepConfig | None = None
        try:
            if kind == "sweep":
                sweep = load_sweep(name)
                self._run = sweep.run
            else:
                self._run = self._tables["run"] if kind == "run" else preset_table(name)
            config = validate_config(dict(self._run), name)
        except StudioError as error:
            self._say(None, str(error))
            return
        self.name.setText(f"{config.shown_name[:50]} sweep" if sweep is None else sweep.name)
        data = self._run.get("data", {})
        asks = isinstance(data, Mapping) and data.get("kind") == "folder"
        for widget in (self.images, self._images_label, self._table, self._attributes_label):
            widget.setVisible(asks)
        self.images.set_value("" if config.asks_for_images else str(data.get("path", "")) if asks else "")
        offered = settings_to_vary(config)
        for number, row in enumerate(self.axes):
            row.offer(offered)
            axes = () if sweep is None else sweep.vary
            if number < len(axes):
                axis = axes[number]
                ends = [axis.low, axis.high, *([axis.count] if axis.count else [])]
                values = axis.values if axis.values is not None else ends
                row.show_axis(TypedAxis(
                    axis.setting,
                    "values" if axis.values is not None else axis.spacing,
                    ", ".join(str(value) for value in values),
                ))  # fmt: skip
            elif number == 0 and "penalty.eta" in offered:
                row.show_axis(TypedAxis("penalty.eta", "log", "0.05, 3, 6"))
            else:
                row.show_axis(TypedAxis())
        self.attributes.setText("" if sweep is None else sweep.attributes)
        search = None if sweep is None else sweep.search
        self.way.setCurrentIndex(self.way.findData("grid" if search is None else search.objective))
        if search is not None:
            self.trials.setValue(search.trials)
        self.rank.setText("" if search is None or search.largest_rank is None else f"{search.largest_rank:g}")
        self.check()

    @property
    def typed(self) -> TypedSweep:
        """What stands in the fields."""
        run = dict(self._run)
        if self.images.isVisibleTo(self):
            path = self.images.value.strip()
            run["data"] = {
                **run.get("data", {}),
                "path": str(Path(path).expanduser().absolute()) if path else ".",
            }
        return TypedSweep(
            self.name.text(),
            run,
            [row.typed for row in self.axes],
            self.way.currentData(),
            self.trials.value(),
            self.rank.text(),
            self.further.text(),
            self._attributes if self.attributes.isVisibleTo(self) else "",
        )

    @property
    def _attributes(self) -> str:
        path = self.attributes.text().strip()
        return str(Path(path).expanduser().absolute()) if path else ""

    def _take(self, path: Path) -> None:
        self.attributes.setText(str(path))

    def check(self) -> None:
        """Say what will be trained, or why that cannot be."""
        self._soon.stop()
        for widget in self._of_search:
            widget.setVisible(self.way.currentData() != "grid")
        config, words = check_sweep(self.typed)
        self._say(config, words)

    def _say(self, config: SweepConfig | None, words: str) -> None:
        self.config = config
        self.said.setText(words)
        self.said.setProperty("tone", "muted" if config is not None else "danger")
        self.said.style().polish(self.said)
        self.start.setEnabled(config is not None)

    def _start(self) -> None:
        self.check()
        if self.config is not None:
            self.begun.emit(self.config)
            self.accept()


class _AxisRow(QWidget):
    """A setting, how its values are given, and the values."""

    changed = Signal()

    def __init__(self, number: int) -> None:
        super().__init__()
        which = f"setting {number + 1}"
        self.setting = _combo(
            f"axis{number}.setting", f"What varies, {which}", "What differs between the runs"
        )
        self.setting.setMinimumWidth(26 * GRID)
        self.spread = _combo(
            f"axis{number}.spread", f"How values of {which} are given", "Values, or ends and how many"
        )
        for key, words, _ in _SPREADS:
            self.spread.addItem(words, key)
        self.text = _edit(f"axis{number}.values", f"Values of {which}", _TYPE["values"])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for widget, stretch in ((self.setting, 0), (self.spread, 0), (self.text, 1)):
            row.addWidget(widget, stretch)
        self.setting.currentIndexChanged.connect(lambda _: self._changed())
        self.spread.currentIndexChanged.connect(lambda _: self._changed())
        self.text.textChanged.connect(lambda _: self.changed.emit())

    def offer(self, settings: Mapping[str, str]) -> None:
        """Offer these, and nothing."""
        self.setting.blockSignals(True)
        self.setting.clear()
        self.setting.addItem("—", "")
        for name, words in settings.items():
            self.setting.addItem(literal(words), name)
            self.setting.setItemData(
                self.setting.count() - 1, f"In config.toml: {name}", Qt.ItemDataRole.ToolTipRole
            )
        self.setting.blockSignals(False)

    def show_axis(self, axis: TypedAxis) -> None:
        """Show this axis."""
        self.setting.setCurrentIndex(max(0, self.setting.findData(axis.setting)))
        self.spread.setCurrentIndex(self.spread.findData(axis.spread))
        self.text.setText(axis.text)
        self._changed()

    @property
    def typed(self) -> TypedAxis:
        """What stands there."""
        return TypedAxis(self.setting.currentData() or "", self.spread.currentData(), self.text.text())

    def _changed(self) -> None:
        spread = self.spread.currentData()
        self.text.setPlaceholderText(next(example for key, _, example in _SPREADS if key == spread))
        self.text.setToolTip(_TYPE[spread])
        for widget in (self.spread, self.text):
            widget.setEnabled(bool(self.setting.currentData()))
        self.changed.emit()


def _combo(name: str, words: str, tip: str) -> QComboBox:
    box = QComboBox(objectName=f"{PAGE}.{name}")
    box.setAccessibleName(words)
    box.setToolTip(tip)
    return box


def _edit(name: str, words: str, tip: str) -> QLineEdit:
    edit = QLineEdit(objectName=f"{PAGE}.{name}")
    edit.setAccessibleName(words)
    edit.setToolTip(tip)
    return edit


def _label(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    label.setBuddy(buddy)
    return label
