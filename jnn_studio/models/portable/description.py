"""What a network computes, as values: nodes in the order they are computed, each an operator with arguments.

An argument is a number, a truth value, nothing, a word, a list of arguments, or a table with one entry:

- ``{"node": name}``: what an earlier node, or the input, has given;
- ``{"tensor": name}``: one of the network's tensors;
- ``{"dtype": "float32"}``: a type of number;
- ``{"float": "inf"}``, or ``"-inf"`` or ``"nan"``, which JSON has no number for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from jnn_studio.base.settings import Frozen

INPUT = "input"
MAX_NODES = 20_000
MAX_TENSORS = 20_000
MAX_WORD = 32

Number = Literal[
    "float16", "bfloat16", "float32", "float64", "int64", "int32", "int16", "int8", "uint8", "bool"
]
TensorName = Annotated[str, Field(pattern=r"^t[0-9]{1,6}$")]


class TensorDescription(Frozen):
    """One tensor of a network. ``name``: what its author called it."""

    name: str = Field(max_length=1000)
    shape: tuple[Annotated[int, Field(ge=0, le=2**40)], ...] = Field(max_length=16)
    dtype: Number
    trained: bool = True


class NodeDescription(Frozen):
    """One operation. ``layer``: the part of the network it came from, for messages."""

    name: str = Field(max_length=100)
    operator: str = Field(max_length=100)
    args: tuple[JsonValue, ...] = Field((), max_length=32)
    kwargs: dict[str, JsonValue] = Field(default_factory=dict, max_length=32)
    layer: str = Field("", max_length=1000)


class GraphDescription(Frozen):
    """A network with one input and one output, both batches of arrays."""

    tensors: dict[TensorName, TensorDescription] = Field(default_factory=dict, max_length=MAX_TENSORS)
    nodes: tuple[NodeDescription, ...] = Field(max_length=MAX_NODES)
    output: str

    @model_validator(mode="after")
    def _every_name_is_known(self) -> Self:
        known = {INPUT}
        for node in self.nodes:
            for value in (*node.args, *node.kwargs.values()):
                replaced(value, _among(known, self.tensors), lambda table: table)
            if node.name in known:
                raise ValueError(f"two nodes are called {node.name!r}")
            known.add(node.name)
        if self.output not in known:
            raise ValueError(f"its output {self.output!r} is no node of it")
        return self


def _among(known: set[str], tensors: Mapping[str, TensorDescription]) -> Callable[[str, str], object]:
    def check(kind: str, name: str) -> object:
        if name not in (known if kind == "node" else tensors):
            raise ValueError(f"{kind} {name!r} is used before it is there")
        return name

    return check


def replaced(value: JsonValue, found: Callable[[str, str], Any], number: Callable[[str], Any]) -> Any:
    """An argument with what its tables stand for.

    Args:
        found: from ("node" or "tensor", name) to what is called that.
        number: from the name of a type of number to what stands for it.

    Raises:
        ValueError: it is none of the arguments there are.
    """
    if isinstance(value, list):
        return [replaced(item, found, number) for item in value]
    if isinstance(value, str):
        if len(value) > MAX_WORD:
            raise ValueError(f"an argument of {len(value)} letters")
        return value
    if not isinstance(value, dict):
        return value
    if len(value) != 1:
        raise ValueError(f"an argument with {len(value)} entries")
    ((kind, what),) = value.items()
    if isinstance(what, str):
        if kind in ("node", "tensor"):
            return found(kind, what)
        if kind == "dtype" and what in Number.__args__:  # type: ignore[attr-defined]
            return number(what)
        if kind == "float" and what in ("inf", "-inf", "nan"):
            return float(what)
    raise ValueError(f"an argument of the unknown kind {kind!r}")


def written_number(value: float) -> JsonValue:
    """A float as an argument."""
    return value if math.isfinite(value) else {"float": repr(value)}
