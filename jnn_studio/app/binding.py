"""What PySide does unasked at every import."""

from __future__ import annotations

import linecache
import sys
from types import ModuleType

_OWN = frozenset({"jnn_studio", "pyqtgraph"})


def spare_reading_sources() -> None:
    """Keep PySide from reading the source of every module of ours, and of pyqtgraph, as it is imported.

    It looks for the word PySide in them, to know where its ``__feature__`` may be in force, and all their
    lines stay in memory: 20 MB, and a twentieth of a second of the start. Here the answer is known. Others'
    modules are read as ever and their lines forgotten; a PySide that does it otherwise is left alone.
    """
    feature = sys.modules.get("shibokensupport.feature")
    read = getattr(feature, "_mod_uses_pyside", None)
    if feature is None or read is None or getattr(read, "spared", False):
        return

    def uses_pyside(module: ModuleType) -> bool:
        if module.__name__.partition(".")[0] in _OWN:
            return True
        found = bool(read(module))
        linecache.cache.pop(getattr(module, "__file__", None) or "", None)
        return found

    uses_pyside.spared = True  # type: ignore[attr-defined]
    feature._mod_uses_pyside = uses_pyside  # type: ignore[attr-defined]
