"""What does it mean: names of all directions, bars of the selected one, in every model."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.theme import theme
from jnn_studio.app.workspaces.explore.meaning.direction_names import DirectionNames
from jnn_studio.app.workspaces.explore.meaning.effect_bars import EffectBars, round_up, signed
from jnn_studio.app.workspaces.explore.meaning.panel import WIDE, MeaningPanel
from jnn_studio.explore.meaning.meaning import FACTOR_UNIT, NO_FACTORS, Meaning, MeaningColumn, MeaningView

FACTORS = MeaningView(
    labels=("smile", "yaw", "hue"),
    columns=(
        MeaningColumn(
            "Unregularised",
            "unregularised",
            (
                Meaning("mostly hue", (0.0, 0.1, 0.8), 0.34),
                Meaning("outside the factors", (0.1, 0.0, 0.05), 0.1),
            ),
        ),
        MeaningColumn(
            "Regularised",
            "regularised",
            (
                Meaning("mostly −smile", (-0.9, 0.2, 0.1), 0.9),
                Meaning("yaw + hue", (0.0, 0.6, 0.5), 0.7),
            ),
        ),
    ),
    unit=FACTOR_UNIT,
)
ATTRIBUTES = MeaningView(
    labels=("Smiling", "age", "lot"),
    columns=(
        MeaningColumn(
            "Regularised",
            "regularised",
            (Meaning("mostly Smiling", (0.9, -0.3, 0.4)),),
            accuracies=(0.884, 0.61, None),
            reliable=(True, True, False),
        ),
    ),
    unit="sd",
    measures=("balanced accuracy", "R²", "balanced accuracy"),
)


@pytest.fixture
def panel(qtbot: QtBot) -> MeaningPanel:
    made = MeaningPanel()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


def names(panel: MeaningPanel) -> DirectionNames:
    return panel.findChild(DirectionNames, "explore.meaning.names")


def bars(panel: MeaningPanel) -> EffectBars:
    return panel.findChild(EffectBars, "explore.meaning.bars")


def pixels(widget: EffectBars, colour: QColor) -> np.ndarray:
    """x of all pixels of a colour in the bars' viewport."""
    image = widget.viewport().grab().toImage()
    wanted = colour.rgb()
    return np.array(
        [x for y in range(image.height()) for x in range(image.width()) if image.pixel(x, y) == wanted]
    )


def test_at_first_it_says_what_is_missing_and_offers_to_open_a_table(
    panel: MeaningPanel, qtbot: QtBot
) -> None:
    assert panel.findChild(QLabel, "explore.meaning.state").text() == NO_FACTORS
    button = panel.findChild(QPushButton, "explore.meaning.open_table")
    assert button.isVisible()
    assert button.toolTip()
    with qtbot.waitSignal(panel.open_table_asked):
        button.click()
    assert not names(panel).isVisible()


def test_directions_name_themselves_in_every_model(panel: MeaningPanel) -> None:
    panel.show_view(FACTORS)
    table = names(panel)
    cells = [[table.item(row, column).text() for column in range(2)] for row in range(2)]
    assert cells == [["mostly hue", "mostly −smile"], ["outside the factors", "yaw + hue"]]
    assert table.horizontalHeaderItem(1).text() == "Regularised"
    assert table.item(0, 1).toolTip() == "Regularised, direction 1: mostly −smile, tangent energy 90 %"
    assert not panel.findChild(QPushButton, "explore.meaning.other_table").isVisible()


def test_the_strongest_effect_in_any_model_comes_first(panel: MeaningPanel) -> None:
    panel.show_view(FACTORS)
    assert bars(panel).labels == ["smile", "hue", "yaw"]
    panel.set_direction(1)
    assert bars(panel).labels == ["yaw", "hue", "smile"]
    assert panel.findChild(QLabel, "explore.meaning.heading").text() == "Direction 2"


def test_bars_stand_on_the_side_of_their_sign_and_are_as_long_as_the_effect(panel: MeaningPanel) -> None:
    panel.show_view(FACTORS)
    red, blue = (pixels(bars(panel), theme().model_color(r)) for r in ("unregularised", "regularised"))
    longest_left = blue.max() - blue.min()
    zero = red.min()
    assert blue.min() < zero, "less smile is to the left"
    right = red.max() - zero
    left = zero - blue.min()
    assert left / right == pytest.approx(0.9 / 0.8, rel=0.05)
    assert longest_left > 80, "bars use the room there is"


def test_the_theme_changes_the_bars_at_once(panel: MeaningPanel) -> None:
    panel.show_view(FACTORS)
    before = theme().mode
    try:
        for mode in ("light", "dark"):
            theme().mode = mode
            assert len(pixels(bars(panel), theme().model_color("regularised"))) > 100
    finally:
        theme().mode = before


def test_a_row_chosen_by_keyboard_shows_its_bars_and_is_told(panel: MeaningPanel, qtbot: QtBot) -> None:
    panel.show_view(FACTORS)
    assert names(panel).currentRow() == 0
    with qtbot.waitSignal(panel.direction_chosen, check_params_cb=lambda d: d == 1):
        qtbot.keyClick(names(panel), Qt.Key.Key_Down)
    assert panel.direction == 1
    assert bars(panel).labels[0] == "yaw"


def test_a_direction_set_from_outside_is_not_told_again(panel: MeaningPanel, qtbot: QtBot) -> None:
    panel.show_view(FACTORS)
    with qtbot.assertNotEmitted(panel.direction_chosen):
        panel.set_direction(1)
        panel.show_view(FACTORS)
    assert names(panel).currentRow() == 1


def test_accuracies_stand_beside_attributes_and_what_is_not_to_be_relied_on_is_said(
    panel: MeaningPanel,
) -> None:
    panel.show_view(ATTRIBUTES)
    shown = bars(panel)
    assert shown.row_text(0) == "Smiling: Regularised +0.90 (balanced accuracy 88 %)"
    assert shown.row_text(1) == "age: Regularised −0.30 (R² 0.61)"
    assert "too few images" in shown.row_text(2)
    assert panel.findChild(QPushButton, "explore.meaning.other_table").isVisible()


def test_a_readout_no_better_than_chance_is_drawn_hollow(panel: MeaningPanel) -> None:
    sure = ATTRIBUTES.columns[0]
    unsure = MeaningColumn(sure.name, sure.role, sure.meanings, (0.52, 0.01, 0.5), (False, False, False))
    panel.show_view(ATTRIBUTES)
    solid = len(pixels(bars(panel), theme().model_color("regularised")))
    panel.show_view(MeaningView(ATTRIBUTES.labels, (unsure,), "sd", ATTRIBUTES.measures))
    assert len(pixels(bars(panel), theme().model_color("regularised"))) < solid / 2
    assert "no better than chance" in bars(panel).row_text(0)


def test_the_bars_can_be_heard(panel: MeaningPanel) -> None:
    panel.show_view(FACTORS)
    said = bars(panel).accessibleDescription()
    assert said.startswith("Direction 1.")
    assert "smile: Unregularised 0.00, Regularised −0.90" in said


def test_more_rows_than_fit_are_reached_by_keyboard_with_the_axis_in_view(
    panel: MeaningPanel, qtbot: QtBot
) -> None:
    many = tuple(f"attribute {i}" for i in range(40))
    column = MeaningColumn("A", "model-1", (Meaning("mixed", tuple(1 - i / 50 for i in range(40))),))
    panel.show_view(MeaningView(many, (column,), "sd"))
    shown = bars(panel)
    assert shown.row_at(QPoint(20, shown.viewport().height() - 2)) < 20
    qtbot.keyClick(shown, Qt.Key.Key_End)
    assert shown.row_at(QPoint(20, shown.viewport().height() - 2)) == 39
    assert shown.row_at(QPoint(20, 2)) is None, "that is the axis"


def test_progress_is_shown_while_readouts_are_fitted_and_no_second_table_is_asked_for(
    panel: MeaningPanel,
) -> None:
    panel.show_view(MeaningView(state=NO_FACTORS, progress="Fitting readouts, 3 of 40"))
    assert panel.findChild(QLabel, "explore.meaning.progress").text() == "Fitting readouts, 3 of 40"
    assert not panel.findChild(QPushButton, "explore.meaning.open_table").isEnabled()
    panel.show_view(ATTRIBUTES)
    assert not panel.findChild(QLabel, "explore.meaning.progress").isVisible()


def test_wide_the_names_stand_beside_the_bars_and_narrow_above(panel: MeaningPanel, qtbot: QtBot) -> None:
    panel.show_view(FACTORS)
    qtbot.waitUntil(lambda: names(panel).geometry().bottom() < bars(panel).mapTo(panel, QPoint(0, 0)).y())
    panel.resize(WIDE + 80, 300)
    qtbot.waitUntil(lambda: names(panel).geometry().right() < bars(panel).mapTo(panel, QPoint(0, 0)).x())
    more = tuple(MeaningColumn(c.name, c.role, c.meanings * 4) for c in FACTORS.columns)
    panel.show_view(MeaningView(FACTORS.labels, more, FACTOR_UNIT))
    qtbot.waitUntil(lambda: not names(panel).verticalScrollBar().isVisible())


def test_models_with_fewer_directions_leave_their_cells_empty(panel: MeaningPanel) -> None:
    one = MeaningColumn("Small", "model-1", FACTORS.columns[0].meanings[:1])
    panel.show_view(MeaningView(FACTORS.labels, (*FACTORS.columns, one), FACTOR_UNIT))
    panel.set_direction(1)
    assert names(panel).item(1, 2).text() == ""
    assert "Small" not in bars(panel).row_text(0)


def test_numbers_of_the_axis_are_round_and_signed() -> None:
    assert [round_up(v) for v in (0, 0.013, 0.2, 0.21, 3, 7)] == pytest.approx([1, 0.02, 0.2, 0.5, 5, 10])
    assert [signed(v) for v in (0.314, -0.2, 0.001)] == ["+0.31", "−0.20", "0.00"]
