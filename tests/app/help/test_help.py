"""Help: the manual, what a control is, keys, the tour, a report."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt, QUrl
from PySide6.QtGui import QAction, QGuiApplication, QHelpEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QListWidget,
    QSlider,
    QTextBrowser,
    QToolButton,
    QTreeWidget,
    QWhatsThis,
    QWidget,
)
from pytestqt.qtbot import QtBot

from jnn_studio.app.help.control_help import names_around, words_about
from jnn_studio.app.help.manual import NEWS, plain_words, read_manual, search
from jnn_studio.app.help.places import PLACES, Place, place_of
from jnn_studio.app.help.tour import STOPS
from jnn_studio.app.window import MainWindow


def trigger(window: MainWindow, name: str) -> None:
    window.findChild(QAction, f"action_{name}").trigger()


def open_manual(window: MainWindow, qtbot: QtBot) -> QTextBrowser:
    trigger(window, "manual")
    page = window.findChild(QTextBrowser, "manual.page")
    qtbot.waitUntil(lambda: "Using JNN Studio" in page.toPlainText())
    return page


def first_line(page: QTextBrowser) -> str:
    """The line that stands at the top of what is seen."""
    return page.cursorForPosition(QPoint(40, 16)).block().text()


def test_every_part_of_the_manual_that_a_control_names_is_there(window: MainWindow) -> None:
    for spec in window._specs:
        window.workspace(spec.title)
    trigger(window, "preferences")
    controls = {widget.objectName() for widget in window.findChildren(QWidget)}
    pages = {page.name: page for page in read_manual()}
    for name, place in PLACES.items():
        assert any(control == name or control.startswith(f"{name}.") for control in controls), name
        text = "\n".join(map(plain_words, pages[place.page].text.split("\n")))
        assert any(line.startswith(place.words) for line in text.split("\n")), f"{name}: {place.words}"


def test_paragraphs_are_found_by_their_words_in_any_order() -> None:
    pages = read_manual()
    hits = search(pages, "RANK target")
    assert any(hit.page == "eta.md" for hit in hits)
    assert all("target" in hit.excerpt.casefold() or "rank" in hit.excerpt.casefold() for hit in hits)
    assert search(pages, "nosuchword") == () == search(pages, "  ")
    assert pages[-1].name == NEWS


def test_the_manual_opens_at_the_page_in_front_and_links_lead_on(window: MainWindow, qtbot: QtBot) -> None:
    window.show_workspace("Train")
    page = open_manual(window, qtbot)
    qtbot.waitUntil(lambda: first_line(page) == "Train")
    page.anchorClicked.emit(QUrl("eta.md"))
    assert "Which η?" in page.toPlainText()
    listed = window.findChild(QListWidget, "manual.list")
    assert listed.currentItem().text() == "Which η?"
    page.anchorClicked.emit(QUrl("denoise.md#restore"))
    qtbot.waitUntil(lambda: first_line(page) == "Restore")
    page.anchorClicked.emit(QUrl("nowhere.md"))
    assert first_line(page) == "Restore"
    page.anchorClicked.emit(QUrl("examples/README.md"))
    assert first_line(page) == "Examples"
    page.anchorClicked.emit(QUrl("../penalty.md"))  # as seen from where that page lies
    assert first_line(page) == "Adding the penalty to your own model"


def test_searching_the_manual_leads_to_the_paragraph(window: MainWindow, qtbot: QtBot) -> None:
    page = open_manual(window, qtbot)
    words, listed = (
        window.findChild(QLineEdit, "manual.words"),
        window.findChild(QListWidget, "manual.list"),
    )
    qtbot.keyClicks(words, "lasso gallery")
    assert listed.item(0).text().startswith("Using JNN Studio ▸ Explore")
    listed.setCurrentRow(0)
    qtbot.waitUntil(lambda: first_line(page).startswith("Map"))
    qtbot.keyClicks(words, " nosuchword")
    assert listed.count() == 0
    assert "No paragraph has" in window.findChild(QWidget, "manual.nothing").text()


def test_what_a_control_is_is_said_with_its_part_of_the_manual(window: MainWindow, qtbot: QtBot) -> None:
    explore = window.workspace("Explore")
    spin = explore.directions.sliders[2].spin
    assert place_of(names_around(spin)) == PLACES["explore.slider"]
    assert place_of(names_around(window.rail)) == Place()
    control = explore.findChild(QWidget, "explore.limit")
    assert control.toolTip().split("\n")[0][:20] in words_about(control).replace("<br>", "\n")
    button = window.findChild(QToolButton, "what_is_this_button")
    assert "Shift+F1" in button.toolTip()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert QWhatsThis.inWhatsThisMode()
    assert button.isChecked()
    shown = []
    window.help._controls.more_asked.connect(shown.append)
    where = control.mapToGlobal(control.rect().center())
    event = QHelpEvent(QEvent.Type.WhatsThis, control.rect().center(), where)
    QGuiApplication.sendEvent(control, event)
    tops = [w for w in QGuiApplication.instance().topLevelWidgets() if w.inherits("QWhatsThat")]
    assert [top.isVisible() for top in tops] == [True]
    qtbot.keyClick(tops[0], Qt.Key.Key_Escape)
    QWhatsThis.leaveWhatsThisMode()
    assert not button.isChecked()
    for spec in window._specs:
        window.workspace(spec.title)
    controls = (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider, QLineEdit)
    mute = [
        widget.objectName()
        for kind in controls
        for widget in window.findChildren(kind)
        if not widget.objectName().startswith("qt_") and words_about(widget).count("<p>") < 2
    ]
    assert mute == [], "controls that have no answer"


def test_keys_of_all_pages_are_on_one_sheet(window: MainWindow, qtbot: QtBot) -> None:
    trigger(window, "shortcuts")
    tree = window.findChild(QTreeWidget, "shortcuts.list")
    groups = {
        tree.topLevelItem(row).text(0): tree.topLevelItem(row) for row in range(tree.topLevelItemCount())
    }
    assert {"Help", "Train", "View"} <= set(groups)
    rows = [
        (item.child(r).text(0), item.child(r).text(1))
        for item in groups.values()
        for r in range(item.childCount())
    ]
    assert ("Manual", "F1") in rows
    assert all(keys for _, keys in rows)
    window.findChild(QLineEdit, "shortcuts.words").setText("manual f1")
    assert [name for name, group in groups.items() if not group.isHidden()] == ["Help"]


def test_the_tour_shows_real_controls_and_can_be_left(window: MainWindow, qtbot: QtBot) -> None:
    trigger(window, "tour")
    for number, stop in enumerate(STOPS):
        tour = window.findChild(QWidget, "tour")
        assert tour.stop is stop
        control = window.findChild(QWidget, stop.control)
        qtbot.waitUntil(lambda: not control.visibleRegion().isEmpty())  # noqa: B023
        assert not tour._hole().isEmpty()
        bubble = window.findChild(QWidget, "tour.bubble")
        assert tour.rect().contains(bubble.geometry())
        if number:
            qtbot.keyClick(tour, Qt.Key.Key_Left)
            assert tour.stop is STOPS[number - 1]
            qtbot.keyClick(tour, Qt.Key.Key_Right)
        qtbot.mouseClick(tour.next, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.findChild(QWidget, "tour") is None)
    trigger(window, "tour")
    qtbot.keyClick(window.findChild(QWidget, "tour"), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(QWidget, "tour") is None)


def test_a_report_is_copied_and_has_what_went_wrong(window: MainWindow, qtbot: QtBot) -> None:
    window.context.problems.append("Traceback: a bug somewhere")
    QGuiApplication.clipboard().clear()
    trigger(window, "report")
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() != "")
    text = QGuiApplication.clipboard().text()
    assert "ok   program: JNN Studio" in text
    assert "a bug somewhere" in text
    assert "Nothing was sent" in window.message.text.text()
