"""The program in the menus of a Linux desktop, and what a double click on its files opens.

A desktop entry, MIME types and an icon in a person's data folder, as the freedesktop specifications have it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from jnn_studio.base.atomic import replacing
from jnn_studio.base.errors import StudioError
from jnn_studio.base.resource_files import resource
from jnn_studio.base.system_errors import advice_for, reason_of

_PARTS = {
    "jnn-studio.desktop": ("applications", "jnn-studio.desktop"),
    "jnn-studio.xml": ("mime", "packages", "jnn-studio.xml"),
    "jnn-studio.svg": ("icons", "hicolor", "scalable", "apps", "jnn-studio.svg"),
}
_REFRESHED = (("update-mime-database", "mime"), ("update-desktop-database", "applications"))
_SPECIAL = '"`$\\'
SECONDS = 60


class DesktopError(StudioError):
    """The desktop's files cannot be written or removed; the message says which and why."""


def data_folder() -> Path:
    """Where a person's desktop looks: ``$XDG_DATA_HOME`` or ``~/.local/share``."""
    named = os.environ.get("XDG_DATA_HOME", "")
    return Path(named) if named and Path(named).is_absolute() else Path.home() / ".local" / "share"


def install(folder: Path, program: Sequence[str]) -> list[Path]:
    """Write entry, types and icon below ``folder``, for ``program``: a command and its arguments.

    Returns:
        What was written.

    Raises:
        DesktopError: not a Linux desktop, or the system refuses.
    """
    _check_system()
    contents = {name: _content(name) for name in _PARTS}
    entry = contents["jnn-studio.desktop"].decode()
    # A backslash is one more time an escape in an entry's values.
    command = " ".join(map(quoted, program)).replace("\\", "\\\\")
    contents["jnn-studio.desktop"] = entry.replace("Exec=jnn-studio ", f"Exec={command} ").encode()
    written = []
    for name, content in contents.items():
        path = folder.joinpath(*_PARTS[name])
        try:
            with replacing(path) as temporary:
                temporary.write_bytes(content)
        except OSError as error:
            raise DesktopError(f"cannot write {path}: {reason_of(error)}. {advice_for(error)}") from error
        written.append(path)
    _refresh(folder)
    return written


def remove(folder: Path) -> list[Path]:
    """The inverse: what was there, and is not any more; raises as `install`."""
    _check_system()
    removed = []
    for parts in _PARTS.values():
        path = folder.joinpath(*parts)
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise DesktopError(f"cannot remove {path}: {reason_of(error)}. {advice_for(error)}") from error
        removed.append(path)
    if removed:
        _refresh(folder)
    return removed


def this_program() -> list[str]:
    """How the running program is started again, from anywhere."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    script = shutil.which(sys.argv[0])
    if script and Path(script).stem == "jnn-studio":
        return [str(Path(script).absolute())]
    return [sys.executable, "-m", "jnn_studio"]


def quoted(word: str) -> str:
    """One argument of an ``Exec`` line, as the Desktop Entry Specification quotes it.

    >>> print(quoted("/opt/my tools/jnn-studio"))
    "/opt/my tools/jnn-studio"
    >>> print(quoted("50%$"))
    "50%%\\$"
    """
    text = word.replace("%", "%%")
    if text and all(character.isalnum() or character in "/-_.+,:@%" for character in text):
        return text
    return '"' + "".join(f"\\{c}" if c in _SPECIAL else c for c in text) + '"'


def _content(name: str) -> bytes:
    return (resource("icons", name) if name.endswith(".svg") else resource("desktop", name)).read_bytes()


def _check_system() -> None:
    if not sys.platform.startswith("linux"):
        raise DesktopError(
            "only Linux desktops are told of programs in this way; elsewhere the installer does it"
        )


def _refresh(folder: Path) -> None:
    """What a desktop keeps an index of. One that has not these programs finds the files by itself."""
    for program, part in _REFRESHED:
        found = shutil.which(program)
        if found and (folder / part).is_dir():
            subprocess.run([found, str(folder / part)], capture_output=True, timeout=SECONDS, check=False)
