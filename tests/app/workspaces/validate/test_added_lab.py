"""A lab is given a page by adding a package, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QLabel, QPushButton

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces import validate as package
from jnn_studio.app.workspaces.validate.workspace import ValidateWorkspace

ADDED = '''
"""A lab that somebody adds."""

from jnn_studio.app.workspaces.validate.lab_spec import LabSpec


def create(context):
    from PySide6.QtWidgets import QLabel

    class Form:
        text = "at first"

        def state(self):
            return self.text

        def restore(self, state):
            self.text = state or self.text

    class Page(QLabel):
        form = Form()

        def commands(self):
            return []

    return Page("what the lab shows", objectName="validate.added")


LAB = LabSpec(30, "Added", "A lab of somebody's", "What it is about.", create)
'''


def test_its_page_stands_on_the_switch_and_is_remembered(
    context: AppContext, settings: QSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "added_lab_of_test"
    folder.mkdir()
    (folder / "__init__.py").write_text(ADDED, encoding="utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])

    workspace = ValidateWorkspace(context)
    assert list(workspace.labs) == ["rof", "shrinkage", folder.name, "robustness"]
    workspace.show()
    workspace.findChild(QPushButton, f"validate.page.{folder.name}").click()
    assert workspace.findChild(QLabel, "validate.added").isVisible()
    workspace.labs[folder.name].form.restore("as it was left")
    workspace.save_state(settings)
    workspace.labs[folder.name].form.restore("otherwise")
    workspace.restore_state(settings)
    assert workspace.labs[folder.name].form.state() == "as it was left"
    workspace.hide()
    workspace.deleteLater()
