"""Is an installation complete, and does it work?"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import torch

import jnn_studio
from jnn_studio import doctor
from jnn_studio.base import resource_files
from jnn_studio.base.resource_files import resource
from jnn_studio.doctor import Check, Report, examine


def by_name(report: Report) -> dict[str, Check]:
    return {check.name: check for check in report.checks}


@pytest.fixture
def incomplete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program believes it is installed where there is a copy of its bundled files, to be damaged."""
    package = tmp_path / "jnn_studio"
    shutil.copytree(resource("presets").parent, package / "resources")
    monkeypatch.setattr(resource_files, "__file__", str(package / "base" / "resource_files.py"))
    return package / "resources"


def test_everything_is_found_sound_here() -> None:
    report = examine([Check("Qt", True, "Qt 6")])

    assert report.ok, report.as_json()
    checks = by_name(report)
    assert list(checks) == ["program", "packages", "device", "presets", "font", "bundled models", "Qt"]
    assert f"JNN Studio {jnn_studio.__version__}" in checks["program"].text
    assert f"torch {importlib.metadata.version('torch')}" in checks["packages"].text
    assert "pyside6" in checks["packages"].text.lower()
    assert "pytest" not in checks["packages"].text
    assert "cpu" in checks["device"].text
    assert "faces-quick" in checks["presets"].text
    assert "decoded a 64 × 64 image" in checks["bundled models"].text


def test_json_says_the_same() -> None:
    report = examine([Check("Qt", False, "no libEGL")])

    data = json.loads(json.dumps(report.as_json()))

    assert data["ok"] is False
    assert data["checks"][-1] == {"name": "Qt", "ok": False, "text": "no libEGL"}
    assert len(data["checks"]) == len(report.checks)


@pytest.mark.parametrize(
    ("lost", "failing", "named"),
    [
        ("presets", "presets", "presets"),
        ("fonts/DejaVuSans.ttf", "font", "fonts/DejaVuSans.ttf"),
        ("models/regularised.safetensors", "bundled models", "regularised.safetensors"),
    ],
)
def test_a_missing_bundled_file_is_named(incomplete: Path, lost: str, failing: str, named: str) -> None:
    assert examine([]).ok
    path = incomplete / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()

    report = examine([])

    assert [check.name for check in report.checks if not check.ok] == [failing]
    assert named in by_name(report)[failing].text
    assert "reinstall" in by_name(report)[failing].text


def test_a_damaged_bundled_model_is_named(incomplete: Path) -> None:
    path = incomplete / "models" / "unregularised.safetensors"
    path.write_bytes(path.read_bytes()[:-10])

    check = by_name(examine([]))["bundled models"]

    assert not check.ok
    assert "unregularised.safetensors is not a readable" in check.text


def test_a_preset_that_cannot_be_read_is_named(incomplete: Path) -> None:
    (incomplete / "presets" / "faces-quick.toml").write_text("[schedule]\nsteps = 0", encoding="utf-8")

    check = by_name(examine([]))["presets"]

    assert not check.ok
    assert "faces-quick.toml: schedule.steps" in check.text


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "pyqtgraph":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(doctor, "version", version)
    check = by_name(examine([]))["packages"]

    assert not check.ok
    assert check.text.startswith("missing: pyqtgraph; install")


def test_a_program_that_is_not_installed_is_such_a_case(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "requires", requires)
    check = by_name(examine([]))["packages"]

    assert not check.ok
    assert "not installed" in check.text


def test_a_device_that_does_not_compute_is_a_failed_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> torch.Tensor:
        raise RuntimeError("CUDA error: no kernel image is available")

    monkeypatch.setattr(torch, "ones", broken)
    check = by_name(examine([]))["device"]

    assert not check.ok
    assert "no kernel image" in check.text


def test_a_copy_without_its_bundled_files_can_still_say_so(tmp_path: Path) -> None:
    """As a person would run it: the real program, in a process of its own, with the checks of the window."""
    shutil.copytree(
        Path(jnn_studio.__file__).parent,
        tmp_path / "jnn_studio",
        ignore=shutil.ignore_patterns("__pycache__", "resources"),
    )

    done = subprocess.run(
        [sys.executable, "-m", "jnn_studio", "doctor", "--json"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert report["ok"] is False
    failed = {check["name"] for check in report["checks"] if not check["ok"]}
    assert failed >= {"presets", "font", "bundled models"}
    assert "Traceback" not in done.stderr
