"""A folder denoised in the window: under the files' own names, going on where it was, skipped ones named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from jnn_studio.app.workspaces.denoise.folder.page import FolderPage
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.labs.denoise.denoisers.methods import PENALISED
from jnn_studio.labs.denoise.denoisers.tiling import denoise_photo
from jnn_studio.labs.denoise.noisy.clipping import CutNoise
from jnn_studio.labs.denoise.noisy.noise import to_pixels, to_signed

from .photos import write_photo


@pytest.fixture
def page(show_batch: Callable[[type[FolderPage]], FolderPage]) -> FolderPage:
    return show_batch(FolderPage)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    write_photo(tmp_path / "in" / "a.png", 24, 16)
    write_photo(tmp_path / "in" / "deeper" / "b.png", 16, 24, 1)
    (tmp_path / "in" / "bad.png").write_bytes(b"no picture")
    return tmp_path / "in"


def fill(page: FolderPage, **values: str) -> None:
    page.form.fill(values)


def rows(page: FolderPage) -> dict[str, tuple[str, str]]:
    texts = [
        [page.table.item(row, column).text() for column in range(3)] for row in range(page.table.rowCount())
    ]
    return {name: (noise, result) for name, noise, result in texts}


def run(qtbot: QtBot, page: FolderPage) -> None:
    page.start.click()
    assert page.batch.running
    qtbot.waitUntil(lambda: not page.batch.running)


def test_every_photograph_is_written_under_its_name_and_what_is_skipped_is_named(
    qtbot: QtBot, page: FolderPage, folder: Path, desk: PhotoDesk, tmp_path: Path
) -> None:
    fill(page, source=str(folder), out=str(tmp_path / "out"), sigma="0.5", strength="0.7")
    page.methods.setCurrentIndex(page.methods.findData(PENALISED))
    run(qtbot, page)
    assert rows(page)["bad.png"][1].startswith("not a readable")
    words, written = rows(page)["a.png"]
    assert words.startswith("σ = 0.5")
    assert written == str(tmp_path / "out" / "a.png")
    assert "2 denoised, 0 there already, 1 skipped" in page.note.text()
    given = to_signed(np.asarray(Image.open(folder / "a.png")))
    denoised = CutNoise(0.5).inverse(
        denoise_photo(desk.models[PENALISED].model, given)
    )  # it has black and white
    found = given.lerp(denoised, 0.7)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out" / "a.png")), to_pixels(found))
    # Asked again, it goes on where it was.
    (tmp_path / "out" / "deeper" / "b.png").unlink()
    run(qtbot, page)
    assert rows(page)["a.png"][1] == "was there already"
    assert "1 denoised, 1 there already, 1 skipped" in page.note.text()


def test_stopped_it_keeps_what_there_is_and_goes_on(qtbot: QtBot, page: FolderPage, tmp_path: Path) -> None:
    (tmp_path / "many").mkdir()
    for index in range(40):
        write_photo(tmp_path / "many" / f"{index:02}.png", 16, 16, index)
    fill(page, source=str(tmp_path / "many"), out=str(tmp_path / "out"), sigma="0.5")
    page.start.click()
    qtbot.waitUntil(lambda: page.table.rowCount() > 0)
    page.start.click()
    qtbot.waitUntil(lambda: not page.batch.running)
    written = len(list((tmp_path / "out").iterdir()))
    assert written == page.table.rowCount()
    if written < 40:
        assert "Start goes on where it was" in page.note.text()
    run(qtbot, page)
    assert f"{40 - written:,} denoised, {written:,} there already, 0 skipped" in page.note.text()


def test_nothing_starts_before_it_is_said_what_and_where(page: FolderPage, folder: Path) -> None:
    assert not page.start.isEnabled()
    assert "Choose the photographs" in page.note.text()
    fill(page, source=str(folder), out=str(folder))
    assert not page.start.isEnabled()
    assert "choose another folder" in page.note.text()
    fill(page, source=str(folder / "gone"), out=str(folder / "out"))
    assert "There is no such folder" in page.note.text()
    fill(page, source=str(folder), out=str(folder / "out"), sigma="much")
    assert not page.start.isEnabled()
    fill(page, sigma="estimated")
    assert page.start.isEnabled()
