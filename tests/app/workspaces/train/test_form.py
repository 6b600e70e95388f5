"""The form of the Train page: filled by presets, checked while it is typed, remembered."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from PIL import Image
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from jnn_studio.app.preferences import Preferences
from jnn_studio.app.preferences_applied import apply
from jnn_studio.app.workspaces.train.workspace import TrainWorkspace
from jnn_studio.training.configuration.presets import load_preset, preset_names
from jnn_studio.training.device import available_devices


def photographs(folder: Path, count: int) -> None:
    for number in range(count):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / f"{number}.png")


def test_the_form_begins_at_the_quickest_preset_and_can_be_started(page, train: TrainWorkspace) -> None:
    quickest = preset_names(["autoencoder-pair"])[0]
    assert page.combo("preset").currentText() == quickest
    assert train.page.form.config == load_preset(quickest)
    assert page.button("start").isEnabled()
    assert page.text("state") == "No run yet"


def test_numbers_are_shown_and_typed_with_the_sign_that_was_chosen(page, train: TrainWorkspace) -> None:
    form, sigma = train.page.form, page.edit("penalty.sigma")
    before = form.config
    apply(Preferences(decimal_sign="comma"))
    try:
        assert sigma.text() == "0,001"
        assert form.config == before
        assert page.text("edited") == "", "another sign is no other value"
        page.choose_preset(page.combo("preset").currentText())
        assert sigma.text() == "0,001"
        for typed in ("1,125", "1.125"):
            page.type(page.edit("penalty.eta_decoder"), typed)
            assert form.config.penalty.eta_decoder == 1.125
        eta = page.combo("penalty.eta")
        assert eta.currentText() == "0,3"
        page.type(eta.lineEdit(), "1,125")
        assert form.config.penalty.eta == 1.125
        assert page.edit("schedule.steps").text().isdigit()
        page.type(page.edit("schedule.steps"), "1,500")
        assert form.config is None, "neither 1.5 steps nor thousands"
    finally:
        apply(Preferences())
    assert sigma.text() == "0.001"
    page.type(page.edit("penalty.eta_decoder"), "1,125")
    assert "may be 1.125 or 1125" in page.text("penalty.eta_decoder.note")


PRESETS = {name: load_preset(name) for name in preset_names(["autoencoder-pair"])}


def test_choosing_a_preset_fills_in_the_whole_form(page, train: TrainWorkspace) -> None:
    for name in (name for name, preset in PRESETS.items() if not preset.asks_for_images):
        page.edit("schedule.steps").setText("7")
        page.edit("penalty.sigma").setText("wrong")
        assert page.text("edited") == "edited"
        page.choose_preset(name)
        assert train.page.form.config == load_preset(name)
        assert page.edit("penalty.sigma").text() == "0.001"
        assert page.edit("penalty.sigma").cursorPosition() == 0, "of what is too long, the beginning is seen"
        assert page.text("edited") == "", name


def test_a_preset_for_images_of_one_s_own_asks_for_them(
    page, train: TrainWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    for name in (name for name, preset in PRESETS.items() if preset.asks_for_images):
        page.choose_preset(name)
        assert page.edit("data.path").isVisible()
        assert page.edit("data.path").text() == ""
        assert page.text("data.path.note") == "Choose a folder or zip of images."
        assert not page.button("start").isEnabled()
        page.edit("data.path").setText(str(tmp_path))
        qtbot.waitUntil(lambda: page.button("start").isEnabled())
        assert train.page.form.config == load_preset(name).with_changes(data=tmp_path)


def test_a_wrong_value_says_why_at_the_field_and_stops_start(page) -> None:
    for name, wrong, reason in (
        ("schedule.steps", "0", "Must be 1 or more."),
        ("schedule.batch_size", "lots", "Enter a whole number."),
        ("data.count", "3", "Must be 16 or more."),
        ("model.dct", "65", "Dct (65) cannot exceed the image size (64)."),
    ):
        before = page.edit(name).text()
        page.type(page.edit(name), wrong)
        assert page.text(f"{name}.note") == reason
        assert page.edit(name).property("invalid") is True
        assert not page.button("start").isEnabled()
        assert reason in page.button("start").toolTip()
        assert page.button("mend").text() == "1 setting to correct"
        page.type(page.edit(name), before)
        assert page.text(f"{name}.note") == ""
        assert page.edit(name).property("invalid") is False
        assert page.button("start").isEnabled()
        assert not page.button("mend").isVisible()


def test_a_wrong_value_in_a_folded_section_is_unfolded_and_can_be_gone_to(
    page, train: TrainWorkspace, qtbot: QtBot
) -> None:
    rate = page.edit("optimiser.learning_rate")
    assert not rate.isVisible()
    rate.setText("-1")
    assert rate.isVisible()
    assert page.text("optimiser.learning_rate.note") == "Must be more than 0."
    qtbot.mouseClick(page.button("mend"), Qt.MouseButton.LeftButton)
    assert train.focusWidget() is rate
    assert not rate.visibleRegion().isEmpty(), "scrolled into view"


def test_a_section_folds_with_its_heading(page, train: TrainWorkspace, qtbot: QtBot) -> None:
    heading = train.findChild(QToolButton, "train.section.network.heading")
    assert not page.edit("model.hidden").isVisible()
    qtbot.mouseClick(heading, Qt.MouseButton.LeftButton)
    assert page.edit("model.hidden").isVisible()
    qtbot.keyClick(heading, Qt.Key.Key_Space)
    assert not page.edit("model.hidden").isVisible()


def test_sigma_is_asked_for_only_where_it_matters(page) -> None:
    sigma = page.edit("penalty.sigma")
    sigma.setText("wrong")
    assert not sigma.isVisible()
    assert page.button("start").isEnabled(), "what does not matter cannot be wrong"
    page.choose("penalty.estimator", "finite_difference")
    assert sigma.isVisible()
    assert page.text("penalty.sigma.note") == "Enter a number."


def test_eta_is_a_number_or_one_of_the_papers_by_name(page, train: TrainWorkspace, qtbot: QtBot) -> None:
    eta = page.combo("penalty.eta")
    for text in ("0.125", "paper-text", "paper-code"):
        page.type(eta.lineEdit(), text)
        assert str(train.page.form.config.penalty.eta) == text
    assert page.text("penalty.eta.note") == "0.001953 in orthonormal coordinates"
    page.type(eta.lineEdit(), "papers")
    assert page.text("penalty.eta.note") == "Enter a number, paper-text, or paper-code."


def test_own_images_are_looked_for_on_the_disk(
    page, train: TrainWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    page.choose("data.kind", "folder")
    path = page.edit("data.path")
    assert path.isVisible()
    assert not page.edit("data.count").isVisible()
    assert page.text("data.path.note") == "Choose a folder or zip of images."
    path.setText(str(tmp_path / "nowhere"))
    qtbot.waitUntil(lambda: page.text("data.path.note") == "There is no folder or file of this name.")
    assert not page.button("start").isEnabled()
    path.setText(str(tmp_path))
    qtbot.waitUntil(lambda: page.text("data.path.note") == "There are no images in it.")
    (tmp_path / "photos").mkdir()
    photographs(tmp_path / "photos", 3)
    path.setText(str(tmp_path / "photos"))
    qtbot.waitUntil(lambda: page.text("data.path.note") == "3 images.")
    assert train.page.form.config is None, "too few for a batch"


def test_what_will_be_left_out_is_said_before_the_start(page, qtbot: QtBot, tmp_path: Path) -> None:
    photographs(tmp_path, 2)
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "phone.heic").write_bytes(b"heic")
    page.choose("data.kind", "folder")
    page.edit("data.path").setText(str(tmp_path))
    qtbot.waitUntil(lambda: page.text("data.path.note").startswith("2 images. Left out: 2 files: "))
    assert "empty file (empty.jpg)" in page.text("data.path.note")
    assert "HEIC images are not read; save it as JPEG or PNG (phone.heic)" in page.text("data.path.note")


def test_a_folder_of_which_nothing_can_be_used_is_refused_with_the_reason(
    page, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "empty.jpg").write_bytes(b"")
    page.choose("data.kind", "folder")
    page.edit("data.path").setText(str(tmp_path))
    qtbot.waitUntil(lambda: "0 images. Left out: 1 file: 1 × empty file" in page.text("data.path.note"))
    assert not page.button("start").isEnabled()


def test_more_images_than_a_folder_holds_are_refused_where_they_are_asked_for(
    page, train: TrainWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    photographs(tmp_path, 24)
    page.choose("data.kind", "folder")
    page.edit("data.path").setText(str(tmp_path))
    page.type(page.edit("schedule.held_out"), "99999")
    qtbot.waitUntil(lambda: "(99,999) leaves none of the 24 images" in page.text("schedule.held_out.note"))
    assert not page.button("start").isEnabled()
    page.type(page.edit("schedule.held_out"), "3")
    assert page.text("schedule.held_out.note") == ""
    page.type(page.edit("schedule.batch_size"), "22")
    assert "more than the 21 images to train on" in page.text("schedule.batch_size.note")
    page.type(page.edit("schedule.batch_size"), "8")
    assert page.button("start").isEnabled()


def test_a_folder_is_dropped_on_its_field(page, train: TrainWorkspace, tmp_path: Path, drop_on: Any) -> None:
    page.choose("data.kind", "folder")
    assert drop_on(page.edit("data.path"), tmp_path)
    assert train.page.form.config.data.path == tmp_path


def test_a_folder_dropped_anywhere_on_the_form_is_trained_on(
    page, train: TrainWorkspace, tmp_path: Path, drop_on: Any
) -> None:
    (tmp_path / "notes.txt").write_text("no images")
    assert not drop_on(train.page.form, tmp_path / "notes.txt")
    assert drop_on(train.page.form, tmp_path)
    assert drop_on(page.edit("save_to"), tmp_path / "here")
    assert page.edit("save_to").text() == str(tmp_path / "here")
    page.edit("save_to").clear()
    assert page.combo("data.kind").currentData() == "folder"
    assert train.page.form.config.data.path == tmp_path


def test_browsing_for_images_does_not_hold_up_the_window(page, train: TrainWorkspace, tmp_path: Path) -> None:
    page.choose("data.kind", "folder")
    train.findChild(QToolButton, "train.data.path.browse").menu().actions()[0].trigger()
    dialog = train.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path))
    dialog.close()
    assert page.edit("data.path").text() == str(tmp_path)


def test_a_folder_in_use_is_refused_for_a_run(
    page, train: TrainWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_text("mine")
    page.edit("save_to").setText(str(tmp_path))
    qtbot.waitUntil(lambda: page.text("save_to.note") == "This folder is not empty; choose a new one.")
    assert not page.button("start").isEnabled()
    page.edit("save_to").setText(str(tmp_path / "new"))
    qtbot.waitUntil(lambda: page.button("start").isEnabled())
    assert train.page.form.target(train.page.form.config) == tmp_path / "new"


def test_without_a_folder_the_run_gets_one_named_after_it(
    page, train: TrainWorkspace, tmp_path: Path
) -> None:
    page.edit("name").setText("my run / η")
    target = train.page.form.target(train.page.form.config)
    assert target.parent == tmp_path / "runs"
    assert target.name.startswith("my-run-η-")


def test_only_devices_of_this_machine_are_offered(page, qtbot: QtBot) -> None:
    device = page.combo("schedule.device")
    wanted = {"auto", *available_devices()}
    qtbot.waitUntil(lambda: {device.itemData(i) for i in range(device.count())} == wanted)


def test_a_device_that_is_not_there_is_refused(page, train: TrainWorkspace, qtbot: QtBot) -> None:
    missing = next(name for name in ("mps", "cuda") if name not in available_devices())
    train.page.form.fields["schedule.device"].set_value(missing)
    page.edit("schedule.steps").setText("10")
    qtbot.waitUntil(lambda: page.text("schedule.device.note") != "")
    assert page.text("schedule.device.note") == f"This machine has no {missing}; choose Automatic."
    assert not page.button("start").isEnabled()


def test_the_form_is_remembered_right_or_wrong(page, train: TrainWorkspace, settings: QSettings) -> None:
    page.edit("schedule.steps").setText("123")
    page.edit("model.latent").setText("none")
    train.findChild(QToolButton, "train.section.logging.heading").click()
    train.save_state(settings)
    page.edit("schedule.steps").setText("9")
    page.edit("model.latent").setText("9")
    train.findChild(QToolButton, "train.section.logging.heading").click()
    train.restore_state(settings)
    assert page.edit("schedule.steps").text() == "123"
    assert page.text("model.latent.note") == "Enter a whole number."
    assert page.edit("logging.metrics_every").isVisible()


def test_damaged_settings_leave_the_form_as_it_is(train: TrainWorkspace, settings: QSettings) -> None:
    for damaged in ("", "{", "[]", '{"values": 3, "folded": {}, "preset": 1}'):
        settings.setValue("form", damaged)
        settings.setValue("plots", "no layout")
        train.restore_state(settings)
        assert train.page.form.config == load_preset(preset_names(["autoencoder-pair"])[0])


def test_every_control_says_what_it_is_and_what_it_does(page, train: TrainWorkspace) -> None:
    for heading in train.findChildren(QToolButton):
        if heading.objectName().endswith("heading") and "unfolded" not in heading.accessibleName():
            heading.click()
    page.choose("data.kind", "folder")
    page.choose("penalty.estimator", "finite_difference")
    silent = [
        f"{control.objectName() or control!r}"
        for kind in (QLineEdit, QComboBox, QAbstractButton, QSlider)
        for control in train.findChildren(kind)
        if control.isVisible()
        and control.objectName()[:3] != "qt_"
        and not (control.objectName() and control.toolTip() and control.accessibleName())
        and not isinstance(control.parent(), QComboBox)
    ]
    assert silent == []


def test_no_two_controls_share_a_mnemonic(train: TrainWorkspace) -> None:
    labels = [label.text() for label in train.findChildren(QLabel) if label.buddy() is not None]
    texts = [*labels, *(b.text() for b in train.findChildren(QPushButton) if b.isVisible())]
    keys = Counter(text[text.index("&") + 1].lower() for text in texts if "&" in text.replace("&&", ""))
    assert [key for key, count in keys.items() if count > 1] == []


def test_tab_leads_through_the_form_from_top_to_bottom(page, train: TrainWorkspace, qtbot: QtBot) -> None:
    page.combo("preset").setFocus()
    visited = []
    for _ in range(6):
        visited.append(train.focusWidget().objectName())
        qtbot.keyClick(train.focusWidget(), Qt.Key.Key_Tab)
    assert visited == [
        "train.preset",
        "train.name",
        "train.section.data.heading",
        "train.data.kind",
        "train.data.count",
        "train.data.seed",
    ]


def test_a_run_with_a_long_name_among_the_presets_leaves_the_form_as_wide(page) -> None:
    form = page.workspace.page.form
    before = form.minimumSizeHint().width()
    form.offer(form.config.model_copy(update={"name": "a rather long name for a run that is on show"}))
    assert form.minimumSizeHint().width() == before


# --- a target rank --------------------------------------------------------------------------------------


def test_a_target_rank_may_be_left_empty_and_says_where_eta_then_comes_from(
    page, train: TrainWorkspace
) -> None:
    assert page.edit("penalty.target_rank").text() == ""
    assert train.page.form.config.penalty.target_rank is None
    assert not page.edit("penalty.adjust_every").isVisible()

    page.type(page.edit("penalty.target_rank"), "17")

    assert train.page.form.config.penalty.target_rank == 17
    assert page.edit("penalty.adjust_every").isVisible()
    assert "where the search for η starts" in page.text("penalty.eta.note")
    assert "effective rank" in page.edit("penalty.target_rank").toolTip()


def test_a_target_rank_that_cannot_be_reached_is_refused_where_it_is_typed(page) -> None:
    for wrong, reason in (
        ("many", "Enter a number."),
        ("1", "Must be more than 1."),
        ("64", "Penalty.target_rank (64) must be less than model.latent (64): the effective rank can be no "),
    ):
        page.type(page.edit("penalty.target_rank"), wrong)

        assert page.text("penalty.target_rank.note").startswith(reason)
        assert not page.button("start").isEnabled()


def test_a_run_with_a_target_shows_its_line_and_the_path_of_eta(
    page, train: TrainWorkspace, qtbot: QtBot
) -> None:
    page.start(penalty__target_rank="3", penalty__adjust_every="1")
    page.wait_for_state("finished")
    page.wait_until_logged(30)
    plots = train.page.plots

    etas = plots.loss.series(("regularised", "eta")).y.tolist()
    assert len(set(etas)) > 5
    assert plots.rank.series("target").y.tolist() == [3, 3]
    assert plots.rank.series("target").x.tolist() == [0, 30]
    found = f"Regularised η = {etas[-1]:.3g} found for rank 3"
    assert found in plots.previews.accessibleDescription()
    assert not any(button.text() == "Eta" for button in train.findChildren(QToolButton))


def test_what_eta_did_to_these_images_before_stands_where_it_is_typed(
    page, train: TrainWorkspace, qtbot: QtBot
) -> None:
    assert "On these images" not in page.text("penalty.eta.note")
    page.start(penalty__target_rank="", save_to="")
    page.wait_for_state("finished")

    qtbot.waitUntil(lambda: "On these images:\nη " in page.text("penalty.eta.note"))
    rank = train.page.plots.rank.series("regularised").y[-1]
    assert f"→ rank {rank:.3g}, " in page.text("penalty.eta.note")
    assert page.text("penalty.eta.note").endswith(" dB (30 steps)")
    page.edit("data.count").setText("65")
    assert "On these images" not in page.text("penalty.eta.note")


def test_another_network_has_settings_of_its_own_and_is_trained(page, train: TrainWorkspace) -> None:
    page.choose("model.kind", "corrected-pca")
    shown = {name for name in train.page.form.fields if name.startswith("model.") and page.edit(name)}
    hidden = {name for name in shown if train.page.form.fields[name].isHidden()}
    assert hidden >= {"model.dct", "model.refinement", "model.decoder_hidden"}
    assert not hidden & {"model.components", "model.layers", "model.squares", "model.hidden"}
    page.edit("model.components").setText("9")
    assert page.text("model.latent.note") == "Latent (64) cannot exceed the components (9)."
    page.start(model__components="16", penalty__target_rank="3")
    page.wait_for_state("finished")
    assert page.offered() >= {"explore"}
