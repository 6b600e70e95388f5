"""The Images dock: search, filters, orders measured while everything else goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.explore.gallery.panel import Gallery
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.folder import FolderSource
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.collection.catalogue import Filter, Picked
from jnn_studio.explore.collection.gallery import Survey, Surveyor
from jnn_studio.models.autoencoder import build
from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.models.weights import LoadedModel

COUNT = 150


@dataclass(frozen=True)
class Attributes:
    names: tuple[str, ...]
    values: np.ndarray
    binary: tuple[bool, ...]


def survey(loaded: LoadedModel, source: ImageSource) -> Survey:
    """All of ``source``."""
    surveyor = Surveyor(loaded, source)
    while not (found := surveyor.advance()).complete:
        pass
    return found


def network(seed: int, **info: str) -> LoadedModel:
    config = AutoencoderConfig(size=16, dct=8, hidden=24, latent=6)
    return LoadedModel(build(config, seed).eval().requires_grad_(False), f"network {seed}", info)


@pytest.fixture
def faces() -> FaceSource:
    return FaceSource(COUNT, 16)


@pytest.fixture
def gallery(qtbot: QtBot, settings: QSettings, faces: FaceSource) -> Iterator[Gallery]:
    context = AppContext(settings)
    made = Gallery(context)
    made.resize(300, 500)
    made.show()
    made.set_source(faces, FacesConfig(count=COUNT))
    made.set_models([("a", "First", "model-1", network(0)), ("b", "Second", "model-2", network(1))])
    qtbot.waitUntil(made.bar.filter.isEnabled)
    yield made
    context.close()
    made.hide()
    made.deleteLater()


def shown(gallery: Gallery) -> list[int]:
    model = gallery.images.model()
    return [model.image_at(row) for row in range(model.rowCount())]


def wait_for(qtbot: QtBot, gallery: Gallery, expected: list[int]) -> None:
    qtbot.waitUntil(lambda: shown(gallery) == expected)


def test_at_first_all_images_are_there_in_their_order(gallery: Gallery) -> None:
    assert shown(gallery) == list(range(COUNT))
    assert gallery.bar.count.text() == "150 images"
    assert not gallery.bar.progress.isVisible()


def test_typing_searches_names(gallery: Gallery, qtbot: QtBot) -> None:
    qtbot.keyClicks(gallery.bar.search, "14")
    wait_for(qtbot, gallery, [14, 114, *range(140, 150)])
    assert gallery.bar.count.text() == "12 of 150"


def test_a_factor_is_filtered_and_its_chip_takes_the_filter_away(
    gallery: Gallery, faces: FaceSource, qtbot: QtBot
) -> None:
    menu = gallery.bar.filter.menu()
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == "smile…").trigger()
    editor = gallery.bar.editor
    assert editor.isVisible()
    editor.low.setValue(0.5)
    qtbot.keyClick(editor.low, Qt.Key.Key_Return)
    smile = faces.factors(range(COUNT))[:, faces.factor_names.index("smile")].numpy()
    wait_for(qtbot, gallery, np.flatnonzero(smile >= 0.5).tolist())
    assert not editor.isVisible()
    chip = gallery.findChild(QPushButton, "explore.gallery.chip.0")
    assert chip.text().startswith("smile ≥ 0.5")
    chip.click()
    wait_for(qtbot, gallery, list(range(COUNT)))


def test_a_range_cannot_be_upside_down(gallery: Gallery, qtbot: QtBot) -> None:
    editor = gallery.bar.editor
    editor.edit(gallery.bar._facets["smile"])
    editor.operator.setCurrentText("between")
    editor.high.setValue(0.25)
    editor.low.setValue(0.5)
    assert editor.high.value() == 0.5
    with qtbot.waitSignal(editor.asked) as asked:
        editor.add.click()
    assert asked.args == [Filter("smile", 0.5, 0.5)]


def test_yes_or_no_attributes_of_a_table(gallery: Gallery, qtbot: QtBot) -> None:
    photos = FolderSource("photos", np.zeros((4, 3, 16, 16), np.uint8), ["a.png", "b.png", "c.png", "d.png"])
    gallery.set_source(photos, FolderConfig(path="/photos"))
    gallery.set_table(Attributes(("Male",), np.array([[1.0], [-1], [np.nan], [1]]), (True,)))
    menu = gallery.bar.filter.menu()

    def entry() -> object:
        menu.aboutToShow.emit()
        return next((action for action in menu.actions() if action.text() == "Male"), None)

    qtbot.waitUntil(lambda: entry() is not None)
    yes, no = entry().menu().actions()
    yes.trigger()
    wait_for(qtbot, gallery, [0, 3])
    assert gallery.findChild(QPushButton, "explore.gallery.chip.0").text().startswith("Male: yes")
    menu.aboutToShow.emit()
    no = entry().menu().actions()[1]
    no.trigger()
    wait_for(qtbot, gallery, [1])


def test_a_folder_without_a_table_offers_to_open_one(gallery: Gallery, qtbot: QtBot) -> None:
    photos = FolderSource("photos", np.zeros((2, 3, 16, 16), np.uint8), ["a.png", "b.png"])
    gallery.set_source(photos, FolderConfig(path="/photos"))
    menu = gallery.bar.filter.menu()
    menu.aboutToShow.emit()
    with qtbot.waitSignal(gallery.table_asked):
        menu.actions()[-1].trigger()


def test_nothing_found_says_what_to_do(gallery: Gallery, qtbot: QtBot) -> None:
    gallery.bar.search.setText("nobody")
    clear = gallery.findChild(QPushButton, "explore.gallery.clear_here")
    qtbot.waitUntil(clear.isVisible)
    assert gallery.bar.count.text() == "0 of 150"
    clear.click()
    wait_for(qtbot, gallery, list(range(COUNT)))
    assert gallery.bar.search.text() == ""
    assert not clear.isVisible()


@pytest.mark.parametrize("name", ["worst", "best"])
def test_images_are_ordered_by_their_reconstruction(
    gallery: Gallery, faces: FaceSource, qtbot: QtBot, name: str
) -> None:
    psnr = survey(network(0), faces).psnr
    gallery.findChild(QWidget, "explore.gallery.order").menu().aboutToShow.emit()
    next(a for a in gallery.actions() if a.objectName() == f"explore.gallery.{name}").trigger()
    wait_for(qtbot, gallery, np.argsort(-psnr if name == "best" else psnr, kind="stable").tolist())
    assert gallery.bar.note.text() == "PSNR in dB, First"
    qtbot.waitUntil(lambda: not gallery.bar.progress.isVisible())


def test_another_model_gives_another_order(gallery: Gallery, faces: FaceSource, qtbot: QtBot) -> None:
    gallery.order_by("worst")
    menu = gallery.bar.order.menu()
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == "Second").trigger()
    wait_for(qtbot, gallery, np.argsort(survey(network(1), faces).psnr, kind="stable").tolist())
    assert gallery.bar.note.text() == "PSNR in dB, Second"


def test_neighbours_stay_those_of_the_image_asked_about(
    gallery: Gallery, faces: FaceSource, qtbot: QtBot
) -> None:
    found = survey(network(0), faces)
    gallery.show_current(5)
    gallery.order_by("nearest")
    expected = np.argsort(found.distances(found.latents[5]), kind="stable").tolist()
    wait_for(qtbot, gallery, expected)
    assert gallery.bar.note.text() == "Distance from face 5, First"
    gallery.show_current(expected[1])
    gallery.add_filter(Filter("smile", low=-1))
    qtbot.wait(50)
    assert shown(gallery) == expected, "looking at a neighbour leaves them where they are"


def test_neighbours_of_the_moved_image(gallery: Gallery, faces: FaceSource, qtbot: QtBot) -> None:
    found = survey(network(0), faces)
    gallery.set_moved({"a": found.latents[9], "b": np.zeros(6, np.float32)})
    gallery.order_by("nearest_moved")
    wait_for(qtbot, gallery, np.argsort(found.distances(found.latents[9]), kind="stable").tolist())


def test_what_cannot_be_asked_now_cannot_be_pressed(gallery: Gallery) -> None:
    actions = {action.objectName(): action for action in gallery.actions()}
    assert not actions["explore.gallery.nearest"].isEnabled(), "no image is in view"
    assert not actions["explore.gallery.nearest_moved"].isEnabled()
    gallery.order_by("nearest")
    assert gallery.query.order == "file"
    gallery.show_current(3)
    assert actions["explore.gallery.nearest"].isEnabled()
    gallery.set_models([])
    assert not actions["explore.gallery.worst"].isEnabled()


def test_a_filter_goes_with_an_order(gallery: Gallery, faces: FaceSource, qtbot: QtBot) -> None:
    gallery.order_by("best")
    gallery.bar.search.setText("14")
    kept = np.array([14, 114, *range(140, 150)])
    psnr = survey(network(0), faces).psnr[kept]
    wait_for(qtbot, gallery, kept[np.argsort(-psnr, kind="stable")].tolist())


def test_newer_weights_of_a_run_leave_the_order_until_it_is_asked_for_again(
    gallery: Gallery, faces: FaceSource, qtbot: QtBot
) -> None:
    old, new = network(2, run="r", member="m", step="1"), network(3, run="r", member="m", step="2")
    before, after = (np.argsort(survey(m, faces).psnr, kind="stable").tolist() for m in (old, new))
    gallery.set_models([("a", "Live", "model-1", old)])
    gallery.order_by("worst")
    wait_for(qtbot, gallery, before)
    gallery.set_models([("a", "Live", "model-1", new)])
    qtbot.waitUntil(lambda: "earlier step" in gallery.bar.note.text())
    assert shown(gallery) == before
    gallery.order_by("worst")
    wait_for(qtbot, gallery, after)
    assert "earlier" not in gallery.bar.note.text()


def test_another_source_begins_anew(gallery: Gallery, qtbot: QtBot) -> None:
    gallery.bar.search.setText("14")
    gallery.order_by("worst")
    gallery.set_source(FaceSource(20, 16, seed=1), FacesConfig(count=20))
    wait_for(qtbot, gallery, list(range(20)))
    assert gallery.query.is_everything
    assert gallery.query.order == "file"
    assert gallery.bar.search.text() == ""


def test_a_measurement_that_fails_is_told(
    gallery: Gallery, faces: FaceSource, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(indices: object, device: str = "cpu") -> object:
        raise OSError("the disk is gone")

    monkeypatch.setattr(faces, "images", broken)
    gallery.order_by("worst")
    qtbot.waitUntil(lambda: "the disk is gone" in gallery.bar.note.text())
    assert gallery.bar.note.property("tone") == "danger"


def test_everything_fits_a_narrow_dock(gallery: Gallery) -> None:
    assert gallery.minimumSizeHint().width() <= 170


def test_every_control_says_what_it_does(gallery: Gallery) -> None:
    bar = gallery.bar
    editor = bar.editor
    for control in (bar.search, bar.filter, bar.order, editor.operator, editor.low, editor.high, editor.add):
        assert control.toolTip()
        assert control.accessibleName()
        assert control.objectName().startswith("explore.gallery.")


def people(count: int, each: int = 2) -> FolderSource:
    """Grey photographs, a folder a person."""
    labels = [f"person{person:04}/{number}.png" for person in range(count) for number in range(each)]
    return FolderSource("people", np.zeros((len(labels), 3, 16, 16), np.uint8), labels)


def test_folders_are_a_filter_without_any_table(gallery: Gallery, qtbot: QtBot) -> None:
    gallery.set_source(people(5), FolderConfig(path="/people"))
    menu = gallery.bar.filter.menu()

    def entry() -> object:
        menu.aboutToShow.emit()
        return next((action for action in menu.actions() if action.text() == "folder"), None)

    qtbot.waitUntil(lambda: entry() is not None)
    entry().menu().actions()[3].trigger()
    wait_for(qtbot, gallery, [6, 7])
    assert gallery.findChild(QPushButton, "explore.gallery.chip.0").text().startswith("folder: person0003")


def test_one_of_thousands_of_folders_is_found_by_its_name(gallery: Gallery, qtbot: QtBot) -> None:
    gallery.set_source(people(3000), FolderConfig(path="/people"))
    menu = gallery.bar.filter.menu()

    def entry() -> object:
        menu.aboutToShow.emit()
        return next((action for action in menu.actions() if action.text() == "folder…"), None)

    qtbot.waitUntil(lambda: entry() is not None)
    entry().trigger()
    editor = gallery.bar.categories
    assert editor.isVisible()
    assert editor.list.model().rowCount() == 3000
    qtbot.keyClicks(editor.search, "1234")
    assert [editor.list.model().index(row, 0).data() for row in range(editor.list.model().rowCount())] == [
        "person1234  (2)"
    ]
    qtbot.keyClick(editor.search, Qt.Key.Key_Return)
    wait_for(qtbot, gallery, [2468, 2469])
    assert not editor.isVisible()
    entry().trigger()
    qtbot.keyClick(editor.search, Qt.Key.Key_Escape)
    assert not editor.isVisible()


def test_what_was_picked_elsewhere_is_kept_to_until_its_chip_is_pressed(
    gallery: Gallery, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(gallery.selection_changed) as told:
        gallery.pick(Picked("Lasso", np.array([12, 3])))
    wait_for(qtbot, gallery, [3, 12])
    assert told.args[0].tolist() == [3, 12]
    chip = gallery.findChild(QPushButton, "explore.gallery.chip.picked")
    assert chip.text().startswith("Lasso: 2 images")
    with qtbot.waitSignal(gallery.selection_changed) as told:
        chip.click()
    wait_for(qtbot, gallery, list(range(COUNT)))
    assert told.args == [None]
