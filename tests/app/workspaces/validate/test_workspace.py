"""Two problems behind one switch; what was chosen is remembered."""

from __future__ import annotations

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces import find_workspaces
from jnn_studio.app.workspaces.validate.workspace import ValidateWorkspace


def test_it_stands_on_the_rail_after_the_runs() -> None:
    titles = [spec.title for spec in find_workspaces()]
    assert titles == ["Explore", "Train", "Runs", "Validate", "Denoise"]


def test_the_switch_shows_one_problem_at_a_time(validate: ValidateWorkspace) -> None:
    assert validate.labs["rof"].isVisible()
    assert not validate.labs["shrinkage"].isVisible()
    validate.findChild(QPushButton, "validate.page.shrinkage").click()
    assert validate.labs["shrinkage"].isVisible()
    assert not validate.labs["rof"].isVisible()


def test_page_and_settings_are_remembered(
    qtbot: QtBot, validate: ValidateWorkspace, context: AppContext, settings: QSettings
) -> None:
    validate.switch.current = "shrinkage"
    validate.labs["shrinkage"].form.fill({"rows": "20"})
    validate.labs["rof"].form.fill({"problem.eta": "0.07"})
    validate.save_state(settings)
    other = ValidateWorkspace(context)
    qtbot.addWidget(other)
    other.restore_state(settings)
    assert other.switch.current == "shrinkage"
    assert other.labs["shrinkage"].form.config.rows == 20
    assert other.labs["rof"].form.config.problem.eta == 0.07
    context.bridge.close()  # nothing may arrive at what is about to go


def test_every_control_says_what_it_is(validate: ValidateWorkspace) -> None:
    """Whatever takes the keyboard on either page has a name, words and a tooltip."""
    named = [w for w in validate.findChildren(QWidget) if w.objectName().startswith("validate.")]
    controls = [w for w in named if type(w).__name__ in ("QSlider", "QLineEdit", "QComboBox", "Combo")]
    assert len(controls) > 30
    for control in controls:
        assert control.accessibleName(), control.objectName()
        assert control.toolTip(), control.objectName()


def test_nothing_is_cut_in_the_smallest_window(validate: ValidateWorkspace) -> None:
    for page in ("rof", "shrinkage"):
        validate.switch.current = page
        hint = validate.minimumSizeHint()
        assert hint.width() <= 1208
        assert hint.height() <= 740
