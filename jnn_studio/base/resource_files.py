"""Finding the files that ship with the program, installed or in a checkout."""

from __future__ import annotations

from pathlib import Path


def resource(*parts: str) -> Path:
    """Path of a bundled file or folder.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    return _shipped("resources", parts)


def manual(*parts: str) -> Path:
    """Path of a file of the documentation; raises as `resource`."""
    return _shipped("docs", parts)


def _shipped(folder: str, parts: tuple[str, ...]) -> Path:
    package = Path(__file__).resolve().parents[1]
    # In a wheel they lie inside the package, in a checkout beside it.
    for root in (package / folder, package.parent / folder):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"the bundled file {'/'.join(parts)} is missing; reinstall JNN Studio")
