"""How work fails, and how it ends when nobody wants it any more."""

from __future__ import annotations


class StudioError(Exception):
    """Something that a person is to read: the message says what happened, where, and what to do.

    Every room's errors for people derive from it. Anything else that is raised is a bug.
    """


class Cancelled(Exception):
    """The work was called off; nothing of it is kept. No `StudioError`: nobody has to be told."""
