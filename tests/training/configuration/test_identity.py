"""A run is one wherever its folder lies."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import parse_config
from jnn_studio.training.configuration.identity import RunIdentity, identity_in
from jnn_studio.training.events import Metrics
from jnn_studio.training.folder.run_folder import RunFolder

Tiny = Callable[..., RunConfig]


def identity(path: Path) -> RunIdentity:
    return RunFolder(path).config_and_identity()[1]


def test_a_run_gets_an_id_and_a_date_that_are_no_settings(tiny: Tiny, tmp_path: Path) -> None:
    first = RunFolder.create(tmp_path / "first", tiny())
    second = RunFolder.create(tmp_path / "second", first.config())

    assert first.config() == second.config() == tiny()
    assert identity(first.path).id != identity(second.path).id
    assert identity(first.path).created is not None
    text = (first.path / "config.toml").read_text()
    assert f'id = "{identity(first.path).id}"' in text


def test_a_configuration_taken_from_a_run_leaves_its_id_behind(tiny: Tiny, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny())
    assert parse_config((folder.path / "config.toml").read_text(), "here") == tiny()


def test_the_id_goes_with_the_folder(tiny: Tiny, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny())
    before = identity(folder.path)
    folder.path.rename(tmp_path / "elsewhere")

    assert identity(tmp_path / "elsewhere") == before


def older(path: Path, config: RunConfig, time: float) -> RunFolder:
    """A run as it was written before there were ids."""
    folder = RunFolder.create(path, config)
    (path / "config.toml").write_text(config.to_toml())
    folder.log(Metrics(0, time, "regularised", {"total": 1.0}))
    return folder


def test_an_older_run_has_one_that_is_the_same_wherever_it_lies(tiny: Tiny, tmp_path: Path) -> None:
    folder = older(tmp_path / "run", tiny(), 0.125)
    before = identity(folder.path)
    folder.log(Metrics(5, 1.0, "regularised", {"total": 0.5}))
    shutil.copytree(folder.path, tmp_path / "copied")

    assert identity(folder.path) == before == identity(tmp_path / "copied")
    assert identity(older(tmp_path / "again", tiny(), 0.131).path).id != before.id


@pytest.mark.parametrize("given", [None, 7, "", "../../x", "a b c d e f", "x" * 41, ["abcdef"]])
def test_what_is_no_id_is_none(given: object) -> None:
    assert identity_in({"id": given}) is None


def test_a_date_that_is_none_is_left_out() -> None:
    found = identity_in({"id": "abcdef12", "created": "yesterday"})
    assert found is not None
    assert found.created is None
