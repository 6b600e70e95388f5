"""The bar above the pictures: which models, which images, and where sessions and figures are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.app.plain_text import literal
from jnn_studio.app.recent import RecentPaths
from jnn_studio.app.run_menu import RunMenu
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.app.workspaces.explore.actions import MENUS, Actions
from jnn_studio.base.text import counted, printable
from jnn_studio.data.config import FacesConfig, FolderConfig, GivenConfig
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.columns.own_models import is_own
from jnn_studio.explore.columns.references import split_reference
from jnn_studio.explore.columns.roles import caption
from jnn_studio.explore.scene.renderer import Scene
from jnn_studio.explore.state import MAX_COLUMNS, bundled_state
from jnn_studio.runs.summary import RunSummary
from jnn_studio.training.kind import find_kind

BUNDLED_TITLES = {
    "unregularised": "Unregularised faces",
    "regularised": "Regularised faces",
    "beta-vae": "β-VAE of the faces",
}


class Choices(QWidget):
    """Buttons that name what is open and drop down what else could be."""

    path_chosen = Signal(object)
    model_added = Signal(str)
    run_chosen = Signal(object)
    folder_chosen = Signal(object)
    session_chosen = Signal(object)

    def __init__(self, context: AppContext, bundled: Sequence[str], actions: Actions) -> None:
        super().__init__()
        self.setObjectName("explore.choices")
        self._actions = actions
        self._recent_models = RecentPaths(context.settings, "Explore/recent_models")
        self._recent_folders = RecentPaths(context.settings, "Explore/recent_folders")
        self._recent_sessions = RecentPaths(context.settings, "Explore/recent_sessions")
        self._bundled = [name for name in bundled if name in BUNDLED_TITLES]
        self._run: RunFeed | None = context.training.feed
        self._runs = context.runs
        self._taken_in: set[Path] = set()
        self._run_menu = RunMenu(context, "Runs", "explore.models.runs", _has_models, self)
        self._run_menu.chosen.connect(self.path_chosen)
        self._added_run_menu = RunMenu(context, "Runs", "explore.models.add_runs", _has_models, self)
        self._added_run_menu.chosen.connect(lambda path: self.model_added.emit(str(path)))
        self.models = self._button("explore.models", "Models", "Models shown side by side")
        self.images = self._button("explore.source", "Images", "Images to start from")
        _show_chosen(self.models, "Models", "opening…")
        _show_chosen(self.images, "Images", "opening…")
        session_button = self._button("explore.session", "Session", "Save and reopen what is in view")
        session_menu = session_button.menu()
        session_menu.aboutToShow.connect(lambda: self._fill_sessions(session_menu))
        export_button = self._button(
            "explore.export", "Export", "Film strips and animations of what is in view"
        )
        export_button.menu().addActions([actions[name] for name in MENUS["&Export"]])
        self.rate = ElidingLabel(object_name="explore.rate")
        self.rate.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        # It takes the room there is: other figures must not lay out the window while something moves.
        self.rate.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.rate.setFont(ui_font(0.92, digits=True))
        self.rate.setProperty("tone", "muted")
        self.rate.setToolTip("Pictures of all models shown per second while something moves")
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, GRID, GRID, 0)
        row.setSpacing(GRID)
        row.addWidget(QLabel("Models"))
        row.addWidget(self.models)
        row.addSpacing(GRID)
        row.addWidget(QLabel("Images"))
        row.addWidget(self.images)
        row.addWidget(self.rate, 1)
        row.addWidget(session_button)
        row.addWidget(export_button)
        self.models.menu().aboutToShow.connect(self._fill_models)
        self.images.menu().aboutToShow.connect(self._fill_images)

    def offer_run(self, feed: RunFeed) -> None:
        """A run is under way: its newest weights can be walked, if its models have a latent."""
        self._run = feed if find_kind(feed.config.kind).network is not None else None

    def withdraw_run(self) -> None:
        """It is over."""
        self._run = None

    def show_models(self, scene: Scene, live_step: int | None) -> None:
        """Name the models in view."""
        state = scene.state
        places = [split_reference(column.where)[0] for column in state.columns]
        if [c.where for c in state.columns] == [c.where for c in bundled_state().columns]:
            title = "Bundled faces pair"
        elif len(set(places)) == 1 and len(places) > 1:
            title = self._runs.name_of(Path(places[0])) or Path(places[0]).name
        elif len(places) == 1:
            title = caption(scene.columns[0].loaded, state.columns[0].name)
        else:
            title = counted(len(places), "model")
        if live_step is not None:
            title += f", step {live_step:,} (live)"
        _show_chosen(self.models, "Models", title)
        for place, member in map(split_reference, (column.where for column in state.columns)):
            if member:
                self._take_in(Path(place))
            elif place not in BUNDLED_TITLES and not is_own(place):
                self._recent_models.add(Path(place))

    def _take_in(self, path: Path) -> None:
        """A run is to be in the list of runs wherever it lies."""
        if path not in self._taken_in and not self._runs.name_of(path):
            self._taken_in.add(path)
            self._runs.take_in(path)

    def show_nothing(self) -> None:
        """Nothing is open."""
        for button in (self.models, self.images):
            button.setText("None")

    def show_source(self, source: ImageSource, config: FacesConfig | FolderConfig | GivenConfig) -> None:
        """Name the images in view."""
        name = "Procedural faces" if isinstance(config, FacesConfig) else source.name
        _show_chosen(self.images, "Images", f"{name} ({len(source):,})")
        if isinstance(config, FolderConfig):
            self._recent_folders.add(config.path)

    def show_session(self, path: Path) -> None:
        """A session was saved or opened."""
        self._recent_sessions.add(path)

    def show_rate(self, rate: float, shrink: int) -> None:
        """How quickly pictures follow; empty once nothing moves."""
        words = f"{rate:.0f} updates/s" if rate else ""
        if rate and shrink > 1:
            words += f", shown at 1/{shrink} while moving"
        self.rate.setText(words)

    def _button(self, name: str, words: str, tip: str) -> QPushButton:
        button = QPushButton(words, objectName=name)
        button.setAccessibleName(words)
        button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        button.setToolTip(tip)
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        button.setMenu(menu)
        return button

    @property
    def _files(self) -> list[Path]:
        """Models opened lately that are no run's: those are in the list of runs."""
        return [path for path in self._recent_models.paths if not self._runs.name_of(path)]

    def _fill_models(self) -> None:
        menu = self.models.menu()
        menu.clear()
        self._add(menu, "Bundled faces pair", "open_bundled")
        run = self._run
        if run is not None:
            menu.addAction(
                literal(f"Training now: {run.config.name} (live)"), lambda: self.run_chosen.emit(run)
            )
        menu.addMenu(self._run_menu)
        _add_recent(menu, self._files, self.path_chosen.emit)
        self._add(menu, "Open run…", "open_run")
        self._add(menu, "Open weights…", "open_weights")
        menu.addSeparator()
        add = menu.addMenu(f"Add beside (up to {MAX_COLUMNS})")
        add.setObjectName("explore.models.add")
        for name in self._bundled:
            add.addAction(BUNDLED_TITLES[name], partial(self.model_added.emit, name))
        add.addMenu(self._added_run_menu)
        _add_recent(add, self._files, lambda path: self.model_added.emit(str(path)))
        self._add(add, "From a run…", "add_run")
        self._add(add, "From weights…", "add_weights")
        add.addSeparator()
        self._add(add, "PCA of these images", "add_pca")

    def _fill_sessions(self, menu: QMenu) -> None:
        menu.clear()
        menu.addActions([self._actions[name] for name in MENUS["&Session"]])
        _add_recent(menu, self._recent_sessions.paths, self.session_chosen.emit)

    def _fill_images(self) -> None:
        menu = self.images.menu()
        menu.clear()
        self._add(menu, "Procedural faces", "open_faces")
        _add_recent(menu, self._recent_folders.paths, self.folder_chosen.emit)
        self._add(menu, "Open folder…", "open_folder")
        self._add(menu, "Open archive…", "open_archive")
        self._add(menu, "Open one image…", "open_image")
        self._add(menu, "Paste an image", "paste")
        menu.addSeparator()
        self._add(menu, "Train on these images…", "train")

    def _add(self, menu: QMenu, text: str, name: str) -> None:
        """An action of the page in the words of this menu."""
        action = self._actions[name]
        menu.addAction(text, action.trigger).setToolTip(action.toolTip())


def _show_chosen(button: QPushButton, what: str, chosen: str) -> None:
    """What is chosen stands on the button, and of what, for somebody who hears it, before that."""
    button.setText(literal(chosen))
    button.setAccessibleName(f"{what}: {chosen}")


def _has_models(run: RunSummary) -> bool:
    return run.explorable


def _add_recent(menu: QMenu, paths: Sequence[Path], chosen: Callable[[Path], object]) -> None:
    if paths:
        menu.addSeparator()
    for path in paths:
        action = menu.addAction(literal(path.name), partial(chosen, path))
        action.setToolTip(printable(str(path)))
    menu.addSeparator()
