"""Missing system libraries are named in one line, with the command that installs them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jnn_studio.app import system


@pytest.fixture
def one_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(system.IMPORT_LIBRARIES, "libjnn-no-such-library.so.1", "libjnn-no-such-package")


def test_nothing_is_missing_where_the_tests_run() -> None:
    assert system.missing_packages(window=False) == []


def test_a_missing_library_is_named_by_its_package(one_missing: None) -> None:
    assert system.missing_packages(window=False) == ["libjnn-no-such-package"]
    line = system.complaint(["libjnn-no-such-package"])
    assert "apt-get install -y libjnn-no-such-package" in line
    assert "\n" not in line


def test_the_program_says_so_instead_of_failing_inside_qt(
    one_missing: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from jnn_studio.app import main

    assert main.run() == 1
    assert "libjnn-no-such-package" in capsys.readouterr().err


def test_the_doctor_names_it_too(one_missing: None) -> None:
    (check,) = system.checks()
    assert not check.ok
    assert "libjnn-no-such-package" in check.text


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}, False),
        ({"QT_QPA_PLATFORM": "xcb"}, True),
        ({"DISPLAY": ":0"}, True),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, False),
        ({}, False),
    ],
)
def test_the_libraries_of_a_window_are_wanted_under_x11_only(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], wanted: bool
) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert system.wants_window() is wanted


def test_without_a_display_the_program_says_what_to_do() -> None:
    program = "import sys; from jnn_studio.app.main import run; sys.exit(run())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "no display" in done.stderr
