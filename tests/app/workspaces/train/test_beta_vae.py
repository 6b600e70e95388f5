"""A β-VAE is trained in the window: its settings, its terms, its words, and on to Explore."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from jnn_studio.app.workspaces.train.workspace import TrainWorkspace
from jnn_studio.explore.columns.open_models import open_models
from jnn_studio.models.beta_vae import BetaVAE
from jnn_studio.training.configuration.presets import load_preset, preset_names

SMALL = {
    "name": "small",
    "data.count": "48",
    "model.size": "32",
    "model.latent": "4",
    "model.widths": "4, 4, 4, 4, 4",
    "schedule.steps": "12",
    "schedule.batch_size": "8",
    "schedule.held_out": "6",
    "logging.metrics_every": "2",
    "logging.spectrum_every": "4",
    "logging.preview_every": "6",
    "logging.checkpoint_every": "4",
}
TERMS = {
    "total": ("Total", "Total loss"),
    "reconstruction": ("Reconstruction", "Squared error per colour value"),
    "kl": ("KL", "KL divergence per image in nats"),
    "held_out_psnr": ("PSNR", "Held-out PSNR in dB"),
}


@pytest.fixture
def small(page) -> None:
    """A tiny β-VAE is in the form."""
    page.choose_preset("beta-vae-quick")
    for name, text in SMALL.items():
        page.edit(name).setText(text)


def test_every_preset_of_it_can_be_chosen_and_started(page, train: TrainWorkspace) -> None:
    for name in preset_names(["beta-vae"]):
        page.choose_preset(name)

        assert train.page.form.config == load_preset(name)
        assert page.text("edited") == ""
        assert page.button("start").isEnabled()


def test_its_settings_stand_where_a_pairs_stood(page, train: TrainWorkspace) -> None:
    page.choose_preset("beta-vae-quick")

    assert page.edit("divergence.beta").isVisible()
    assert page.combo("penalty.eta") is None
    assert page.text("figures") == (
        "Choose what to train, then press Start. The β-VAE learns alone, to be compared with a pair."
    )
    assert page.button("start").toolTip().startswith("Train the β-VAE with the settings of the form")
    page.edit("model.widths").setText("8, 8, 8")
    assert page.text("model.widths.note").startswith("Enter five whole numbers")

    page.choose_preset("faces-quick")
    assert page.edit("divergence.beta") is None
    assert "only η differs" in page.text("figures")


def test_its_terms_are_plotted_with_names_and_units(
    page, small: None, train: TrainWorkspace, qtbot: QtBot
) -> None:
    page.click("start")
    page.wait_for_state("finished")
    loss = train.page.plots.loss
    qtbot.waitUntil(lambda: [*loss.series(("beta_vae", "total")).x][-1:] == [12])
    for term, (label, axis) in TERMS.items():
        button = loss.findChild(QAbstractButton, f"train.loss.term.{term}")
        assert button.text() == label
        button.click()
        assert loss.canvas.y_axis.labelText == axis
    assert [*loss.series(("beta_vae", "kl")).x] == [2, 4, 6, 8, 10, 12]
    assert [*loss.series(("beta_vae", "held_out_psnr")).x] == [0, 6, 12]
    assert [*train.page.plots.rank.series("beta_vae").x] == [0, 4, 8, 12]
    qtbot.waitUntil(lambda: train.page.plots.previews.step == 12)
    words = train.page.plots.previews.accessibleDescription()
    assert "β-VAE β = 10,  " in words
    assert "dB PSNR" in words
    assert "nan" not in words


def test_it_is_stopped_resumed_opened_beside_a_pair_and_handed_to_explore(
    page, small: None, train: TrainWorkspace, qtbot: QtBot
) -> None:
    page.edit("schedule.steps").setText(page.ENDLESS)
    page.click("start")
    path = page.status.feed.path
    page.wait_for_step(4)
    page.click("stop")
    page.wait_for_state("stopped")
    stopped = page.status.step
    page.click("resume")
    page.wait_for_step(stopped + 2)
    page.click("stop")
    page.wait_for_state("stopped")

    page.choose_preset("faces-quick")
    page.start(name="pair")
    page.wait_for_state("finished")
    page.wait_until_logged(30)
    assert page.curves()["penalty regularised"][0][-1] == 30
    train.page.open_run(path)
    qtbot.waitUntil(lambda: page.status.feed.path == path)
    page.wait_for_state("stopped")
    loss = train.page.plots.loss
    qtbot.waitUntil(lambda: len(loss.series(("beta_vae", "kl"))) > 1)
    page.wait_for_offered({"start", "resume", "explore", "open"})
    with qtbot.waitSignal(train.context.explore_requested) as asked:
        page.click("explore")
    assert asked.args == [path]
    assert isinstance(open_models(path)[0].model, BetaVAE)


def test_a_form_remembered_before_there_were_kinds_is_a_pairs(
    page, train: TrainWorkspace, settings: QSettings
) -> None:
    settings.setValue(
        "form",
        '{"preset": "faces", "values": {"schedule.steps": "77", "penalty.eta": "0.25", "save_to": ""}, '
        '"folded": {"logging": false}}',
    )
    page.choose_preset("beta-vae-quick")

    train.restore_state(settings)

    assert page.combo("preset").currentText() == "faces"
    assert train.page.form.config.schedule.steps == 77
    assert train.page.form.config.penalty.eta == 0.25
    assert page.edit("logging.metrics_every").isVisible()


def test_every_control_of_it_says_what_it_is_and_what_it_does(page, small: None) -> None:
    form = page.workspace.page.form
    for kind in (QLineEdit, QComboBox):
        for control in form.findChildren(kind):
            if control.objectName().startswith("train."):
                assert control.toolTip(), control.objectName()
                assert control.accessibleName(), control.objectName()
    labels = [label.text() for label in form.findChildren(QLabel) if label.buddy() is not None]
    keys = [text[text.index("&") + 1].lower() for text in labels if "&" in text]
    assert len(set(keys)) == len(keys)
