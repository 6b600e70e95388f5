"""The manual in a window of its own: pages and a search at the left, the page at the right."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from PySide6.QtCore import QSignalBlocker, QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QImage, QTextBlock, QTextCursor, QTextDocument
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.engine.worker import Failure, Worker
from jnn_studio.app.help.manual import Hit, ManualPage, leads_to, plain_words, read_manual, search
from jnn_studio.app.help.places import Place
from jnn_studio.app.theme import GRID, theme
from jnn_studio.app.widgets.own_windows import StudioDialog
from jnn_studio.base.resource_files import manual
from jnn_studio.base.watch import Watch
from jnn_studio.data.decode import decode_path, decode_whole

SIZE = QSize(960, 680)
PICTURE_WIDTH = 600
_PLACE = Qt.ItemDataRole.UserRole
_BODY = 10.5
"""Points of the text: a page is read for longer than a label."""


class ManualDialog(StudioDialog):
    """Reads in the background, and shows when it has read; links lead on inside, others to the browser.

    Args:
        worker: a thread that reads files and pictures.
        parent: the window this stands beside.
    """

    def __init__(self, worker: Worker, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("manual")
        self.setWindowTitle("JNN Studio: manual")
        self.resize(SIZE)
        self._worker = worker
        self._pages: tuple[ManualPage, ...] = ()
        self._pictures: Mapping[str, QImage] = {}
        self._shown = ""
        self._document: QTextDocument | None = None
        self._wanted = Place()
        self.words = QLineEdit(objectName="manual.words")
        self.words.setPlaceholderText("Search the manual")
        self.words.setAccessibleName("Search the manual")
        self.words.setToolTip("Paragraphs that have all of these words")
        self.words.setClearButtonEnabled(True)
        self.list = QListWidget(objectName="manual.list")
        self.list.setAccessibleName("Pages, or where the words were found")
        self.list.setWordWrap(True)
        self.list.setSpacing(GRID // 4)
        self.nothing = QLabel(objectName="manual.nothing")
        self.nothing.setWordWrap(True)
        self.nothing.setProperty("tone", "muted")
        self.nothing.hide()
        self.browser = QTextBrowser(objectName="manual.page")
        self.browser.setAccessibleName("The page")
        self.browser.setOpenLinks(False)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for widget in (self.words, self.nothing):
            column.addWidget(widget)
        column.addWidget(self.list, 1)
        split = QSplitter()
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(self.browser)
        split.setSizes([SIZE.width() * 3 // 10, SIZE.width() * 7 // 10])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.addWidget(split)
        self.words.textChanged.connect(self._list)
        self.list.currentItemChanged.connect(self._chosen)
        self.browser.anchorClicked.connect(self._follow)
        theme().changed.connect(self._redraw)

    def show_place(self, place: Place) -> None:
        """Open it there, in front."""
        self._wanted = place
        self.show()
        self.raise_()
        self.activateWindow()
        if self._pages:
            self._turn_to(place)
        else:
            self._worker.request(self, "manual", _read, self._arrived, self._failed)

    # --- what is read --------------------------------------------------------------------------------

    def _arrived(self, pages: tuple[ManualPage, ...]) -> None:
        self._pages = pages
        self._list(self.words.text())
        self._turn_to(self._wanted)
        self._worker.request(self, "pictures", partial(_pictures, pages), self._illustrate, self._failed)

    def _illustrate(self, pictures: Mapping[str, QImage]) -> None:
        self._pictures = pictures
        self._redraw()

    def _failed(self, failure: Failure) -> None:
        self.browser.setPlainText(failure.text)

    # --- the list ------------------------------------------------------------------------------------

    def _list(self, words: str) -> None:
        hits: tuple[Hit, ...] = search(self._pages, words)
        with QSignalBlocker(self.list):
            self.list.clear()
            if words.strip():
                for hit in hits:
                    head = hit.title if hit.section in ("", hit.title) else f"{hit.title} ▸ {hit.section}"
                    self._add(f"{head}\n{hit.excerpt}", Place(hit.page, hit.begins))
            else:
                for page in self._pages:
                    self._add(page.title, Place(page.name))
        self.nothing.setVisible(bool(self._pages and words.strip() and not hits))
        self.nothing.setText(f"No paragraph has “{words.strip()}”. Fewer words find more.")
        self._mark()

    def _add(self, text: str, place: Place) -> None:
        item = QListWidgetItem(text)
        item.setData(_PLACE, place)
        self.list.addItem(item)

    def _mark(self) -> None:
        """Select the page that is shown, where pages are listed."""
        if self.words.text().strip():
            return
        with QSignalBlocker(self.list):
            for row, page in enumerate(self._pages):
                if page.name == self._shown:
                    self.list.setCurrentRow(row)

    def _chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._turn_to(item.data(_PLACE))

    # --- the page ------------------------------------------------------------------------------------

    def _turn_to(self, place: Place) -> None:
        page = next((page for page in self._pages if page.name == place.page), None)
        if page is None:
            return
        self._wanted = place
        if page.name != self._shown:
            self._shown = page.name
            self._draw(page)
            self._mark()
        self._go_to(place.words)

    def _redraw(self) -> None:
        """The same page and place, in other colours or with its pictures."""
        page = next((page for page in self._pages if page.name == self._shown), None)
        if page is not None:
            at = self.browser.verticalScrollBar().value()
            self._draw(page)
            self.browser.verticalScrollBar().setValue(at)
            if not at:
                self._go_to(self._wanted.words)

    def _draw(self, page: ManualPage) -> None:
        document = QTextDocument(self)
        font = self.font()
        font.setPointSizeF(_BODY)
        document.setDefaultFont(font)
        document.setDocumentMargin(2 * GRID)
        document.setMarkdown(page.text, QTextDocument.MarkdownFeature.MarkdownDialectGitHub)
        # Afterwards: new text forgets the pictures of the old.
        for name, picture in self._pictures.items():
            document.addResource(QTextDocument.ResourceType.ImageResource, QUrl(name), picture)
        self.browser.setDocument(document)
        if self._document is not None:
            self._document.deleteLater()
        self._document = document

    def _go_to(self, words: str) -> None:
        if not words:
            self.browser.verticalScrollBar().setValue(0)
            return
        block = self._block(words)
        if block is not None:
            top = self.browser.document().documentLayout().blockBoundingRect(block).top()
            self.browser.setTextCursor(QTextCursor(block))
            self.browser.verticalScrollBar().setValue(round(top) - GRID)

    def _block(self, words: str) -> QTextBlock | None:
        """The first heading or paragraph that begins with the words; headings before others."""
        found = None
        block = self.browser.document().begin()
        while block.isValid():
            if _same(block.text()).startswith(_same(words)):
                if block.blockFormat().headingLevel():
                    return block
                found = found or block
            block = block.next()
        return found

    def _follow(self, link: QUrl) -> None:
        if link.scheme() in ("http", "https"):
            QDesktopServices.openUrl(link)
            return
        name, words = leads_to(self._shown, link.path()), link.fragment().replace("-", " ")
        if any(page.name == name for page in self._pages):
            self._turn_to(Place(name, words))
        elif not name and words:
            self._go_to(words)
        elif name and not name.startswith("..") and (manual() / name).is_file():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(manual() / name)))  # an example


def _same(text: str) -> str:
    return " ".join(plain_words(text).casefold().split())


def _read(watch: Watch) -> tuple[ManualPage, ...]:
    return read_manual()


def _pictures(pages: tuple[ManualPage, ...], watch: Watch) -> dict[str, QImage]:
    """By the name under which the pages have them; as wide as a page."""
    found = {}
    for path in sorted(manual("images").glob("*.png")):
        watch.check()
        name = f"images/{path.name}"
        if any(name in page.text for page in pages):
            pixels = np.ascontiguousarray(decode_path(path, decode_whole))
            height, width = pixels.shape[:2]
            whole = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            smooth = Qt.TransformationMode.SmoothTransformation
            found[name] = whole.scaledToWidth(min(width, PICTURE_WIDTH), smooth)
    return found
