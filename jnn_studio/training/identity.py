"""Which run this is, wherever its folder lies: an id and a date at the head of ``config.toml``.

They are no settings: a configuration that is taken from a run for another one leaves them behind.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

KEYS = ("id", "created")
_ID = re.compile(r"[0-9A-Za-z_-]{6,40}")
_BYTES = 8


@dataclass(frozen=True)
class RunIdentity:
    """``created``: when it began, in seconds since 1970; None where nothing says so."""

    id: str
    created: float | None = None


def new_identity() -> RunIdentity:
    """One that no other run has."""
    return RunIdentity(secrets.token_hex(_BYTES), datetime.now(UTC).replace(microsecond=0).timestamp())


def to_head(identity: RunIdentity) -> str:
    """The lines at the head of ``config.toml``."""
    lines = [f'id = "{identity.id}"']
    if identity.created is not None:
        lines.append(f"created = {datetime.fromtimestamp(identity.created, UTC):%Y-%m-%dT%H:%M:%SZ}")
    return "\n".join(lines) + "\n"


def identity_in(table: Mapping[str, Any]) -> RunIdentity | None:
    """What a ``config.toml`` says; None where it has no id that could be one."""
    given, created = table.get("id"), table.get("created")
    if not isinstance(given, str) or not _ID.fullmatch(given):
        return None
    try:
        when = created.timestamp() if isinstance(created, datetime) else None
    except (ValueError, OverflowError, OSError):  # of a year that no clock has
        when = None
    return RunIdentity(given, when)


def derived_identity(config: bytes, first_line: bytes) -> RunIdentity:
    """Of a run from before ids were written: the same wherever its folder is moved or copied to.

    ``first_line`` of its log tells it from another run of the same settings: it holds a time.
    """
    digest = hashlib.sha256(config + b"\0" + first_line).hexdigest()
    return RunIdentity(digest[: 2 * _BYTES])


def without_identity(table: Mapping[str, Any]) -> dict[str, Any]:
    """The settings alone."""
    return {name: value for name, value in table.items() if name not in KEYS}
