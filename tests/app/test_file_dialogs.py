"""Names proposed for files."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.file_dialogs import ask_new_file, ask_where_to_save, file_name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Singular values", "singular-values"),
        ("σᵢ / σ₁ of the encoder", "σᵢ-σ₁-of-the-encoder"),
        ("Unregularised · η = 0", "unregularised-η-0"),
        ("../..", "untitled"),
    ],
)
def test_a_title_becomes_a_file_name(title: str, name: str) -> None:
    assert file_name(title) == name


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    page = QWidget()
    qtbot.addWidget(page)
    page.show()
    return page


def answer(page: QWidget, path: Path) -> QMessageBox | None:
    """Type a path into the dialog that is open; the question that comes of it."""
    dialog = page.findChild(QFileDialog)
    dialog.selectFile(str(path))
    dialog.accept()
    return page.findChild(QMessageBox, "write_box")


class TestEndings:
    @pytest.mark.parametrize(
        ("typed", "written"),
        [
            ("walk", "walk.png"),
            ("walk 0.1", "walk 0.1.png"),
            ("loss η 0.5", "loss η 0.5.png"),
            ("a.PNG", "a.PNG"),
            ("a.b.png", "a.b.png"),
            ("1.5 to 2.5", "1.5 to 2.5.png"),
        ],
    )
    def test_a_name_keeps_its_points_and_gets_the_ending_it_lacks(
        self, page: QWidget, tmp_path: Path, typed: str, written: str
    ) -> None:
        ask_where_to_save(page, "plot", "plot", "PNG picture", "png", lambda path: path.write_text("x"))
        assert answer(page, tmp_path / typed) is None
        assert [path.name for path in tmp_path.iterdir()] == [written]

    def test_the_ending_of_another_kind_is_told_before_anything_is_written(
        self, page: QWidget, tmp_path: Path
    ) -> None:
        chosen: list[Path] = []
        ask_new_file(page, "Save picture", "PNG pictures (*.png)", ".png", chosen.append)
        box = answer(page, tmp_path / "loss.jpg")
        assert box is not None
        assert "“loss.jpg” does not end in .png: it becomes “loss.jpg.png”." in box.informativeText()
        assert chosen == []
        box.findChild(QPushButton, "write_box.write").click()
        assert chosen == [tmp_path / "loss.jpg.png"]

    def test_one_of_several_endings_stays(self, page: QWidget, tmp_path: Path) -> None:
        chosen: list[Path] = []
        kinds = (".gif", ".mp4")
        for name in ("film.mp4", "film 0.5"):
            ask_new_file(page, "Export", "Films (*.gif *.mp4)", ".gif", chosen.append, others=kinds)
            assert answer(page, tmp_path / name) is None
            page.findChild(QFileDialog).setParent(None)
        assert chosen == [tmp_path / "film.mp4", tmp_path / "film 0.5.gif"]

    def test_replacing_is_asked_of_the_file_that_would_be_written(
        self, page: QWidget, tmp_path: Path
    ) -> None:
        (tmp_path / "walk 0.1.png").write_text("old")
        ask_where_to_save(page, "plot", "plot", "PNG picture", "png", lambda path: path.write_text("new"))
        box = answer(page, tmp_path / "walk 0.1")
        assert box is not None
        assert "There is a file “walk 0.1.png” already" in box.informativeText()
        box.reject()
        assert (tmp_path / "walk 0.1.png").read_text() == "old"

    def test_the_name_proposed_keeps_its_points(self, page: QWidget, tmp_path: Path) -> None:
        ask_where_to_save(page, "plot", "loss η 0.5", "PNG picture", "png", lambda path: None)
        dialog = page.findChild(QFileDialog)
        assert [Path(path).name for path in dialog.selectedFiles()] == ["loss η 0.5.png"]
        dialog.reject()
