"""Runs that cannot be trained say why and what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.workspaces.train.workspace import TrainWorkspace


def test_a_folder_without_images_says_so_and_leaves_the_form_as_it_was(
    page, train: TrainWorkspace, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    page.choose("data.kind", "folder")
    page.start(data__path=str(tmp_path / "empty"))
    page.wait_for_state("failed")
    assert "There is no image file" in page.message()
    assert page.message("title") == "“small” failed"
    page.wait_for_offered({"open"})  # nothing to resume or to explore, and another folder is to be given
    assert train.page.form.values["data.path"] == str(tmp_path / "empty")


def test_a_learning_rate_too_high_says_at_which_step_and_in_which_term(page) -> None:
    page.start(optimiser__learning_rate="1e30")
    page.wait_for_state("failed")
    assert "at step" in page.message()
    assert "Lower the learning rate" in page.message()
    assert "last good checkpoint" in page.message()
    assert page.text("state") == "Failed “small”"
    assert "resume" in page.offered()


def test_a_folder_that_cannot_be_written_is_a_failure_with_foldable_details(
    page, train: TrainWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    page.start(save_to=str(tmp_path / "file" / "run"))
    page.wait_for_state("failed")
    assert "cannot write a run" in page.message()
    details = train.page.message.details
    assert not details.isVisible()
    qtbot.mouseClick(train.page.message.findChild(QToolButton, "message.unfold"), Qt.MouseButton.LeftButton)
    assert "RunFolderError" in details.toPlainText()
    assert details.isVisible()


def test_files_that_give_no_image_are_told(page, train: TrainWorkspace, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(24):
        pixels = rng.integers(0, 255, (20, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number:02d}.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    page.choose("data.kind", "folder")
    page.start(data__path=str(tmp_path), save_to=str(tmp_path.parent / "run"))
    page.wait_for_state("finished")
    assert page.text("notes").startswith("1 of 25 files gave no image; the first is broken.png")
    assert train.findChild(QLabel, "train.notes").isVisible()
