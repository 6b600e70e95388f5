"""What can go wrong in this lab that a person is to read."""

from __future__ import annotations

from jnn_studio.base.errors import StudioError


class RobustnessError(StudioError):
    """Classes, networks or attacks that cannot be used; the message says what, where and what to do."""
