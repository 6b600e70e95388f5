"""What preferences do to the running program, at the start and when one is changed."""

from __future__ import annotations

from jnn_studio.app.preferences import Preferences
from jnn_studio.app.theme import theme
from jnn_studio.app.widgets.number_box import show_decimal_sign


def apply(now: Preferences) -> None:
    """Have the program be as they say; what is so already costs nothing."""
    theme().dress(now.theme, now.accent)
    show_decimal_sign(now.decimal_sign)
