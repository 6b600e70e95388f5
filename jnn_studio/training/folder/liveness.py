"""Whether the process that trains a run lives: told by the lock it holds, and by what it says moving on.

No clock is trusted alone. A process of this machine holds a lock for as long as it lives, also while it is
held up; of one elsewhere, whose lock may not be seen, what counts is that its heartbeat changes while
somebody looks on.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jnn_studio.base.locks import is_locked
from jnn_studio.base.reading import MalformedError, open_file, parse_json, read_text
from jnn_studio.base.text import printable
from jnn_studio.training.folder.run_files import RunState
from jnn_studio.training.folder.run_folder import OWNER

STALE_SECONDS = 15.0
"""A run under way that has not said so for this long is held up, has ended, or is out of reach."""
_MAX_BYTES = 4_096

Life = Literal["alive", "quiet", "lost", "dead"]
"""Of a run under way: at work; held up, its process still there; not heard of from elsewhere; ended."""


@dataclass(frozen=True)
class Owner:
    """The process that trains a run, or was the last to; `str` gives ``"4711 on host"``.

    ``host`` is "" where nothing says which machine it is of.
    """

    pid: str
    host: str

    def __str__(self) -> str:
        return printable(f"{self.pid} on {self.host or '?'}")

    @property
    def elsewhere(self) -> bool:
        """Whether it is a process of another machine."""
        return self.host not in ("", socket.gethostname())


@dataclass(frozen=True)
class Sign:
    """How a run under way is, and who trains it where that is known."""

    life: Life
    owner: Owner | None

    @property
    def words(self) -> str:
        """What a person is to know of it; nothing while it is at work."""
        who = f"process {self.owner}" if self.owner is not None else "process that trained it"
        match self.life:
            case "quiet":
                return f"The {who} has the run and is held up: it has said nothing for a while."
            case "lost":
                return (
                    f"The {who} has said nothing for a while: it has ended, is held up, or is out of reach. "
                    "Resume the run here only if it has ended."
                )
            case "dead":
                return f"The {who} ended without saying so. Resume the run to go on."
            case _:
                return ""


def owner_of(path: Path) -> Owner | None:
    """Who trains the run in the folder ``path``, or was the last to; None if nothing readable says so."""
    with suppress(OSError, MalformedError):
        said = parse_json(read_text(path / OWNER, _MAX_BYTES))
        if isinstance(said, dict) and said:
            host = said.get("host")
            return Owner(str(said.get("pid", "?"))[:40], host[:255] if isinstance(host, str) else "")
    return None


def is_held(path: Path) -> bool | None:
    """Whether a process whose lock can be seen from here, this one too, is training the run in ``path``.

    None where that cannot be told: nothing says who did, or the file system carries no locks.
    The lock is taken for a moment to find out; `ownership.own` bears with that.
    """
    try:
        with open_file(path / OWNER) as file:
            return is_locked(file)
    except OSError:
        return None


class Pulse:
    """Looks at one run again and again, and remembers since when it has not moved."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        self._said: tuple[str, int, float] | None = None
        self._since = 0.0

    def feel(self, state: RunState) -> Sign:
        """How the run is that has just said ``state``, of `UNDER_WAY`."""
        now, said = self._clock(), (state.state, state.step, state.heartbeat)
        if said != self._said:
            unseen = self._age(state) if self._said is None else 0.0
            self._said, self._since = said, now - unseen
        silent = now - self._since > STALE_SECONDS
        owner = owner_of(self._path)
        held = is_held(self._path)
        if held:
            return Sign("quiet" if silent else "alive", owner)
        if held is False and owner is not None and owner.host and not owner.elsewhere:
            return Sign("dead", owner)
        return Sign("lost" if silent else "alive", owner)

    def _age(self, state: RunState) -> float:
        """Seconds since it was said, at the first look, as far as clocks can be believed."""
        now = time.time()
        age = now - state.heartbeat
        if age < 0:  # by a clock that is ahead of this one
            with suppress(OSError):
                age = now - (self._path / "state.json").stat().st_mtime
        return max(0.0, age)
