"""Work that somebody ended before it was done."""

from __future__ import annotations


class Cancelled(Exception):
    """The work was cancelled; nothing of it is kept."""
