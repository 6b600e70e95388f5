"""The settings of the next run, with presets to begin with, checked while they are typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QSignalBlocker
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel

from jnn_studio.app.context import AppContext
from jnn_studio.app.dropped_runs import with_runs
from jnn_studio.app.steering.checking import check_run, relevant
from jnn_studio.app.steering.findings import Findings
from jnn_studio.app.steering.form_part import FormPart
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.drop_zone import DropOffer, DropZone
from jnn_studio.app.widgets.fields import ChoiceField, Combo, Field, PathField, dropped_path, unit_width
from jnn_studio.app.widgets.section import form_rows
from jnn_studio.app.widgets.setting_form import SettingForm
from jnn_studio.app.widgets.typed import defaults, typed_with_defaults
from jnn_studio.base.endings import ending_of
from jnn_studio.base.reading import parse_json
from jnn_studio.base.setting_words import Setting, SettingGroup, tables_by_kind
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.common_settings import DEVICE, DEVICE_WORDS, NAME
from jnn_studio.training.configuration.presets import load_preset
from jnn_studio.training.words import RunWords

ON_SHOW = "run on show"
TARGET_RANK = "penalty.target_rank"
TARGET = Setting(
    "save_to",
    "Save to",
    text=True,
    about="A new folder for the run. Empty: one named after the run and the time, beside your other runs.",
)


class PresetForm(SettingForm):
    """Fields for a run of the kind of the preset that was chosen, and where to save it.

    `base` is the configuration the fields were filled from: it has what the form has no field for.
    """

    def __init__(
        self,
        context: AppContext,
        page: str,
        presets: Sequence[str],
        words: Callable[[RunConfig], RunWords],
        parts: Sequence[FormPart] = (),
    ) -> None:
        self._context, self._words_for = context, words
        self._begin: dict[str, RunConfig] = {name: load_preset(name) for name in presets}
        self.base = self._begin[presets[0]]
        self.words = RunWords()
        self._checked: RunConfig | None = None
        """What was typed, whatever the disk and the machine say to it."""
        self._stray: set[str] = set()
        """Reasons that belong to no field."""
        self.parts = {part.key: part for part in parts}
        self._findings = Findings(context, page)
        super().__init__(page, (), self._check_run, self._relevant, {part.below: part for part in parts})
        DropZone(self, *with_runs(context, self.drop_offer, self.take_dropped))
        self._findings.setParent(self)
        self._findings.devices_found.connect(self._offer_devices)
        self._findings.found.connect(self.check)
        self._preset, self._edited, self._general = Combo(), QLabel(), QLabel()
        self._head = form_rows(())
        self._build_head()
        for part in parts:
            part.changed.connect(self.check)
        context.run_ended.connect(self._run_ended)
        self.start_from(presets[0])
        self._findings.ask_for_devices()

    # --- values --------------------------------------------------------------------------------------

    def target(self, config: RunConfig) -> Path:
        """The folder for a run that starts now."""
        typed = self.fields[TARGET.name].value.strip()
        return Path(typed).expanduser().absolute() if typed else self._context.new_run_folder(config.name)

    def target_started(self) -> None:
        """The folder of the last run is taken: the next one needs another."""
        self.fields[TARGET.name].set_value("")
        self.check()

    def start_from(self, name: str) -> None:
        """Fill in a preset, or the settings of the run on show."""
        self._preset.setCurrentIndex(self._preset.findData(name))
        self._ask_like(self._begin[name])
        values = self.base.model_dump(mode="json")
        for part in self.parts.values():
            found = _at(values, part.name)
            if found is not None:
                self._set_part(part, found)
        self.fill(typed_with_defaults(self.base))

    def propose(
        self,
        images: FacesConfig | FolderConfig,
        count: int,
        name: str,
        presets: Sequence[str],
        target_rank: float,
    ) -> None:
        """Fill in a run on ``count`` images: the first of ``presets`` that there is, and a target rank.

        A target that the preset has stays; of a small folder no more is held out than an eighth, and no more
        components are asked for than it has. The field of the target is brought into view.
        """
        self.start_from(next(preset for preset in presets if preset in self._begin))
        values = {f"data.{key}": str(value) for key, value in images.model_dump(mode="json").items()}
        if not self.values.get(TARGET_RANK, "").strip():
            values[TARGET_RANK] = f"{target_rank:g}"
        schedule = self.base.schedule
        held_out, batch_size = (int(getattr(schedule, key, 1)) for key in ("held_out", "batch_size"))
        held_out = min(held_out, max(1, count // 8))
        values["schedule.held_out"] = str(held_out)
        values["schedule.batch_size"] = str(min(batch_size, max(1, count - held_out)))
        model = self.base.model_dump(mode="json").get("model", {})
        if "components" in model:
            # There are fewer components than images, and no more axes of the latent than components.
            most = max(1, count - held_out - 1)
            for key in ("components", "latent"):
                values[f"model.{key}"] = str(min(model[key], most))
        self.fill({**values, NAME.name: name})
        field = self.fields.get(TARGET_RANK)
        if field is not None:
            for box in self.boxes.values():
                if box.isAncestorOf(field):
                    box.set_folded(False)
            self.ensureWidgetVisible(field.note)
            self.ensureWidgetVisible(field)
            field.editor.setFocus()

    def offer(self, config: RunConfig) -> None:
        """Let the settings of the run on show be chosen like a preset."""
        self._begin[ON_SHOW] = config
        if self._preset.findData(ON_SHOW) < 0:
            self._preset.addItem("", ON_SHOW)
        self._preset.setItemText(self._preset.findData(ON_SHOW), f"As the run shown: {config.shown_name}")
        self.check()

    def state(self) -> str:
        """All values and folds as JSON, right or wrong."""
        return json.dumps(
            {
                "preset": self._preset.currentData(),
                "kind": self.base.kind,
                "values": self.values,
                "folded": {key: box.folded for key, box in self.boxes.items()},
                **{key: part.value for key, part in self.parts.items()},
            }
        )

    def restore(self, state: str) -> None:
        """The inverse of `state`; what cannot be read changes nothing."""
        try:
            data = parse_json(state)
            values, folded = dict(data["values"]), dict(data.get("folded", {}))
            given = {key: list(data[key]) for key in self.parts}
            begin = self._remembered_preset(str(data.get("preset", "")), str(data.get("kind", "")))
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if begin:
            self._preset.setCurrentIndex(self._preset.findData(begin))
            self._ask_like(self._begin[begin])
            self.fill(typed_with_defaults(self.base))
        for key, value in given.items():
            self._set_part(self.parts[key], value)
        for key, box in self.boxes.items():
            box.set_folded(bool(folded.get(key, box.folded)))
        self.fill({name: text for name, text in values.items() if isinstance(text, str)})

    def fill(self, values: Mapping[str, str]) -> None:
        super().fill(values)
        for name, field in self.fields.items():
            if name in values and isinstance(field, PathField):
                self._look_on_disk(field)

    def _remembered_preset(self, name: str, kind: str) -> str:
        """What to begin with: the preset, else one of the kind; "" if neither is known any more."""
        if name in self._begin and self._begin[name].kind == (kind or self._begin[name].kind):
            return name
        return next((name for name, config in self._begin.items() if config.kind == kind), "")

    def _ask_like(self, base: RunConfig) -> None:
        """Have the fields that a run like this needs."""
        words = self._words_for(base).described_by(type(base))
        different = not self.fields or type(base) is not type(self.base) or words.groups != self.words.groups
        self.base, self.words = base, words
        if different:
            self._findings.forget_paths()
            self.ask_for((*words.groups, SettingGroup("target", "", (TARGET,))))
            labels = [setting.words for group in words.groups for setting in group.settings]
            self._head.setColumnMinimumWidth(0, form_rows(labels).columnMinimumWidth(0))
            self._offer_devices()

    def _set_part(self, part: FormPart, value: Any) -> None:
        with QSignalBlocker(part):
            part.set_value(value)

    # --- checking --------------------------------------------------------------------------------------

    def check(self) -> None:
        super().check()
        stray = [why for why in self.problems if why in self._stray]
        self._general.setText("\n".join(stray))
        self._general.setVisible(bool(stray))
        right = self._checked
        if right is not None:
            self._findings.look_back(right, self.words)
        hints = self.words.hints(right) if right is not None else {}
        for name, field in self.fields.items():
            words = (hints.get(name), self._findings.hints.get(name), self._found_in(field))
            field.set_hint("\n".join(filter(None, words)))
        edited = self.config != self._begin[str(self._preset.currentData())]
        self._edited.setText("edited" if edited else "")
        self._edited.setVisible(edited)
        if right is not None:
            for part in self.parts.values():
                part.show_checked(right)

    def _relevant(self, typed: Mapping[str, str]) -> set[str]:
        asked = {part.name: ", ".join(map(str, part.value)) for part in self.parts.values()}
        matter = relevant(self.base, self.words, {**typed, **asked})
        for part in self.parts.values():
            part.setVisible(part.name in matter)
        return matter

    def _check_run(self, typed: Mapping[str, str]) -> tuple[RunConfig | None, Mapping[str, str]]:
        self._checked = None
        parts = [part for part in self.parts.values() if not part.isHidden()]
        reasons = dict(part.problem for part in parts if part.problem[1])
        if not reasons:
            asked = {name: text for name, text in typed.items() if name != TARGET.name}
            given = {part.name: part.value for part in parts}
            self._checked, found = check_run(self.base, self.words, asked, given)
            elsewhere = self._findings.reasons(typed, self._checked, self._images_field())
            reasons = {**elsewhere, **found}
        self._stray = {why for name, why in reasons.items() if name not in self.fields}
        return self._checked, reasons

    def _found_in(self, field: Field) -> str:
        """What images there are at the path in a field, and what will be left out."""
        found = self._findings.images_at(field.value) if field.setting.holds else None
        return "" if found is None else found.words

    def _look_on_disk(self, field: PathField) -> None:
        """Have a path looked at away from this thread."""
        base = None if field.setting is TARGET else self._checked or self.base
        self._findings.look_on_disk(field.setting.name, field.value, base)

    def _run_ended(self) -> None:
        """There may be one more to learn from."""
        if self._checked is not None:
            self._findings.look_back(self._checked, self.words, anew=True)

    def _offer_devices(self) -> None:
        field = self.fields.get(DEVICE.name)
        for device in self._findings.devices or ():
            if isinstance(field, ChoiceField):
                field.offer(device, DEVICE_WORDS.get(device, device))

    # --- construction ----------------------------------------------------------------------------------

    def make_field(self, setting: Setting) -> Field:
        field: Field
        if setting is TARGET:
            title = "Choose the folder to save the run in"
            field = PathField(setting, self._page, False, title, "A new folder")
            field.start = str(self._context.runs_folder)
        else:
            field = super().make_field(setting)
        if isinstance(field, PathField):
            path = field
            field.changed.connect(lambda: self._look_on_disk(path))
        if setting.name.endswith(".kind"):
            field.changed.connect(lambda: self._begin_table(field))
        return field

    def _begin_table(self, field: Field) -> None:
        """Another table was chosen: what it shares with others begins at its own default."""
        place = field.setting.name.removesuffix(".kind")
        tables = tables_by_kind(type(self.base)).get(place, {})
        chosen = tables.get(field.value)
        for name, text in defaults(chosen).items() if chosen is not None else ():
            shared = sum(name in table.model_fields for table in tables.values()) > 1
            if shared and name != "kind" and f"{place}.{name}" in self.fields:
                self.fields[f"{place}.{name}"].set_value(text)

    def _build_head(self) -> None:
        page = self._page
        self._preset.setObjectName(f"{page}.preset")
        self._preset.setAccessibleName("Preset")
        # A run's long name among the presets must not widen the form.
        self._preset.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._preset.setToolTip("Settings to begin with; choosing one fills in the whole form")
        for name in self._begin:
            self._preset.addItem(name, name)
        self._preset.activated.connect(lambda _: self.start_from(str(self._preset.currentData())))
        label = QLabel("P&reset")
        label.setBuddy(self._preset)
        self._edited.setObjectName(f"{page}.edited")
        self._edited.setProperty("tone", "muted")
        self._edited.setToolTip("Values differ from the preset; choose it again to have them back")
        self._edited.setFixedWidth(unit_width())
        self._general.setObjectName(f"{page}.general_reason")
        self._general.setProperty("tone", "danger")
        self._general.setWordWrap(True)
        self._general.hide()
        chosen = QHBoxLayout()
        chosen.setSpacing(GRID)
        chosen.addWidget(self._preset, 1)
        chosen.addWidget(self._edited)
        self._head.setContentsMargins(GRID // 2, 0, 0, 0)
        self._head.addWidget(label, 0, 0)
        self._head.addLayout(chosen, 0, 1)
        self.column.insertLayout(0, self._head)
        self.column.insertWidget(1, self._general)

    # --- dropping ---------------------------------------------------------------------------------------

    def drop_offer(self, mime: QMimeData) -> DropOffer:
        """What would become of something dropped on the form, or on the page it belongs to."""
        path = dropped_path(mime)
        if not self._images_field():
            return DropOffer("Runs of this kind are trained on no images", good=False)
        if path is not None and (not path.is_file() or ending_of(path) == ".zip"):
            return DropOffer("Train on these images")
        return DropOffer("Drop one folder or zip of images here", good=False)

    def take_dropped(self, mime: QMimeData) -> None:
        """A folder or zip dropped anywhere on the form: images to train on."""
        path, name = dropped_path(mime), self._images_field()
        if path is not None and name:
            place, _, leaf = name.rpartition(".")
            tables = tables_by_kind(type(self.base)).get(place, {})
            chosen = [kind for kind, table in tables.items() if leaf in table.model_fields]
            self.fill({**{f"{place}.kind": kind for kind in chosen[:1]}, name: str(path)})

    def _images_field(self) -> str:
        return next((name for name, field in self.fields.items() if field.setting.holds), "")


def _at(values: Mapping[str, Any], name: str) -> Any:
    """What stands at a dotted name, or None."""
    found: Any = values
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
