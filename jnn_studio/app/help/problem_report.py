"""What is worth knowing about a problem, as text. Free of Qt's widgets; nothing is sent anywhere."""

from __future__ import annotations

from collections.abc import Sequence

from jnn_studio.app.system import checks
from jnn_studio.doctor import examine

MAX_CHARACTERS = 60_000


def problem_report(problems: Sequence[str]) -> str:
    """The doctor's report, and what went wrong since the program was started, the newest last."""
    report = examine(checks())
    lines = ["JNN Studio: report of a problem", ""]
    lines += [f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.text}" for check in report.checks]
    lines += ["", "What went wrong since the start:" if problems else "Nothing went wrong since the start."]
    lines += [text.rstrip() for text in problems]
    return "\n".join(lines)[:MAX_CHARACTERS] + "\n"
