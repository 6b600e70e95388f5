"""The program in a desktop's menus, and what opens its files."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from jnn_studio.base.desktop_files import DesktopError, data_folder, install, remove, this_program

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the files are Linux's")


def entry(folder: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(folder / "applications" / "jnn-studio.desktop", encoding="utf-8")
    return parser["Desktop Entry"]


def test_what_is_installed_opens_sessions_models_and_runs_and_can_be_taken_away(tmp_path: Path) -> None:
    written = install(tmp_path, ["/opt/jnn/bin/jnn-studio"])
    found = entry(tmp_path)
    assert found["Exec"] == "/opt/jnn/bin/jnn-studio %F"
    types = ET.parse(tmp_path / "mime" / "packages" / "jnn-studio.xml").getroot()
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    patterns = {
        kind.get("type"): kind.find(f"{space}glob").get("pattern")
        for kind in types.findall(f"{space}mime-type")
    }
    assert patterns == {
        "application/x-jnn-session": "*.jnnsession",
        "application/x-jnn-model": "*.jnnmodel",
        "application/x-jnn-run": "*.jnnrun",
    }
    assert set(found["MimeType"].strip(";").split(";")) == set(patterns)
    assert (tmp_path / "icons/hicolor/scalable/apps" / f"{found['Icon']}.svg") in written
    other = tmp_path / "applications" / "other.desktop"
    other.write_text("[Desktop Entry]\n")
    assert sorted(remove(tmp_path)) == sorted(written)
    assert remove(tmp_path) == []
    assert other.exists()


@pytest.mark.skipif(not shutil.which("xdg-mime"), reason="no desktop's tools here")
def test_a_desktop_knows_a_run_by_its_sign_and_leaves_folders_and_other_configurations_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    install(tmp_path / "share", ["/opt/jnn/bin/jnn-studio"])
    for name in ("run.jnnrun", "config.toml"):
        (tmp_path / name).write_text("id = 'of a run'\n")

    def answer(*question: str) -> str:
        done = subprocess.run(["xdg-mime", "query", *question], capture_output=True, text=True, check=False)
        return done.stdout.strip()

    assert answer("filetype", str(tmp_path / "run.jnnrun")) == "application/x-jnn-run"
    assert answer("default", "application/x-jnn-run") == "jnn-studio.desktop"
    for other in ("config.toml", ""):
        assert "jnn" not in answer("filetype", str(tmp_path / other))
    assert "jnn" not in answer("default", "inode/directory")


def test_installing_twice_replaces(tmp_path: Path) -> None:
    install(tmp_path, ["/first/jnn-studio"])
    install(tmp_path, ["/second/jnn-studio"])
    assert entry(tmp_path)["Exec"].startswith("/second/")


@pytest.mark.parametrize(
    "path", ["/my tools/jnn-studio", "/50%/jnn", '/a "b"/jnn', "/$HOME/`x`", "/back\\slash"]
)
def test_any_path_comes_back_from_the_entry(tmp_path: Path, path: str) -> None:
    install(tmp_path, [path, "-m", "jnn_studio"])
    value = entry(tmp_path)["Exec"].replace("\\\\", "\\")  # as a reader of entries undoes it
    words = shlex.split(value.replace("\\`", "`").replace("\\$", "$"))
    assert [word.replace("%%", "%") for word in words] == [path, "-m", "jnn_studio", "%F"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "applications").write_text("a file")
    with pytest.raises(DesktopError, match="applications"):
        install(tmp_path, ["jnn-studio"])


def test_the_data_folder_is_the_desktops(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.setenv("XDG_DATA_HOME", "relative")  # to be ignored, says the specification
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_folder() == tmp_path / ".local" / "share"


def test_the_running_program_is_named_so_that_it_starts_from_anywhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["pytest"])
    assert this_program() == [sys.executable, "-m", "jnn_studio"]
    script = tmp_path / "jnn-studio"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(script)])
    assert this_program() == [str(script)]
