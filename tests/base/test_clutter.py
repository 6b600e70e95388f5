"""What other programs leave in folders is no content."""

from __future__ import annotations

from pathlib import Path

import pytest

from jnn_studio.base.clutter import is_clutter, is_empty

LEFT = [
    *("@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "__MACOSX", "._photo.jpg"),
    *(".DS_Store", "Thumbs.db", "THUMBS.DB", "desktop.ini", "Desktop.ini", ".Spotlight-V100", ".Trashes"),
    *("lost+found", ".git", ".Trash-1000", ".nfs0001", "ehthumbs.db", ".fseventsd", "Icon\r", ".directory"),
]


@pytest.mark.parametrize("name", LEFT)
def test_leftovers_are_known(name: str, tmp_path: Path) -> None:
    assert is_clutter(name)
    (tmp_path / name).mkdir()
    assert is_empty(tmp_path)


@pytest.mark.parametrize(
    "name", ["photo.jpg", "git", "_.jpg", "thumbs", "recycle", "config.toml", ".hidden.jpg"]
)
def test_what_somebody_made_is_content(name: str, tmp_path: Path) -> None:
    assert not is_clutter(name)
    (tmp_path / name).touch()
    assert not is_empty(tmp_path)
