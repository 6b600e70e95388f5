"""A configuration's values by dotted name, as somebody would type them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def flat_texts(config: BaseModel) -> dict[str, str]:
    """Every value as text; "" for one that is None."""
    found: dict[str, str] = {}

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{prefix}.{key}" if prefix else key, inner)
        else:
            found[prefix] = as_typed(value)

    walk("", config.model_dump(mode="json"))
    return found


def as_typed(value: Any) -> str:
    """One value, or several with commas between them."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(as_typed(member) for member in value)
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
