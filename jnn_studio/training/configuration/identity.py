"""Which run this is, wherever its folder lies: an id and a date at the head of ``config.toml``.

Of a run that is compared with a model which another run has trained, that run's id is there too.

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

KEYS = ("id", "created", "twin")
_ID = re.compile(r"[0-9A-Za-z_-]{6,40}")
_BYTES = 8


@dataclass(frozen=True)
class RunIdentity:
    """Which run it is.

    Attributes:
        created: when it began, in seconds since 1970; None where nothing says so.
        twin: the id of the run that trained the unregularised model for it; "" where it has its own.
    """

    id: str
    created: float | None = None
    twin: str = ""


def new_identity(run_id: str = "", twin: str = "") -> RunIdentity:
    """One that no other run has, or with the id that is given; begun now."""
    now = datetime.now(UTC).replace(microsecond=0).timestamp()
    return RunIdentity(run_id or secrets.token_hex(_BYTES), now, twin)


def id_from(*parts: str) -> str:
    """An id that is the same whenever it is asked for."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[: 2 * _BYTES]


def to_head(identity: RunIdentity) -> str:
    """The lines at the head of ``config.toml``."""
    lines = [f'id = "{identity.id}"']
    if identity.created is not None:
        lines.append(f"created = {datetime.fromtimestamp(identity.created, UTC):%Y-%m-%dT%H:%M:%SZ}")
    if identity.twin:
        lines.append(f'twin = "{identity.twin}"')
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
    twin = table.get("twin")
    return RunIdentity(given, when, twin if isinstance(twin, str) and _ID.fullmatch(twin) else "")


def derived_identity(config: bytes, first_line: bytes) -> RunIdentity:
    """Of a run from before ids were written: the same wherever its folder is moved or copied to.

    ``first_line`` of its log tells it from another run of the same settings: it holds a time.
    """
    digest = hashlib.sha256(config + b"\0" + first_line).hexdigest()
    return RunIdentity(digest[: 2 * _BYTES])


def without_identity(table: Mapping[str, Any]) -> dict[str, Any]:
    """The settings alone."""
    return {name: value for name, value in table.items() if name not in KEYS}
