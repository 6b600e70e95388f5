"""What can be done with the selected runs, as actions for the menu, the palette, the buttons and the rows."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from jnn_studio.runs.summary import RunSummary
from jnn_studio.training.kind import kind_names

_ACTIONS = (
    ("open", "&Open in its page", "Ctrl+O", "Show the run on the page that trains runs of its kind"),
    ("resume", "Resu&me", "Ctrl+Shift+R", "Go on with the run from its newest checkpoint"),
    (
        "explore",
        "E&xplore these",
        "Ctrl+Shift+E",
        "Walk the models of the selected runs side by side: up to four, of several runs one each",
    ),
    ("vary", "&Vary its settings…", "", "Begin a sweep of runs like this one that differ in what you choose"),
    ("rename", "&Rename", "F2", "Another name for the run, everywhere in the program"),
    ("tag", "&Tags…", "Ctrl+T", "Words that you find the run again by, with commas between them"),
    ("note", "&Note…", "Ctrl+Shift+N", "What you want to remember about the run"),
    ("pin", "&Pin", "Ctrl+D", "Keep the run above all others, or let it go again"),
    ("reveal", "Show in &file manager", "", "Open the run's folder"),
    ("remove", "Move to the &bin…", "", "Move the folders of the selected runs to the bin; asks first"),
    ("refresh", "Look a&gain", "F5", "Look for runs now; it is done by itself while the page is seen"),
    ("folder", "&Add a folder…", "", "Look for runs in another folder too"),
)
ROW_GROUPS = (
    ("open", "resume", "explore", "vary"),
    ("rename", "tag", "note", "pin"),
    ("reveal", "remove"),
)


class RunActions(QObject):
    """Each enabled where it can be done."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.by_name: dict[str, QAction] = {}
        for name, text, key, tip in _ACTIONS:
            action = self.by_name[name] = QAction(text, parent)
            action.setObjectName(f"runs.action.{name}")
            action.setToolTip(tip)
            if key:
                action.setShortcut(key)

    def on(self, name: str, do: Callable[[], object]) -> None:
        """Have ``do`` called when the action is triggered."""
        self.by_name[name].triggered.connect(lambda: do())

    def show_possible(self, runs: tuple[RunSummary, ...], can_train: bool) -> None:
        """Offer what can be done with these runs."""
        readable = [run for run in runs if not run.problem]
        one = readable[0] if len(readable) == 1 == len(runs) else None
        possible = {
            "open": one is not None and one.kind in kind_names(),
            "resume": one is not None and one.resumable and can_train,
            "explore": any(run.explorable for run in readable),
            "vary": one is not None and one.kind in kind_names() and one.trainable,
            "rename": one is not None,
            "tag": one is not None,
            "note": one is not None,
            "pin": bool(readable),
            "reveal": len(runs) == 1,
            "remove": bool(readable) and not any(run.under_way for run in readable),
        }
        for name, can in possible.items():
            self.by_name[name].setEnabled(can)
        pinned = bool(readable) and all(run.pinned for run in readable)
        self.by_name["pin"].setText("Un&pin" if pinned else "&Pin")
