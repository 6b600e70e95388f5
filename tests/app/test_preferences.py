"""What a person sets for the whole program: kept, checked, and done at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from jnn_studio.app.colors import ACCENTS, DARK, LIGHT, with_accent
from jnn_studio.app.preferences import Preferences, PreferenceStore
from jnn_studio.app.preferences_applied import apply
from jnn_studio.app.theme import theme
from jnn_studio.app.widgets.fields import field_for
from jnn_studio.app.widgets.number_box import NumberBox
from jnn_studio.base.setting_words import Setting


@pytest.fixture(autouse=True)
def as_at_first_afterwards() -> Iterator[None]:
    yield
    apply(Preferences())


@pytest.fixture
def store(settings: QSettings) -> PreferenceStore:
    return PreferenceStore(settings)


class TestPreferenceStore:
    def test_what_is_set_is_there_at_the_next_start(
        self, store: PreferenceStore, settings: QSettings
    ) -> None:
        store.change(theme="dark", accent="plum", threads=3, runs_folder=Path("/runs here"))
        settings.sync()
        again = QSettings(settings.fileName(), QSettings.Format.IniFormat)
        assert PreferenceStore(again).now == store.now
        assert store.now.runs_folder == Path("/runs here")

    def test_who_listens_hears_what_was_and_what_is(self, store: PreferenceStore, qtbot: QtBot) -> None:
        with qtbot.waitSignal(store.changed) as heard:
            store.change(accent="indigo")
        before, now = heard.args
        assert (before.accent, now.accent) == ("teal", "indigo")
        with qtbot.assertNotEmitted(store.changed):
            store.change(accent="indigo")

    def test_what_is_damaged_is_as_at_first_and_leaves_the_rest_alone(self, settings: QSettings) -> None:
        settings.setValue("theme", "light")
        settings.setValue("threads", "many")
        settings.setValue("accent", "beige")
        now = PreferenceStore(settings).now
        assert (now.theme, now.threads, now.accent) == ("light", 0, "teal")

    def test_what_will_not_do_is_refused(self, store: PreferenceStore, settings: QSettings) -> None:
        with pytest.raises(ValidationError):
            store.change(threads=-1)
        assert store.now.threads == 0
        assert settings.value("threads") is None


class TestAccents:
    def test_each_is_told_from_its_background_and_written_on_readably(self) -> None:
        def light(color: str) -> float:
            parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
            linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
            return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

        for accent in ACCENTS:
            for colors in (LIGHT, DARK):
                worn = with_accent(colors, accent)
                for a, b in (
                    (worn.accent, worn.accent_text),
                    (worn.accent, worn.panel),
                    (worn.accent, worn.window),
                ):
                    low, high = sorted((light(a), light(b)))
                    assert (high + 0.05) / (low + 0.05) >= 4.5, (accent, a, b)

    def test_one_is_worn_by_both_themes_at_once(self, qtbot: QtBot) -> None:
        for mode, dark in (("light", False), ("dark", True)):
            with qtbot.waitSignal(theme().changed):
                apply(Preferences(theme=mode, accent="plum"))
            assert theme().is_dark is dark
            assert theme().color("accent").name() == ACCENTS["plum"][dark][0]


def test_values_that_are_offered_have_the_sign_that_was_chosen(qtbot: QtBot) -> None:
    setting = Setting("sigma", "&σ", suggestions=("estimated", "0.1", "0.5"))
    field = field_for(setting, "page")
    qtbot.addWidget(field)
    field.show()
    box = field.editor
    field.set_value("0.25")
    apply(Preferences(decimal_sign="comma"))
    assert (box.currentText(), field.value) == ("0,25", "0.25")
    box.setFocus()
    taken = []
    for _ in range(2):
        qtbot.keyClick(box, Qt.Key.Key_Down)
        taken.append((box.currentText(), field.value))
    assert taken == [("0,1", "0.1"), ("0,5", "0.5")]
    apply(Preferences(decimal_sign="point"))
    assert (box.currentText(), field.value) == ("0.5", "0.5")


def test_boxes_show_the_sign_that_was_chosen_and_take_both(qtbot: QtBot) -> None:
    box = NumberBox("box")
    box.setDecimals(2)
    qtbot.addWidget(box)
    box.setValue(0.25)
    apply(Preferences(decimal_sign="comma"))
    assert box.text() == "0,25"
    late = NumberBox("late")
    qtbot.addWidget(late)
    assert late.text() == "0,00"
    for typed in ("1.5", "1,5"):
        box.clear()
        qtbot.keyClicks(box, typed)
        assert box.value() == 1.5
        box.setValue(0)
    apply(Preferences(decimal_sign="point"))
    assert (box.text(), late.text()) == ("0.00", "0.00")
