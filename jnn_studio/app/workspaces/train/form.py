"""The settings of the next run, checked while they are typed."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.fields import (
    ChoiceField,
    Combo,
    Field,
    PathField,
    SuggestionField,
    TextField,
    dropped_path,
    unit_width,
)
from jnn_studio.app.widgets.section import SectionBox, add_row, form_rows
from jnn_studio.app.widgets.setting import DEVICES, Setting
from jnn_studio.app.widgets.typed import typed_values
from jnn_studio.app.workspaces.train.settings import KIND, NAME, SECTIONS, SETTINGS, relevant
from jnn_studio.app.workspaces.train.validation import check, images_problem, target_problem
from jnn_studio.training.device import available_devices
from jnn_studio.training.pair_config import PairConfig
from jnn_studio.training.presets import load_preset, preset_names

TARGET = Setting(
    "save_to",
    "Save to",
    text=True,
    about="A new folder for the run. Empty: one named after the run and the time, beside your other runs.",
)
_WIDTH = 43 * GRID
_LABELS = tuple(setting.words for setting in SETTINGS.values())


class SettingsForm(QScrollArea):
    """Fields for every setting of a `PairConfig`, and where to save the run.

    Signals:
        changed: something was edited or checked; `config` and `problems` are up to date.
    """

    changed = Signal()

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setObjectName("train.form")
        self.setAcceptDrops(True)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._context = context
        self._starting_points = _starting_points()
        self._checked_on_disk: dict[str, tuple[str, str]] = {}
        self._devices: tuple[str, ...] | None = None
        self.config: PairConfig | None = None
        """What to train, or None while a value is wrong."""
        self.problems: list[str] = []
        """What has to be mended, one line for each field."""
        self.fields: dict[str, Field] = {}
        self.sections: dict[str, SectionBox] = {}
        self._build()
        self.start_from(next(iter(self._starting_points)))
        context.loading.request("train.devices", lambda _: available_devices(), self._show_devices, _ignore)

    # --- values --------------------------------------------------------------------------------------

    def target(self, config: PairConfig) -> Path:
        """The folder for a run that starts now."""
        typed = self.fields[TARGET.name].value.strip()
        if typed:
            return Path(typed).expanduser().absolute()
        return self._context.new_run_folder(config.name)

    def target_started(self) -> None:
        """The folder of the last run is taken: the next one needs another."""
        self.fields[TARGET.name].set_value("")
        self._check()

    def start_from(self, name: str) -> None:
        """Fill in a preset, or the settings of a run that was offered."""
        if name in self._starting_points:
            self._preset.setCurrentIndex(self._preset.findData(name))
            self._fill(typed_values(self._starting_points[name]))

    def offer(self, config: PairConfig) -> None:
        """Let the settings of the run on show be chosen like a preset."""
        key = "run on show"
        self._starting_points[key] = config
        index = self._preset.findData(key)
        if index < 0:
            self._preset.addItem("", key)
            index = self._preset.count() - 1
        self._preset.setItemText(index, f"Run on show: {config.name}")
        self._check()

    def show_problem(self) -> None:
        """Bring the first wrong value into view, ready to be mended."""
        for field in self.fields.values():
            if field.reason:
                self.ensureWidgetVisible(field.note)
                self.ensureWidgetVisible(field.editor)
                field.editor.setFocus()
                return

    def state(self) -> str:
        """All values and folds as JSON, right or wrong."""
        return json.dumps(
            {
                "preset": self._preset.currentData(),
                "values": {name: field.value for name, field in self.fields.items()},
                "folded": {key: box.folded for key, box in self.sections.items()},
            }
        )

    def restore(self, state: str) -> None:
        """The inverse of `state`; what cannot be read changes nothing."""
        try:
            data = json.loads(state)
            values, folded, preset = dict(data["values"]), dict(data["folded"]), data["preset"]
        except (ValueError, KeyError, TypeError):
            return
        index = self._preset.findData(preset)
        if index >= 0:
            self._preset.setCurrentIndex(index)
        for key, box in self.sections.items():
            box.set_folded(bool(folded.get(key, box.folded)))
        self._fill({name: text for name, text in values.items() if isinstance(text, str)})

    def _fill(self, values: dict[str, str]) -> None:
        for name, text in values.items():
            if name in self.fields:
                self.fields[name].set_value(text)
        self._on_disk("data.path")
        self._on_disk(TARGET.name)
        self._check()

    # --- checking --------------------------------------------------------------------------------------

    def _check(self) -> None:
        typed = {name: field.value for name, field in self.fields.items() if name != TARGET.name}
        matter = relevant(typed)
        checked = check({name: text for name, text in typed.items() if name in matter})
        reasons = {**self._found_elsewhere(matter), **checked.reasons}
        for name, field in self.fields.items():
            field.set_shown(name in matter or name == TARGET.name)
            field.set_reason(reasons.get(name, ""))
        for section in SECTIONS:
            if any(setting.name in reasons for setting in section.settings):
                self.sections[section.key].set_folded(False)
        stray = [reason for name, reason in reasons.items() if name not in self.fields]
        self._general.setText("\n".join(stray))
        self._general.setVisible(bool(stray))
        self.problems = stray + [
            f"{field.setting.words}: {reasons[name]}"
            for name, field in self.fields.items()
            if name in reasons
        ]
        self.config = None if reasons else checked.config
        self._explain_eta(checked.config)
        self._mark_edited()
        self.changed.emit()

    def _found_elsewhere(self, matter: set[str]) -> dict[str, str]:
        """What the configuration itself cannot know: the disk and the machine."""
        found = {}
        for name, (text, reason) in self._checked_on_disk.items():
            if reason and text == self.fields[name].value and (name in matter or name == TARGET.name):
                found[name] = reason
        device = self.fields["schedule.device"].value
        if self._devices is not None and device not in ("auto", *self._devices):
            found["schedule.device"] = f"This machine has no {device}; choose Automatic."
        return found

    def _on_disk(self, name: str) -> None:
        """Have a path looked at away from this thread."""
        text = self.fields[name].value
        if not text.strip():
            return
        problem = images_problem if name == "data.path" else target_problem

        def seen(reason: str) -> None:
            self._checked_on_disk[name] = (text, reason)
            self._check()

        self._context.loading.request(f"train.{name}", lambda _: problem(text), seen, _ignore)

    def _explain_eta(self, config: PairConfig | None) -> None:
        named = config is not None and isinstance(config.penalty.eta, str)
        hint = ""
        if named and config is not None:
            hint = f"{config.penalty.encoder_eta(config.model.size):.4g} in orthonormal coordinates"
        self.fields["penalty.eta"].set_hint(hint)

    def _mark_edited(self) -> None:
        base = self._starting_points.get(self._preset.currentData())
        edited = base is not None and self.config != base
        self._edited.setText("edited" if edited else "")

    def _show_devices(self, devices: tuple[str, ...]) -> None:
        self._devices = devices
        field = self.fields["schedule.device"]
        for device in devices:
            if isinstance(field, ChoiceField):
                field.offer(device, dict(DEVICES).get(device, device))
        self._check()

    # --- construction ----------------------------------------------------------------------------------

    def _build(self) -> None:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        top = form_rows(_LABELS)
        self._preset = Combo()
        self._preset.setObjectName("train.preset")
        self._preset.setAccessibleName("Preset")
        # A run's long name among the presets must not widen the form.
        self._preset.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._preset.setToolTip("Settings to begin with; choosing one fills in the whole form")
        for name in self._starting_points:
            self._preset.addItem(name, name)
        self._preset.activated.connect(lambda _: self.start_from(self._preset.currentData()))
        label = QLabel("P&reset")
        label.setBuddy(self._preset)
        self._edited = QLabel()
        self._edited.setObjectName("train.edited")
        self._edited.setProperty("tone", "muted")
        self._edited.setToolTip("Values differ from the preset; choose it again to have them back")
        top.addWidget(label, 0, 0)
        self._edited.setFixedWidth(unit_width())
        preset = QHBoxLayout()
        preset.setSpacing(GRID)
        preset.addWidget(self._preset, 1)
        preset.addWidget(self._edited)
        top.addLayout(preset, 0, 1)
        self._add(NAME, top)
        column.addLayout(top)
        self._general = QLabel()
        self._general.setObjectName("train.general_reason")
        self._general.setProperty("tone", "danger")
        self._general.setWordWrap(True)
        self._general.hide()
        column.addWidget(self._general)
        for section in SECTIONS:
            box = self.sections[section.key] = SectionBox(section.key, section.title, _LABELS)
            for setting in section.settings:
                self._add(setting, box.rows)
            box.set_folded(section.folded)
            column.addWidget(box)
        bottom = form_rows(_LABELS)
        self._add(TARGET, bottom)
        column.addLayout(bottom)
        column.addStretch(1)
        self.setWidget(page)

    def _add(self, setting: Setting, rows: QGridLayout) -> None:
        field = self.fields[setting.name] = self._field(setting)
        field.changed.connect(self._check)
        add_row(rows, field)

    def _field(self, setting: Setting) -> Field:
        if setting is TARGET:
            field = PathField(setting, archives=False, title="Choose the folder to save the run in")
            field.editor.setPlaceholderText("A new folder")
            field.start = str(self._context.runs_folder)
        elif setting.name == "data.path":
            field = PathField(setting, archives=True, title="Choose the images to train on")
            field.editor.setPlaceholderText("Drop here")
        elif setting.choices:
            return ChoiceField(setting)
        elif setting.suggestions:
            return SuggestionField(setting)
        else:
            return TextField(setting)
        field.changed.connect(lambda: self._on_disk(setting.name))
        return field

    def minimumSizeHint(self) -> QSize:
        """Never so narrow that a field would be cut."""
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self.widget().minimumSizeHint().width() + bar, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        return QSize(max(_WIDTH, self.minimumSizeHint().width()), super().sizeHint().height())

    # --- dropping ---------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_path(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """A folder or zip dropped anywhere on the form: images to train on."""
        path = dropped_path(event.mimeData())
        if path is not None:
            self.fields[KIND.name].set_value("folder")
            self.fields["data.path"].set_value(str(path))
            self._on_disk("data.path")
            self._check()
            event.acceptProposedAction()


def _starting_points() -> dict[str, PairConfig]:
    """The presets this form has fields for."""
    presets = {name: load_preset(name) for name in preset_names()}
    return {name: preset for name, preset in presets.items() if isinstance(preset, PairConfig)}


def _ignore(failure: Failure) -> None:
    """The run itself will say what is wrong."""
