"""What pages about folders ask for in common. Free of Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from jnn_studio.app.widgets.typed import put_typed, reasons
from jnn_studio.base.settings import AbsolutePath


def _chosen(path: AbsolutePath) -> AbsolutePath:
    if not path.exists():
        raise ValueError("There is no such folder." if path.suffix != ".zip" else "There is no such archive.")
    return path


Place = Annotated[AbsolutePath, AfterValidator(_chosen)]
"""A folder or zip that is there."""
Peak = Annotated[float | None, Field(ge=0.5, le=100_000, allow_inf_nan=False)]


def checker(
    model: type[BaseModel], empty: Mapping[str, str]
) -> Callable[[Mapping[str, str]], tuple[Any, dict[str, str]]]:
    """Checks what was typed for a ``model``: it, or None and the reasons by name; ``empty``: what to say
    where nothing stands."""

    def check(typed: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
        values: dict[str, Any] = {}
        unclear = put_typed(values, typed, model)
        for name, words in empty.items():
            if not typed.get(name, "").strip():
                values.pop(name, None)
                unclear[name] = words
        try:
            config = model.model_validate(values)
        except ValidationError as error:
            return None, reasons(error, typed) | unclear
        return (None, unclear) if unclear else (config, {})

    return check
