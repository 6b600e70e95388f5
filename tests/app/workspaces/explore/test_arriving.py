"""What other programs hand over: files, pictures, and addresses, which are never fetched."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from jnn_studio.app.arriving import NOTHING, REMOTE, arrival_of, can_arrive
from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
from jnn_studio.explore.state import FileImage

ADDRESS = "https://example.org/face.png"


def encoded(kind: str = "PNG", colour: tuple[int, int, int] = (200, 40, 90)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (70, 50), colour).save(buffer, kind)
    return buffer.getvalue()


def remote() -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl(ADDRESS)])
    return mime


def wait_for_base(explore: ExploreWorkspace, qtbot: QtBot) -> Path:
    qtbot.waitUntil(
        lambda: isinstance(explore.desk.state.base.image, FileImage) and explore.desk.settled, timeout=20_000
    )
    return explore.desk.state.base.image.path


def test_a_picture_dropped_from_a_browser_becomes_the_base_and_its_address_is_not_looked_at(
    explore: ExploreWorkspace, qtbot: QtBot, drop_on: Any
) -> None:
    mime = remote()
    mime.setData("image/png", encoded())
    assert drop_on(explore, mime)
    path = wait_for_base(explore, qtbot)
    assert path.parent == explore.context.data_folder / "pasted"
    assert path.read_bytes() == encoded(), "as it came"
    assert np.abs(explore.desk.scene.original.reshape(-1, 3).mean(axis=0) - (200, 40, 90)).max() < 2


def test_an_address_alone_is_refused_with_a_sentence(
    explore: ExploreWorkspace, qtbot: QtBot, drop_on: Any
) -> None:
    before = explore.desk.state
    assert not drop_on(explore, remote())
    qtbot.waitUntil(explore.message.isVisible)
    assert explore.message.text.text() == REMOTE
    assert "nothing is fetched" in REMOTE
    assert explore.desk.state == before


def test_the_clipboard_is_pasted(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.blue)
    QGuiApplication.clipboard().setImage(image)
    paste = next(action for action in explore.commands() if action.objectName() == "explore.paste")
    assert "Ctrl+V" in [key.toString() for key in paste.shortcuts()]
    paste.trigger()
    path = wait_for_base(explore, qtbot)
    assert path.suffix == ".png"
    assert explore.desk.scene.original[..., 2].min() > 250
    again = explore.desk.state
    paste.trigger()
    qtbot.wait(100)
    assert explore.desk.state == again, "the same picture is the same file"


def test_a_file_on_the_clipboard_is_opened_as_if_dropped(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "mine.jpg"
    path.write_bytes(encoded("JPEG"))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    QGuiApplication.clipboard().setMimeData(mime)
    explore.asking.paste()
    assert wait_for_base(explore, qtbot) == path
    QGuiApplication.clipboard().clear()  # what Python made must not be there when it ends


def test_a_damaged_picture_is_refused(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    mime = QMimeData()
    mime.setData("image/png", encoded()[:40])
    before = explore.desk.state
    explore.asking.take_arrived(mime)
    qtbot.waitUntil(explore.message.isVisible)
    assert explore.message.title.text() == "Cannot open the picture"
    assert explore.desk.state == before
    assert not (explore.context.data_folder / "pasted").exists()


@pytest.mark.parametrize("text", [ADDRESS, "data:image/png;base64,AAAA"])
def test_an_address_as_text_is_refused_too(text: str) -> None:
    mime = QMimeData()
    mime.setText(text)
    assert arrival_of(mime).refusal == REMOTE


def test_words_are_no_picture() -> None:
    mime = QMimeData()
    mime.setText("hello")
    assert arrival_of(mime).refusal == NOTHING
    assert not can_arrive(mime), "nor are they taken when dropped"


def test_a_local_file_comes_before_the_picture_that_a_file_manager_sends_along(tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.png"))])
    mime.setData("image/png", encoded())
    assert arrival_of(mime).path == tmp_path / "a.png"
