"""Does this system have what Qt needs, and if not, what is to be installed?

Run as ``python -m jnn_studio.app.system [--install]`` by the Makefile before Qt is first loaded.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys

from jnn_studio.doctor import Check

# Shared library -> Debian package. Without the first five Qt cannot be imported at all.
IMPORT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
}
WINDOW_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libX11-xcb.so.1": "libx11-xcb1",
}


def missing_packages(window: bool) -> list[str]:
    """Debian packages of the libraries Qt would fail without; ``window``: also for a window under X11."""
    if not sys.platform.startswith("linux"):
        return []
    wanted = IMPORT_LIBRARIES | (WINDOW_LIBRARIES if window else {})
    return [package for library, package in wanted.items() if not _loads(library)]


def wants_window() -> bool:
    """Whether Qt is going to use X11 here."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if platform:
        return platform.startswith("xcb")
    return bool(os.environ.get("DISPLAY")) and not os.environ.get("WAYLAND_DISPLAY")


def complaint(packages: list[str]) -> str:
    """One line that names what is missing and how to get it."""
    return (
        f"Qt needs system libraries that are missing here; install them with: "
        f"sudo apt-get install -y {' '.join(packages)}"
    )


def checks() -> list[Check]:
    """For ``jnn-studio doctor``: the libraries, and Qt itself."""
    missing = missing_packages(wants_window())
    if missing:
        return [Check("Qt libraries", False, complaint(missing))]
    if getattr(sys, "frozen", False):  # a bundle has no interpreter to try things in, and brings its own Qt
        from PySide6.QtCore import qVersion

        return [Check("Qt", True, f"Qt {qVersion()}, part of the bundle")]
    # Qt aborts the process where it cannot start, so it is tried in one of its own.
    program = (
        "import torch\n"
        "from PySide6.QtGui import QGuiApplication\n"
        "from PySide6.QtCore import qVersion\n"
        "app = QGuiApplication([])\n"
        "print(qVersion(), app.platformName())"
    )
    environment = dict(os.environ)
    if sys.platform.startswith("linux") and not (
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    ):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        last = done.stderr.strip().split("\n")[-1] or "no message"
        return [Check("Qt", False, f"Qt does not start: {last}")]
    found, platform = done.stdout.split()[-2:]
    return [Check("Qt", True, f"Qt {found}, platform {platform}")]


def install(packages: list[str]) -> bool:
    """Install Debian packages if this is Debian and we are root; whether that was possible."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return False
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "install", "-y", "-qq", *packages], check=True, env=environment)
    return True


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _main() -> int:
    packages = missing_packages(wants_window())
    if not packages:
        return 0
    if "--install" in sys.argv and install(packages):
        packages = missing_packages(wants_window())
        if not packages:
            return 0
    sys.stderr.write(complaint(packages) + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(_main())
