"""The procedural faces: repeatable, bounded, and a smooth function of factors that mean different things."""

from __future__ import annotations


# torch's own words when forward mode is first used.
