"""The library of saved directions: found by name, looked at, and applied to the image in view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.file_dialogs import DIRECTIONS, ask_file, ask_new_file
from jnn_studio.app.icons import IconButton
from jnn_studio.app.theme import GRID, theme
from jnn_studio.app.workspaces.explore.gallery.thumbnails import pixmap
from jnn_studio.app.workspaces.explore.library.direction_item import (
    PICTURES,
    SAVED,
    DirectionDelegate,
    describe,
)
from jnn_studio.app.workspaces.explore.library.name_editor import NameEditor, library_button
from jnn_studio.base.text import counted
from jnn_studio.explore.saved.library import Contents, Library
from jnn_studio.explore.saved.saved_direction import SavedDirection, search

T = TypeVar("T")

HOW_TO_SAVE = (
    "Nothing is kept yet. Move along a direction that does something, then press Save current: "
    "it is kept with its model and image, and can be found again at any other."
)


class _List(QListWidget):
    """A list whose rows answer to some keys."""

    keys: Mapping[Qt.Key, Callable[[], None]] = {}

    def keyPressEvent(self, event: QKeyEvent) -> None:
        called = self.keys.get(Qt.Key(event.key()))
        if called is None:
            super().keyPressEvent(event)
        else:
            called()


class LibraryPanel(QWidget):
    """Content of the Library dock. Files are read and written on the loading thread."""

    apply_asked = Signal(object)
    """SavedDirection"""
    save_asked = Signal(str, str)
    """Name and note for the current direction"""

    def __init__(self, context: AppContext, folder: Path) -> None:
        super().__init__()
        self.setObjectName("explore.library")
        self.setMinimumWidth(27 * GRID)
        self._worker = context.loading
        self._library = Library(folder)
        self._contents = Contents(())
        self._keep: str | None = None
        self._deleted: list[str] = []
        self.search = QLineEdit(objectName="explore.library.search")
        self.search.setPlaceholderText("Search directions")
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip("Show only directions with these words in name, note, model or image")
        self.search.setAccessibleName("Search saved directions")
        self.more = IconButton("more", "More: import, export, undo deleting", "explore.library.more")
        self.more.setPopupMode(self.more.ToolButtonPopupMode.InstantPopup)
        self.more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.list = _List()
        self.list.setObjectName("explore.library.list")
        self.list.setAccessibleName("Saved directions")
        self.list.setItemDelegate(DirectionDelegate(self.list))
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        theme().changed.connect(self.list.viewport().update)
        self.empty = QLabel(HOW_TO_SAVE, objectName="explore.library.empty")
        self.empty.setWordWrap(True)
        self.empty.setTextFormat(Qt.TextFormat.PlainText)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("tone", "muted")
        self.empty.setMargin(2 * GRID)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.list)
        self.editor = NameEditor()
        self.result = QLabel(objectName="explore.library.result")
        self.result.setWordWrap(True)
        self.result.setTextFormat(Qt.TextFormat.PlainText)
        self.result.hide()
        self.apply = library_button("apply", "Apply", "Find this direction at the image in view and walk it")
        self.rename = library_button("rename", "Rename…", "Another name or note for this direction")
        self.delete = library_button("delete", "Delete", "Put this direction aside; the menu brings it back")
        self.save = library_button("save", "Save current…", "Keep the direction last moved, under a name")
        self._make_actions()
        self._arrange()
        self._connect()
        self.set_can_save(False)
        self._show()
        self.reload()

    # --- what it is told ---------------------------------------------------------------------------

    def set_can_save(self, can: bool) -> None:
        """Whether there is a direction to save."""
        self.save.setEnabled(can)
        self._save_action.setEnabled(can)

    def save_direction(self, saved: SavedDirection) -> None:
        """Keep ``saved``, show it and select it."""
        self.search.clear()
        self._change(lambda: self._library.save(saved), lambda _: None, saved.id)

    def show_applied(self, text: str) -> None:
        """What applying led to, such as "u3 of the regularised model, match 0.94"."""
        self._tell(text)

    def commands(self) -> list[QAction]:
        """For the command palette."""
        return [self._save_action, self._import_action, self._export_action, self._undelete_action]

    def reload(self) -> None:
        """Read the folder again: another program may have changed it."""
        self._do(self._library.contents, self._loaded)

    @property
    def selected(self) -> SavedDirection | None:
        """The direction that is selected."""
        item = self.list.currentItem()
        return None if item is None else item.data(SAVED)

    def ask_name(self) -> None:
        """Ask what the current direction is to be called."""
        self.editor.ask("Save the current direction", "", "", self.save_asked.emit)

    # --- construction ------------------------------------------------------------------------------

    def _make_actions(self) -> None:
        def action(name: str, text: str, triggered: Callable[[], object]) -> QAction:
            made = QAction(text, self, objectName=f"explore.library.{name}_action")
            made.triggered.connect(lambda _=False: triggered())
            return made

        self._save_action = action("save", "Save current direction…", self.ask_name)
        self._import_action = action("import", "Import a direction…", self._ask_import)
        self._export_action = action("export", "Export the selected direction…", self._ask_export)
        self._undelete_action = action("undelete", "Undo deleting a direction", self._undelete)
        self._undelete_action.setEnabled(False)
        menu = QMenu(self.more)
        menu.addActions([self._import_action, self._export_action, self._undelete_action])
        self.more.setMenu(menu)

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(GRID // 2)
        top.addWidget(self.search, 1)
        top.addWidget(self.more)
        buttons = QGridLayout()
        buttons.setSpacing(GRID // 2)
        buttons.addWidget(self.apply, 0, 0)
        buttons.addWidget(self.save, 0, 1)
        buttons.addWidget(self.rename, 1, 0)
        buttons.addWidget(self.delete, 1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID // 2, GRID // 2, GRID // 2, GRID // 2)
        column.setSpacing(GRID // 2)
        column.addLayout(top)
        column.addWidget(self._stack, 1)
        column.addWidget(self.result)
        column.addWidget(self.editor)
        column.addLayout(buttons)

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _: self._show())
        self.list.currentItemChanged.connect(lambda *_: self._show_possible())
        self.list.itemDoubleClicked.connect(lambda _: self._apply())
        self.apply.clicked.connect(self._apply)
        self.save.clicked.connect(self.ask_name)
        self.rename.clicked.connect(self._ask_rename)
        self.delete.clicked.connect(self._delete)
        key = Qt.Key
        self.list.keys = {
            key.Key_Return: self._apply,
            key.Key_Enter: self._apply,
            key.Key_F2: self._ask_rename,
            key.Key_Delete: self._delete,
        }

    # --- showing -----------------------------------------------------------------------------------

    def _show(self) -> None:
        found = search(self._contents.directions, self.search.text())
        before = self._keep or (self.selected.id if self.selected is not None else "")
        self._keep = None
        self.list.clear()
        for saved in found:
            item = QListWidgetItem(saved.name)
            item.setData(SAVED, saved)
            item.setData(PICTURES, [pixmap(picture) for picture in saved.pictures()])
            item.setToolTip(describe(saved))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{saved.name}, {saved.model.name}")
            self.list.addItem(item)
            if saved.id == before:
                self.list.setCurrentItem(item)
        self._stack.setCurrentIndex(1 if found else 0)
        nothing = f"No saved direction matches “{self.search.text()}”."
        self.empty.setText(nothing if self._contents.directions else HOW_TO_SAVE)
        self._show_possible()

    def _show_possible(self) -> None:
        some = self.selected is not None
        for button in (self.apply, self.rename, self.delete):
            button.setEnabled(some)
        self._export_action.setEnabled(some)
        self._undelete_action.setEnabled(bool(self._deleted))

    def _tell(self, text: str, wrong: bool = False) -> None:
        self.result.setText(text)
        self.result.setProperty("tone", "danger" if wrong else "")
        self.result.style().unpolish(self.result)
        self.result.style().polish(self.result)
        self.result.setVisible(bool(text))

    # --- doing -------------------------------------------------------------------------------------

    def _apply(self) -> None:
        saved = self.selected
        if saved is not None:
            self._tell("")
            self.apply_asked.emit(saved)

    def _ask_rename(self) -> None:
        saved = self.selected
        if saved is None:
            return

        def renamed(name: str, note: str) -> None:
            self._change(lambda: self._library.rename(saved.id, name, note), lambda _: None, saved.id)

        self.editor.ask("Rename the direction", saved.name, saved.note, renamed)

    def _delete(self) -> None:
        saved = self.selected
        if saved is None:
            return

        def deleted(_: object) -> None:
            self._deleted.append(saved.id)
            self._tell(f"“{saved.name}” is deleted; the menu at the top brings it back.")

        row = self.list.currentRow()
        after = self.list.item(row + 1) or self.list.item(row - 1)
        self._change(
            lambda: self._library.delete(saved.id), deleted, after.data(SAVED).id if after is not None else ""
        )

    def _undelete(self) -> None:
        if self._deleted:
            which = self._deleted.pop()
            self._change(
                lambda: self._library.restore(which),
                lambda saved: self._tell(f"“{saved.name}” is back."),
                which,
            )

    def _ask_import(self) -> None:
        ask_file(self, "Import a direction", DIRECTIONS, self.import_file)

    def import_file(self, path: Path) -> None:
        """Add the direction in ``path``."""

        def imported(saved: SavedDirection) -> None:
            self._keep = saved.id
            self._tell(f"“{saved.name}” is imported.")

        self._change(lambda: self._library.import_file(path), imported)

    def _ask_export(self) -> None:
        saved = self.selected
        if saved is not None:
            ask_new_file(
                self, "Export the direction", DIRECTIONS, ".json", lambda path: self.export_file(saved, path)
            )

    def export_file(self, saved: SavedDirection, path: Path) -> None:
        """Write a copy of ``saved``."""
        self._do(
            lambda: self._library.export_file(saved.id, path),
            lambda _: self._tell(f"“{saved.name}” is exported to {path.name}."),
        )

    def _change(self, work: Callable[[], T], done: Callable[[T], None], select: str = "") -> None:
        """Change the folder, then read it again and select the direction ``select``."""

        def both() -> tuple[T, Contents]:
            return work(), self._library.contents()

        def changed(result: tuple[T, Contents]) -> None:
            self._keep = select or None
            done(result[0])
            self._loaded(result[1])

        def failed(failure: Failure) -> None:
            self._failed(failure)
            self.reload()  # what is shown may be out of date

        self._do(both, changed, failed)

    def _do(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[Failure], None] | None = None,
    ) -> None:
        self._worker.request(self, "library", lambda _: work(), done, failed or self._failed, kept=True)

    def _loaded(self, contents: Contents) -> None:
        news = set(contents.damaged) - set(self._contents.damaged)
        self._contents = contents
        self._show()
        if news:
            count = len(contents.damaged)
            self._tell(
                f"{counted(count, 'file')} of the library cannot be used. {contents.damaged[0].reason}.",
                wrong=True,
            )

    def _failed(self, failure: Failure) -> None:
        self._tell(failure.text, wrong=True)
