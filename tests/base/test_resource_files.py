"""Bundled files are found installed and in a checkout."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from jnn_studio.base import resource_files
from jnn_studio.base.resource_files import resource


def installed_at(package: Path) -> Callable[..., Path]:
    """`resource` of a copy of the program in the folder ``package``."""
    (package / "base").mkdir(parents=True)
    file = Path(shutil.copy(resource_files.__file__, package / "base"))
    spec = importlib.util.spec_from_file_location("copied_resource_files", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.resource


def test_files_of_this_program_are_found() -> None:
    assert resource("fonts", "DejaVuSans.ttf").is_file()
    assert resource("presets").is_dir()


@pytest.mark.parametrize("where", ["jnn_studio/resources", "resources"])
def test_resources_lie_inside_the_package_or_beside_it(tmp_path: Path, where: str) -> None:
    find = installed_at(tmp_path / "jnn_studio")
    icon = tmp_path / where / "icons" / "app.svg"
    icon.parent.mkdir(parents=True)
    icon.write_text("")

    assert find("icons", "app.svg") == icon


def test_a_missing_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    find = installed_at(tmp_path / "jnn_studio")

    with pytest.raises(FileNotFoundError, match=r"icons/app\.svg is missing; reinstall"):
        find("icons", "app.svg")
