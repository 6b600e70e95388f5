"""Files of ours end their lines with newlines, and with nothing else that a name may hold."""

from __future__ import annotations

from pathlib import Path

import jnn_studio

PACKAGE = Path(jnn_studio.__file__).parent


def test_nothing_is_split_where_only_some_see_the_end_of_a_line() -> None:
    """``str.splitlines`` also splits at ``\\x85``, ``\\u2028`` and six more; lines are split at ``\\n``."""
    found = [
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if ".splitlines(" in path.read_text("utf-8")
    ]
    assert found == []
